using Fabric.Contracts.Common;
using Fabric.Contracts.Revocations;
using Fabric.Contracts.Sessions;
using Fabric.Core.Agents;
using Fabric.Core.Common;
using Fabric.Core.Lineages;
using Fabric.Core.Sessions;
using Fabric.Core.Trust;
using Fabric.Embedded.Engine;
using Fabric.Engine;
using Fabric.Engine.Wire;

namespace Fabric.Embedded.Operations;

internal sealed partial class EmbeddedFabric
{
    // Sessions that one call looks at under the lock (B1): a list goes on from its cursor.
    private const int WalkSlots = 20_000;

    public ValueTask<Outcome<SessionInfo>> OpenSessionAsync(string tenant, OpenSession command, CancellationToken cancellation = default)
    {
        var scopes = ScopeWire.Read(command.Scopes);
        if ((Refuse(Admins | Role.Agent, tenant) ?? Names.CheckId("agent", command.Agent) ?? CheckBinding(command.Audience, command.ProofKey) ?? scopes.Rejection) is { } refused)
        {
            return new(refused);
        }

        lock (Ledger.Gate)
        {
            if (World.Tenant(tenant) is not { } entry || entry.Agents.GetValueOrDefault(command.Agent) is not { } agent
                || (caller.Role == Role.Agent && caller.Subject != command.Agent))
            {
                return new(Missing(command.Agent));
            }

            var now = Now;
            var userId = command.User ?? (agent.State.Kind == AgentKind.Personal ? agent.State.Owner : null);
            return Open_NeedsLock(new OpenTask
            {
                Id = World.Handles.Mark(NodeKind.Session, entry.State.Handle, Ledger.Ids.Next(now)), Tenant = entry.State, Agent = agent.State, User = userId, UserState = World.User(tenant, userId)?.State,
                Purpose = command.Purpose, Scopes = scopes.Value, Lifetime = InfoWire.Seconds(command.LifetimeSeconds),
                RequireApproval = command.RequireApproval, RequestedBy = caller.Name, LiveSessions = entry.LiveSessions,
                Binding = SessionBinding.Of(command.Audience, command.ProofKey),
            }, now);
        }
    }

    public ValueTask<Outcome<SessionInfo>> DelegateSessionAsync(string session, DelegateSession command, CancellationToken cancellation = default)
    {
        var scopes = ScopeWire.Read(command.Scopes);
        if ((Names.CheckId("agent", command.Agent) ?? (command.Tenant is null ? null : Names.CheckId("tenant", command.Tenant)) ?? CheckBinding(command.Audience, command.ProofKey) ?? scopes.Rejection) is { } bad)
        {
            return new(bad);
        }

        var by = HandedOver(command.Token, session);
        if (!by.IsOk)
        {
            return new(by.Rejection);
        }

        lock (Ledger.Gate)
        {
            if (Find_NeedsLock(session, Admins | Role.Agent, out var parent) is { } refused)
            {
                return new(refused);
            }

            var tenant = command.Tenant ?? parent.Tenant;
            var trust = tenant == parent.Tenant ? null : TrustBetween_NeedsLock(parent.Tenant, tenant);
            if (tenant != parent.Tenant && trust is null)
            {
                // Said before it is looked at whether tenant and agent exist: without a grant, they do not for the caller (T1).
                return new(new Rejection(Codes.TrustMissing, tenant, "no accepted trust grant lets sessions be delegated to this tenant"));
            }

            if (World.Tenant(tenant) is not { } entry || entry.Agents.GetValueOrDefault(command.Agent) is not { } agent)
            {
                return new(Missing(command.Agent));
            }

            var now = Now;
            var chain = ChainOf_NeedsLock(parent, out var root);
            return Open_NeedsLock(new OpenTask
            {
                Id = World.Handles.Mark(NodeKind.Session, entry.State.Handle, Ledger.Ids.Next(now)), Tenant = entry.State, Agent = agent.State, Purpose = command.Purpose, Scopes = scopes.Value,
                Lifetime = InfoWire.Seconds(command.LifetimeSeconds), RequestedBy = caller.Name, LiveSessions = entry.LiveSessions, Parent = parent,
                By = by.Value, Binding = SessionBinding.Of(command.Audience, command.ProofKey),
                Chain = chain, DepthMax = World.Tenant(root)!.State.Limits.DelegationDepth, Trust = trust,
            }, now);
        }
    }

