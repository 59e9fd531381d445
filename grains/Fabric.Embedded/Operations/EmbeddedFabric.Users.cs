using Fabric.Contracts.Common;
using Fabric.Contracts.Revocations;
using Fabric.Contracts.Users;
using Fabric.Core.Agents;
using Fabric.Core.Common;
using Fabric.Core.Lineages;
using Fabric.Core.Nodes;
using Fabric.Core.Users;
using Fabric.Engine;
using Fabric.Engine.Wire;

namespace Fabric.Embedded.Operations;

internal sealed partial class EmbeddedFabric
{
    public ValueTask<Outcome<UserInfo>> CreateUserAsync(string tenant, CreateUser command, CancellationToken cancellation = default)
    {
        lock (Ledger.Gate)
        {
            if (Refuse(Admins | Role.Provisioner, tenant) is { } refused)
            {
                return new(refused);
            }

            if (World.Tenant(tenant) is not { } entry)
            {
                return new(Missing(tenant));
            }

            var decided = UserDecider.Decide(
                entry.Users.GetValueOrDefault(command.Id ?? "")?.State, entry.State, new RegisterUser(command.Id ?? "", command.Name, command.Groups ?? []));
            if (decided.IsOk && IsTombstoned_NeedsLock(World.Handles.OfUser(tenant, decided.Value.Id)))
            {
                return new(new Rejection(Codes.UserRevoked, decided.Value.Id, "the id was revoked before it was registered"));
            }

            if (CountLimits.Refuse(entry.Users.Count, engine.Options.Counts.Users, tenant, "users in the tenant") is { } full && decided.IsOk)
            {
                return new(full);
            }

            return decided.IsOk
                ? WhenDurable_NeedsLock(Commit_NeedsLock(Now, decided.Value), revision => InfoWire.User(entry.Users[command.Id!].State, null, revision))
                : new(decided.Rejection);
        }
    }

    public ValueTask<Outcome<UserInfo>> UpdateUserAsync(string tenant, string user, UpdateUser command, CancellationToken cancellation = default)
    {
        lock (Ledger.Gate)
        {
            if (Refuse(Admins | Role.Provisioner, tenant, user) is { } refused)
            {
                return new(refused);
            }

            if (World.User(tenant, user)?.State is not { } state)
            {
                return new(Missing(user));
            }

            var decided = UserDecider.Decide(state, new AmendUser(command.Name, command.Groups));
            return decided.IsOk
                ? WhenDurable_NeedsLock(Commit_NeedsLock(Now, decided.Value), revision => InfoWire.User(state, null, revision))
                : new(decided.Rejection);
        }
    }

    public ValueTask<Outcome<UserInfo>> SetUserSignInAsync(string tenant, string user, SetUserSignIn command, CancellationToken cancellation = default)
    {
        if ((Refuse(Admins, tenant, user) ?? (command.Password is null ? null : UserPasswords.Check(command.Password))) is { } refused)
        {
            return new(refused);
        }

        // Outside of the lock: it takes a while.
        var signIn = command.Password is null ? null : UserPasswords.Make(command.Password, command.Approves);
        lock (Ledger.Gate)
        {
            if (World.User(tenant, user)?.State is not { } state)
            {
                return new(Missing(user));
            }

            var decided = UserDecider.SetSignIn(state, signIn);
            return decided.IsOk
                ? WhenDurable_NeedsLock(Commit_NeedsLock(Now, decided.Value), revision => InfoWire.User(state, null, revision))
                : new(decided.Rejection);
        }
    }

    public ValueTask<Outcome<UserInfo>> GetUserAsync(string tenant, string user, CancellationToken cancellation = default)
    {
        lock (Ledger.Gate)
        {
            if (Refuse(Readers | Role.Provisioner, tenant, user) is { } refused)
            {
                return new(refused);
            }

            return new(World.User(tenant, user)?.State is { } state
                ? InfoWire.User(state, LockedUntil_NeedsLock(state.Handle, Now), Ledger.Revision)
                : Missing(user));
        }
    }

    public ValueTask<Outcome<Page<UserInfo>>> ListUsersAsync(string tenant, PageQuery query, CancellationToken cancellation = default)
    {
        lock (Ledger.Gate)
        {
            if ((Refuse(Readers | Role.Provisioner, tenant) ?? CheckPage(query)) is { } refused)
            {
                return new(refused);
            }

            var now = Now;
            return new(World.Tenant(tenant) is { } entry
                ? PageOf(entry.Users, query, _ => true, user => InfoWire.User(user.State, LockedUntil_NeedsLock(user.State.Handle, now), Ledger.Revision))
                : Missing(tenant));
        }
    }

    public ValueTask<Outcome<Receipt>> OffboardUserAsync(string tenant, string user, EndNode command, CancellationToken cancellation = default)
    {
        if ((Refuse(Admins | Role.Provisioner, tenant, user) ?? CheckWait(command.Wait, command.TimeoutMs)) is { } refused)
        {
            return new(refused);
        }

        var events = new List<NodeRevoked>();
        lock (Ledger.Gate)
        {
            if (World.User(tenant, user) is not { } entry)
            {
                return new(Missing(user));
            }

            var now = Now;
            var target = new NodeRef(NodeKind.User, tenant, user);
            if (Decide_NeedsLock(target, entry.State.Standing, terminal: true, "offboarded", command.Reason, now, events) is { } bad)
            {
                return new(bad);
            }

            // A personal agent has nobody to act for any more.
            foreach (var agent in World.Tenant(tenant)!.Agents.Values.Where(agent => agent.State.Kind == AgentKind.Personal && agent.State.Owner == user))
            {
                var node = new NodeRef(NodeKind.Agent, tenant, agent.State.Id);
                _ = Decide_NeedsLock(node, agent.State.Standing, terminal: true, "retired", $"user {user} offboarded", now, events);
            }

            return Revoked_NeedsLock(events, now, command.Wait, command.TimeoutMs, cancellation);
        }
    }
}
