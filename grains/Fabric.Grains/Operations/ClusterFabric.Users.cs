using Fabric.Contracts.Agents;
using Fabric.Contracts.Common;
using Fabric.Contracts.Revocations;
using Fabric.Contracts.Users;
using Fabric.Core.Agents;
using Fabric.Core.Common;
using Fabric.Core.Lineages;
using Fabric.Core.Users;
using Fabric.Engine;
using Fabric.Engine.Wire;
using Fabric.Grains.Wire;

namespace Fabric.Grains.Operations;

internal sealed partial class ClusterFabric
{
    public async ValueTask<Outcome<UserInfo>> CreateUserAsync(string tenant, CreateUser command, CancellationToken cancellation = default)
    {
        if ((Refuse(Admins | Role.Provisioner, tenant) ?? Known(tenant) ?? Names.CheckId("id", command.Id) ?? RoomFor(tenant, command.Id, isAgent: false)) is { } refused)
        {
            return refused;
        }

        return await ChangedAsync(
            () => UserGrain(tenant, command.Id).RegisterAsync(caller.Name, command.Name, [.. command.Groups ?? []]),
            revision => InfoWire.User(Directory.User_NeedsLock(tenant, command.Id)!, null, revision)).ConfigureAwait(false);
    }

    public async ValueTask<Outcome<UserInfo>> UpdateUserAsync(string tenant, string user, UpdateUser command, CancellationToken cancellation = default)
    {
        if ((Refuse(Admins | Role.Provisioner, tenant, user) ?? KnownUser(tenant, user)) is { } refused)
        {
            return refused;
        }

        return await ChangedAsync(
            () => UserGrain(tenant, user).AmendAsync(caller.Name, command.Name, command.Groups is null ? null : [.. command.Groups]),
            revision => InfoWire.User(Directory.User_NeedsLock(tenant, user)!, null, revision)).ConfigureAwait(false);
    }

    public async ValueTask<Outcome<UserInfo>> SetUserSignInAsync(string tenant, string user, SetUserSignIn command, CancellationToken cancellation = default)
    {
        if ((Refuse(Admins, tenant, user) ?? KnownUser(tenant, user) ?? (command.Password is null ? null : UserPasswords.Check(command.Password))) is { } refused)
        {
            return refused;
        }

        var set = EventList.WriteOne(new UserSignInSet(tenant, user, command.Password is null ? null : UserPasswords.Make(command.Password, command.Approves)));
        return await ChangedAsync(
            () => UserGrain(tenant, user).SetSignInAsync(caller.Name, set),
            revision => InfoWire.User(Directory.User_NeedsLock(tenant, user)!, null, revision)).ConfigureAwait(false);
    }

    public ValueTask<Outcome<UserInfo>> GetUserAsync(string tenant, string user, CancellationToken cancellation = default)
    {
        if (Refuse(Readers | Role.Provisioner, tenant, user) is { } refused)
        {
            return new(refused);
        }

        lock (Directory.Gate)
        {
            return new(Directory.User_NeedsLock(tenant, user) is { } state
                ? InfoWire.User(state, Directory.LockedUntil_NeedsLock(state.Handle, Now), Revision)
                : Missing(user));
        }
    }

    public ValueTask<Outcome<Page<UserInfo>>> ListUsersAsync(string tenant, PageQuery query, CancellationToken cancellation = default)
    {
        if ((Refuse(Readers | Role.Provisioner, tenant) ?? CheckPage(query)) is { } refused)
        {
            return new(refused);
        }

        lock (Directory.Gate)
        {
            var now = Now;
            return new(Directory.Tenant_NeedsLock(tenant) is { } card
                ? PageOf(card.Users, query, _ => true, user => InfoWire.User(user, Directory.LockedUntil_NeedsLock(user.Handle, now), Revision))
                : Missing(tenant));
        }
    }

    public async ValueTask<Outcome<Receipt>> OffboardUserAsync(string tenant, string user, EndNode command, CancellationToken cancellation = default)
    {
        if ((Refuse(Admins | Role.Provisioner, tenant, user) ?? CheckWait(command.Wait, command.TimeoutMs) ?? KnownUser(tenant, user)) is { } refused)
        {
            return refused;
        }

        var now = Now;
        var end = new EndCommand(caller.Name, true, "offboarded", command.Reason);
        return await StoreAsync(
            tenant, () => OffboardAsync(tenant, user, end), UInt128.Zero, DenialsOf(new NodeRef(NodeKind.User, tenant, user), end, now), now, command.Wait, command.TimeoutMs,
            cancellation).ConfigureAwait(false);
    }

