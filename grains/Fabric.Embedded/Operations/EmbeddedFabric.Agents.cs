using Fabric.Contracts.Agents;
using Fabric.Contracts.Common;
using Fabric.Contracts.Revocations;
using Fabric.Core.Agents;
using Fabric.Core.Common;
using Fabric.Core.Lineages;
using Fabric.Core.Nodes;
using Fabric.Embedded.Engine;
using Fabric.Engine;
using Fabric.Engine.Wire;

namespace Fabric.Embedded.Operations;

internal sealed partial class EmbeddedFabric
{
    public ValueTask<Outcome<AgentWithSecret>> CreateAgentAsync(string tenant, CreateAgent command, CancellationToken cancellation = default)
    {
        var scopes = ScopeWire.Read(command.Scopes);
        if ((Refuse(Admins, tenant) ?? Names.CheckId("id", command.Id) ?? scopes.Rejection) is { } refused)
        {
            return new(refused);
        }

        var secret = Secrets.MakeAgent(tenant, command.Id);
        lock (Ledger.Gate)
        {
            if (World.Tenant(tenant) is not { } entry)
            {
                return new(Missing(tenant));
            }

            var now = Now;
            var decided = AgentDecider.Decide(
                entry.Agents.GetValueOrDefault(command.Id)?.State, entry.State, World.User(tenant, command.Owner)?.State,
                new RegisterAgent(
                    command.Id, InfoWire.KindOf(command.Kind), command.Name, command.Owner, command.Environment, scopes.Value,
                    command.ReviewAt is { } review ? Instant.From(review) : null, command.RequireApproval, Secrets.Hash(secret)),
                now);
            if (decided.IsOk && IsTombstoned_NeedsLock(World.Handles.OfAgent(tenant, command.Id)))
            {
                return new(new Rejection(Codes.AgentRevoked, command.Id, "the id was revoked before it was registered"));
            }

            if (CountLimits.Refuse(entry.Agents.Count, engine.Options.Counts.Agents, tenant, "agents in the tenant") is { } full && decided.IsOk)
            {
                return new(full);
            }

            return decided.IsOk
                ? WhenDurable_NeedsLock(
                    Commit_NeedsLock(now, decided.Value),
                    revision => new AgentWithSecret(InfoWire.Agent(entry.Agents[command.Id].State, null, revision), secret))
                : new(decided.Rejection);
        }
    }

    public ValueTask<Outcome<AgentInfo>> GetAgentAsync(string tenant, string agent, CancellationToken cancellation = default)
    {
        lock (Ledger.Gate)
        {
            if (Refuse(Readers | Role.Agent, tenant, agent) is { } refused)
            {
                return new(refused);
            }

            if (World.Agent(tenant, agent)?.State is not { } state || (caller.Role == Role.Agent && caller.Subject != agent))
            {
                return new(Missing(agent));
            }

            return new(InfoWire.Agent(state, LockedUntil_NeedsLock(state.Handle, Now), Ledger.Revision));
        }
    }