    public ValueTask<Outcome<SessionInfo>> GetSessionAsync(string session, CancellationToken cancellation = default)
    {
        lock (Ledger.Gate)
        {
            return new(Find_NeedsLock(session, Readers | Role.Agent, out var state) is { } refused
                ? refused
                : InfoWire.Session(state, StatusOf_NeedsLock(state, Now), null, Ledger.Revision));
        }
    }

    public ValueTask<Outcome<Page<SessionInfo>>> ListSessionsAsync(SessionQuery query, CancellationToken cancellation = default)
    {
        var node = NodeWire.Read(query.Ancestor);
        if (!node.IsOk)
        {
            return new(node.Rejection);
        }

        if ((Refuse(Readers, node.Value.Tenant) ?? CheckPage(new PageQuery(query.Cursor, query.Limit)) ?? CheckStatus(query.Status)) is { } refused)
        {
            return new(refused);
        }

        var slot = int.TryParse(query.Cursor, out var from) && from > 0 ? from : 0;
        var handle = World.Handles.Of(node.Value);
        var items = new List<SessionInfo>();
        while (true)
        {
            lock (Ledger.Gate)
            {
                var now = Now;
                var end = Math.Min(slot + WalkSlots, World.Sessions.SlotCount);
                for (; slot < end; slot++)
                {
                    if (World.Sessions.At(slot) is not { } state || !Listed_NeedsLock(state, node.Value, handle, query.Status, now))
                    {
                        continue;
                    }

                    if (items.Count == query.Limit)
                    {
                        return new(new Page<SessionInfo>(items, slot.ToString()));
                    }

                    items.Add(InfoWire.Session(state, StatusOf_NeedsLock(state, now), null, Ledger.Revision));
                }

                if (slot >= World.Sessions.SlotCount)
                {
                    return new(new Page<SessionInfo>(items, null));
                }
            }
        }
    }

    public ValueTask<Outcome<SessionInfo>> ApproveSessionAsync(string session, ApproveSession command, CancellationToken cancellation = default)
    {
        lock (Ledger.Gate)
        {
            if (Find_NeedsLock(session, Admins | Role.Approver | Role.User, out var state) is { } refused)
            {
                return new(refused);
            }

            var now = Now;
            var agent = World.Agent(state.Tenant, state.Agent)!.State;
            var isRequired = agent.RequireApproval || World.Tenant(state.Tenant)!.State.RequireApproval;
            if (caller.Role == Role.User && SessionDecider.RefuseConsent(state, World.User(caller.Tenant, caller.Subject)?.State, isRequired, caller.IsConsentOnly) is { } none)
            {
                return new(Rejected_NeedsLock(none, "session.approve", state, now));
            }

            var decided = SessionDecider.Approve(
                state, caller.Name, World.Makers, command.Note, InfoWire.Seconds(command.LifetimeSeconds),
                [
                    (SessionDecider.AgentEnd(agent), "agent"),
                    (World.Session(state.Parent)?.ExpiresAt ?? (state.Parent == UInt128.Zero ? Instant.Never : now), "delegator"),
                    (TrustEnd_NeedsLock(state), "trust"),
                ],
                engine.Index, now, isConsent: caller.Role == Role.User && !isRequired);
            return decided.IsOk
                ? WhenDurable_NeedsLock(
                    Commit_NeedsLock(now, decided.Value.Event), revision => InfoWire.Session(state, state.Status, decided.Value.Clamp, revision))
                : new(Rejected_NeedsLock(decided.Rejection, "session.approve", state, now));
        }
    }

    public ValueTask<Outcome<SessionInfo>> DenySessionAsync(string session, DenySession command, CancellationToken cancellation = default)
    {
        lock (Ledger.Gate)
        {
            if (Find_NeedsLock(session, Admins | Role.Approver | Role.User, out var state) is { } refused)
            {
                return new(refused);
            }

            var now = Now;
            var decided = SessionDecider.Deny(state, command.Reason, now);
            return decided.IsOk
                ? WhenDurable_NeedsLock(Commit_NeedsLock(now, decided.Value), revision => InfoWire.Session(state, state.Status, null, revision))
                : new(decided.Rejection);
        }
    }