    private async ValueTask<Outcome<Reply>> OffboardAsync(string tenant, string user, EndCommand end)
    {
        var ended = await EndAsync(new NodeRef(NodeKind.User, tenant, user), end).ConfigureAwait(false);
        if (!ended.IsOk)
        {
            return ended.Rejection;
        }

        // A personal agent has nobody to act for any more. The user's own end has killed what they hold already.
        List<string> agents;
        lock (Directory.Gate)
        {
            agents = [.. Directory.Tenants[tenant].Agents.Values.Where(agent => agent.Kind == AgentKind.Personal && agent.Owner == user).Select(agent => agent.Id)];
        }

        var last = ended.Value;
        foreach (var agent in agents)
        {
            var retired = await EndAsync(new NodeRef(NodeKind.Agent, tenant, agent), new EndCommand(caller.Name, true, "retired", $"user {user} offboarded")).ConfigureAwait(false);
            if (!retired.IsOk)
            {
                return retired.Rejection;
            }

            last = retired.Value.Sequence > last.Sequence ? retired.Value : last;
        }

        return last;
    }

    public async ValueTask<Outcome<AgentWithSecret>> CreateAgentAsync(string tenant, CreateAgent command, CancellationToken cancellation = default)
    {
        var scopes = ScopeWire.Read(command.Scopes);
        if ((Refuse(Admins, tenant) ?? Names.CheckId("id", command.Id) ?? scopes.Rejection ?? Known(tenant) ?? RoomFor(tenant, command.Id, isAgent: true)) is { } refused)
        {
            return refused;
        }

        var secret = Secrets.MakeAgent(tenant, command.Id);
        var register = new RegisterAgentCommand(
            caller.Name, (byte)InfoWire.KindOf(command.Kind), command.Name, command.Owner, command.Environment, BytesOf(scopes.Value),
            command.ReviewAt is { } review ? Instant.From(review).UnixMs : null, command.RequireApproval, Secrets.Hash(secret));
        return await ChangedAsync(
            () => AgentGrain(tenant, command.Id).RegisterAsync(register),
            revision => new AgentWithSecret(InfoWire.Agent(Directory.Agent_NeedsLock(tenant, command.Id)!, null, revision), secret)).ConfigureAwait(false);
    }

    public ValueTask<Outcome<AgentInfo>> GetAgentAsync(string tenant, string agent, CancellationToken cancellation = default)
    {
        if (Refuse(Readers | Role.Agent, tenant, agent) is { } refused)
        {
            return new(refused);
        }

        lock (Directory.Gate)
        {
            return new(Directory.Agent_NeedsLock(tenant, agent) is { } state && (caller.Role != Role.Agent || caller.Subject == agent)
                ? InfoWire.Agent(state, Directory.LockedUntil_NeedsLock(state.Handle, Now), Revision)
                : Missing(agent));
        }
    }

    public ValueTask<Outcome<Page<AgentInfo>>> ListAgentsAsync(string tenant, PageQuery query, CancellationToken cancellation = default)
    {
        if ((Refuse(Readers, tenant) ?? CheckPage(query)) is { } refused)
        {
            return new(refused);
        }

        lock (Directory.Gate)
        {
            var now = Now;
            return new(Directory.Tenant_NeedsLock(tenant) is { } card
                ? PageOf(card.Agents, query, _ => true, agent => InfoWire.Agent(agent, Directory.LockedUntil_NeedsLock(agent.Handle, now), Revision))
                : Missing(tenant));
        }
    }

    public ValueTask<Outcome<Receipt>> SuspendAgentAsync(string tenant, string agent, SuspendAgent command, CancellationToken cancellation = default) =>
        LockAsync(
            new LockRequest(
                new NodeDto("agent", tenant, agent), command.Reason,
                command.Until ?? (Now + Limits.LockMax - TimeSpan.FromSeconds(1)).ToDateTimeOffset()), cancellation);

    public ValueTask<Outcome<Receipt>> ResumeAgentAsync(string tenant, string agent, CancellationToken cancellation = default) =>
        UnlockAsync(new UnlockRequest(new NodeDto("agent", tenant, agent), "resumed"), cancellation);

    public async ValueTask<Outcome<Receipt>> RetireAgentAsync(string tenant, string agent, EndNode command, CancellationToken cancellation = default)
    {
        if ((Refuse(Admins, tenant, agent) ?? CheckWait(command.Wait, command.TimeoutMs) ?? KnownAgent(tenant, agent)) is { } refused)
        {
            return refused;
        }

        var now = Now;
        var end = new EndCommand(caller.Name, true, "retired", command.Reason);
        return await StoreAsync(
            tenant, () => EndAsync(new NodeRef(NodeKind.Agent, tenant, agent), end), UInt128.Zero, DenialsOf(new NodeRef(NodeKind.Agent, tenant, agent), end, now), now,
            command.Wait, command.TimeoutMs, cancellation).ConfigureAwait(false);
    }