    public ValueTask<Outcome<Page<AgentInfo>>> ListAgentsAsync(string tenant, PageQuery query, CancellationToken cancellation = default)
    {
        lock (Ledger.Gate)
        {
            if ((Refuse(Readers, tenant) ?? CheckPage(query)) is { } refused)
            {
                return new(refused);
            }

            var now = Now;
            return new(World.Tenant(tenant) is { } entry
                ? PageOf(entry.Agents, query, _ => true, agent => InfoWire.Agent(agent.State, LockedUntil_NeedsLock(agent.State.Handle, now), Ledger.Revision))
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

    public ValueTask<Outcome<Receipt>> RetireAgentAsync(string tenant, string agent, EndNode command, CancellationToken cancellation = default)
    {
        if ((Refuse(Admins, tenant, agent) ?? CheckWait(command.Wait, command.TimeoutMs)) is { } refused)
        {
            return new(refused);
        }

        lock (Ledger.Gate)
        {
            if (World.Agent(tenant, agent) is not { } entry)
            {
                return new(Missing(agent));
            }

            var (events, now) = (new List<NodeRevoked>(), Now);
            var target = new NodeRef(NodeKind.Agent, tenant, agent);
            return Decide_NeedsLock(target, entry.State.Standing, terminal: true, "retired", command.Reason, now, events) is { } bad
                ? new(bad)
                : Revoked_NeedsLock(events, now, command.Wait, command.TimeoutMs, cancellation);
        }
    }

    public ValueTask<Outcome<AgentWithSecret>> RotateAgentSecretAsync(string tenant, string agent, CancellationToken cancellation = default)
    {
        var secret = Secrets.MakeAgent(tenant, agent);
        return Change(
            tenant, agent, Admins | Role.Agent, (state, now) => RefuseLocked_NeedsLock(state, now) is { } locked ? locked : Erase(AgentDecider.RotateSecret(state, Secrets.Hash(secret))),
            (state, revision) => new AgentWithSecret(InfoWire.Agent(state, null, revision), secret));
    }

    public ValueTask<Outcome<AgentInfo>> SetAgentKeysAsync(string tenant, string agent, SetAgentKeys command, CancellationToken cancellation = default)
    {
        var keys = AgentKeyWire.Read(command.Keys);
        return keys.IsOk
            ? Change(tenant, agent, Admins, (state, _) => Erase(AgentDecider.SetKeys(state, keys.Value)), (state, revision) => InfoWire.Agent(state, null, revision))
            : new(keys.Rejection);
    }

    public ValueTask<Outcome<AgentInfo>> SetAgentRedirectsAsync(string tenant, string agent, SetAgentRedirects command, CancellationToken cancellation = default) => Change(
        tenant, agent, Admins, (state, _) => Erase(AgentDecider.SetRedirects(state, command.RedirectUris)), (state, revision) => InfoWire.Agent(state, null, revision));

    public ValueTask<Outcome<AgentInfo>> TransferAgentAsync(string tenant, string agent, TransferAgent command, CancellationToken cancellation = default) =>
        Change(
            tenant, agent, Admins, (state, _) => Erase(AgentDecider.Transfer(state, command.Owner, World.User(tenant, command.Owner)?.State)),
            (state, revision) => InfoWire.Agent(state, null, revision));

    public ValueTask<Outcome<AgentInfo>> ReviewAgentAsync(string tenant, string agent, ReviewAgent command, CancellationToken cancellation = default) =>
        Change(
            tenant, agent, Admins, (state, now) => Erase(AgentDecider.Review(state, Instant.From(command.NextReviewAt), now)),
            (state, revision) => InfoWire.Agent(state, null, revision));

    // Who holds a stolen secret must not be able to make it his own while the agent is stopped because of it.
    private Rejection? RefuseLocked_NeedsLock(AgentState state, Instant now) =>
        caller.Role != Role.Agent ? null
        : LockedUntil_NeedsLock(state.Handle, now) is not null ? new Rejection(Codes.AgentLocked, state.Id, "the agent is locked")
        : LockedUntil_NeedsLock(World.Handles.OfTenant(state.Tenant), now) is not null ? new Rejection(Codes.TenantLocked, state.Tenant, "the tenant is locked")
        : null;

    private ValueTask<Outcome<T>> Change<T>(
        string tenant, string agent, Role allowed, Func<AgentState, Instant, Outcome<Core.Journal.FabricEvent>> decide, Func<AgentState, ulong, T> answer)
    {
        lock (Ledger.Gate)
        {
            if (Refuse(allowed, tenant, agent) is { } refused)
            {
                return new(refused);
            }

            if (World.Agent(tenant, agent)?.State is not { } state || (caller.Role == Role.Agent && caller.Subject != agent))
            {
                return new(Missing(agent));
            }

            var now = Now;
            var decided = decide(state, now);
            return decided.IsOk
                ? WhenDurable_NeedsLock(Commit_NeedsLock(now, decided.Value), revision => answer(state, revision))
                : new(decided.Rejection);
        }
    }

    private static Outcome<Core.Journal.FabricEvent> Erase<T>(Outcome<T> decided) where T : Core.Journal.FabricEvent =>
        decided.IsOk ? decided.Value : decided.Rejection;
}