    public ValueTask<Outcome<Receipt>> CompleteSessionAsync(string session, CancellationToken cancellation = default)
    {
        lock (Ledger.Gate)
        {
            if (Find_NeedsLock(session, Admins | Role.Agent, out var state) is { } refused)
            {
                return new(refused);
            }

            var now = Now;
            var decided = SessionDecider.Complete(state, now);
            if (!decided.IsOk)
            {
                return new(decided.Rejection);
            }

            if (RefuseCompletion_NeedsLock(state.Tenant) is { } full)
            {
                return new(full);
            }

            var closed = SessionEnd.Revocation(state, "completed", "completed", UInt128.Zero);
            return Receipt_NeedsLock(Ledger.Emit_NeedsLock(caller.Name, now, [decided.Value, closed], reserved: true), now, "accepted", 0, cancellation);
        }
    }

    private Outcome<HandedBy?> HandedOver(string? token, string session) =>
        token is null ? Outcome<HandedBy?>.Of(null) : HandOver.Of(engine.Introspect(token), session);

    private ValueTask<Outcome<SessionInfo>> Open_NeedsLock(OpenTask task, Instant now)
    {
        var decided = SessionDecider.Open(task, World.Handles, engine.Index, now);
        if (!decided.IsOk)
        {
            return new(Rejected_NeedsLock(decided.Rejection, task.Parent is null ? "session.open" : "session.delegate", task, now));
        }

        return WhenDurable_NeedsLock(
            Commit_NeedsLock(now, decided.Value.Event),
            revision => InfoWire.Session(World.Session(task.Id) ?? new SessionState(decided.Value.Event, now), decided.Value.Event.Status, decided.Value.Clamp, revision));
    }

    // Null when the caller may see the session.
    private Rejection? Find_NeedsLock(string session, Role allowed, out SessionState state)
    {
        state = null!;
        if ((caller.Role & allowed) == 0)
        {
            return Refuse(allowed, caller.Tenant);
        }

        if (Names.ParseId(session) is not { } id || World.Session(id) is not { } found)
        {
            return Missing(session);
        }

        state = found;
        var isAnothers = (caller.Role == Role.Agent && caller.Subject != found.Agent)
            || (caller.Role == Role.User && (caller.Subject != found.User || caller.Tenant != found.UserTenant));
        return Refuse(allowed, found.Tenant, session) ?? (isAnothers ? Missing(session) : null);
    }

    private SessionStatus StatusOf_NeedsLock(SessionState state, Instant now)
    {
        if (!state.IsLive)
        {
            return state.Status;
        }

        if (state.ExpiresAt <= now)
        {
            return SessionStatus.Expired;
        }

        var verdict = state.CheckLineage(engine.Index, now);
        return verdict is { Dead: true, Locked: false } ? SessionStatus.Revoked : state.Status;
    }

    private bool Listed_NeedsLock(SessionState state, NodeRef ancestor, Handle handle, string? status, Instant now)
    {
        // INVARIANT T1: below a node of its own tenant a caller sees delegated sessions too: both tenants agreed to that.
        if (!state.ComesFrom(ancestor.Kind, handle))
        {
            return false;
        }

        var actual = StatusOf_NeedsLock(state, now);
        return status is null
            ? actual is SessionStatus.Requested or SessionStatus.Active
            : string.Equals(actual.ToString(), status, StringComparison.OrdinalIgnoreCase);
    }

    private TrustState? TrustBetween_NeedsLock(string grantor, string grantee)
    {
        var now = Now;
        return World.Tenant(grantor)?.Trusts.Find(
            trust => trust.Grantor == grantor && trust.Grantee == grantee && trust is { Accepted: true, Standing.Ended: false } && trust.ExpiresAt > now);
    }

    private Instant TrustEnd_NeedsLock(SessionState state)
    {
        var end = Instant.Never;
        foreach (var trust in World.Tenant(state.Tenant)!.Trusts)
        {
            if (state.ComesFrom(NodeKind.Trust, trust.Handle))
            {
                end = Instant.Min(end, trust.ExpiresAt);
            }
        }

        return end;
    }

    private List<(string Tenant, string Agent)> ChainOf_NeedsLock(SessionState session, out string rootTenant)
    {
        var chain = new List<(string, string)>();
        for (var at = session; ; at = World.Session(at.Parent)!)
        {
            chain.Add((at.Tenant, at.Agent));
            rootTenant = at.Tenant;
            if (at.Parent == UInt128.Zero || World.Session(at.Parent) is null)
            {
                return chain;
            }
        }
    }
}