    public async ValueTask<Outcome<AgentWithSecret>> RotateAgentSecretAsync(string tenant, string agent, CancellationToken cancellation = default)
    {
        if ((Refuse(Admins | Role.Agent, tenant, agent) ?? KnownAgent(tenant, agent) ?? RefuseLocked(tenant, agent)) is { } refused)
        {
            return refused;
        }

        var secret = Secrets.MakeAgent(tenant, agent);
        return await ChangedAsync(
            () => AgentGrain(tenant, agent).RotateSecretAsync(caller.Name, Secrets.Hash(secret)),
            revision => new AgentWithSecret(InfoWire.Agent(Directory.Agent_NeedsLock(tenant, agent)!, null, revision), secret)).ConfigureAwait(false);
    }

    public async ValueTask<Outcome<AgentInfo>> SetAgentKeysAsync(string tenant, string agent, SetAgentKeys command, CancellationToken cancellation = default)
    {
        var keys = AgentKeyWire.Read(command.Keys);
        if ((Refuse(Admins, tenant, agent) ?? KnownAgent(tenant, agent) ?? keys.Rejection) is { } refused)
        {
            return refused;
        }

        var set = EventList.WriteOne(new AgentKeysSet(tenant, agent, keys.Value));
        return await ChangedAsync(
            () => AgentGrain(tenant, agent).SetKeysAsync(caller.Name, set),
            revision => InfoWire.Agent(Directory.Agent_NeedsLock(tenant, agent)!, null, revision)).ConfigureAwait(false);
    }

    public async ValueTask<Outcome<AgentInfo>> SetAgentRedirectsAsync(string tenant, string agent, SetAgentRedirects command, CancellationToken cancellation = default) =>
        (Refuse(Admins, tenant, agent) ?? KnownAgent(tenant, agent)) is { } refused
            ? refused
            : await ChangedAsync(
                () => AgentGrain(tenant, agent).SetRedirectsAsync(caller.Name, [.. command.RedirectUris]),
                revision => InfoWire.Agent(Directory.Agent_NeedsLock(tenant, agent)!, null, revision)).ConfigureAwait(false);

    public async ValueTask<Outcome<AgentInfo>> TransferAgentAsync(string tenant, string agent, TransferAgent command, CancellationToken cancellation = default) =>
        (Refuse(Admins, tenant, agent) ?? KnownAgent(tenant, agent)) is { } refused
            ? refused
            : await ChangedAsync(
                () => AgentGrain(tenant, agent).TransferAsync(caller.Name, command.Owner),
                revision => InfoWire.Agent(Directory.Agent_NeedsLock(tenant, agent)!, null, revision)).ConfigureAwait(false);

    public async ValueTask<Outcome<AgentInfo>> ReviewAgentAsync(string tenant, string agent, ReviewAgent command, CancellationToken cancellation = default) =>
        (Refuse(Admins, tenant, agent) ?? KnownAgent(tenant, agent)) is { } refused
            ? refused
            : await ChangedAsync(
                () => AgentGrain(tenant, agent).ReviewAsync(caller.Name, Instant.From(command.NextReviewAt).UnixMs),
                revision => InfoWire.Agent(Directory.Agent_NeedsLock(tenant, agent)!, null, revision)).ConfigureAwait(false);

    private Rejection? Known(string tenant)
    {
        lock (Directory.Gate)
        {
            return Directory.Tenant_NeedsLock(tenant) is null ? Missing(tenant) : null;
        }
    }

    // What exists already is refused as that.
    private Rejection? RoomFor(string tenant, string id, bool isAgent)
    {
        lock (Directory.Gate)
        {
            var card = Directory.Tenants[tenant];
            return (isAgent ? card.Agents.ContainsKey(id) : card.Users.ContainsKey(id)) ? null
                : isAgent ? CountLimits.Refuse(card.Agents.Count, Counts.Agents, tenant, "agents in the tenant")
                : CountLimits.Refuse(card.Users.Count, Counts.Users, tenant, "users in the tenant");
        }
    }

    private Rejection? KnownUser(string tenant, string user)
    {
        lock (Directory.Gate)
        {
            return Directory.User_NeedsLock(tenant, user) is null ? Missing(user) : null;
        }
    }

    private Rejection? KnownAgent(string tenant, string agent)
    {
        lock (Directory.Gate)
        {
            return Directory.Agent_NeedsLock(tenant, agent) is null || (caller.Role == Role.Agent && caller.Subject != agent) ? Missing(agent) : null;
        }
    }

    // Who holds a stolen secret must not be able to make it his own while the agent is stopped because of it.
    private Rejection? RefuseLocked(string tenant, string agent)
    {
        if (caller.Role != Role.Agent)
        {
            return null;
        }

        var now = Now;
        lock (Directory.Gate)
        {
            return Directory.LockedUntil_NeedsLock(Directory.Handles.OfAgent(tenant, agent), now) is not null
                ? new Rejection(Codes.AgentLocked, agent, "the agent is locked")
                : Directory.LockedUntil_NeedsLock(Directory.Handles.OfTenant(tenant), now) is not null
                    ? new Rejection(Codes.TenantLocked, tenant, "the tenant is locked")
                    : null;
        }
    }
}
