using Fabric.Core.Agents;
using Fabric.Core.Common;
using Fabric.Core.Index;
using Fabric.Core.Keys;
using Fabric.Core.Lineages;
using Fabric.Core.Scopes;
using Fabric.Core.Users;

namespace Fabric.Core.Sessions;

/// <summary>An opened session, and whether its lifetime was cut.</summary>
public sealed record OpenedSession(SessionOpened Event, Clamp? Clamp);

/// <summary>An approval, and whether the lifetime was cut.</summary>
public sealed record ApprovedSession(SessionApproved Event, Clamp? Clamp);

/// <summary>
/// Decides the commands of a session. Whether its ancestors live is looked up in the revocation index, never asked of them, so that no
/// command needs more than one entity.
/// </summary>
public static class SessionDecider
{
    /// <summary>Decides an opening or a delegation.</summary>
    public static Outcome<OpenedSession> Open(OpenTask command, HandleSpace handles, RevocationIndex index, Instant now)
    {
        var refused = CheckRequest(command, now) ?? CheckUser(command) ?? CheckDelegation(command, now);
        if (refused is not null)
        {
            return refused;
        }

        var lineage = LineageOf(command, handles);
        if (Ancestry.Refusal(index.CheckLineage(lineage.Nodes, now)) is { } dead)
        {
            return dead;
        }

        var narrowed = Narrow(command);
        if (!narrowed.IsOk)
        {
            return narrowed.Rejection;
        }

        var scopes = SessionQuotas.Bind(narrowed.Value, lineage.Nodes[^1].Handle, handles);
        var (expires, clamp) = Lifetime(command, now);
        var waits = command.RequireApproval || command.Tenant.RequireApproval || command.Agent.RequireApproval;
        if (waits && command.By is not null)
        {
            // INVARIANT R4, S2: an approval may come after the credential's end, when its revocation is forgotten: what begins to live then must not come from it.
            return new Rejection(Codes.SessionNotApproved, command.Agent.Id, "what needs an approval is not delegated by a credential: delegate the session");
        }

        var user = command.Parent is null ? (command.UserState?.Tenant, command.UserState?.Id) : (command.Parent.UserTenant, command.Parent.User);
        return new OpenedSession(
            new SessionOpened(
                command.Id, command.Tenant.Id, command.Agent.Id, user.Item1, user.Item2, command.Purpose.Trim(), scopes, lineage, command.RequestedBy,
                waits ? SessionStatus.Requested : SessionStatus.Active,
                waits ? Instant.Min(now + command.Tenant.Limits.ApprovalWait, command.Parent?.ExpiresAt ?? Instant.Never) : expires,
                expires.UnixMs - now.UnixMs, command.Parent?.Id ?? UInt128.Zero, command.Parent is null ? 0 : command.Parent.Depth + 1)
            {
                Binding = command.Binding,
            },
            clamp);
    }

    /// <summary>
    /// Decides an approval by <paramref name="byName"/>. INVARIANT S1: only a session that waits is approved, once, and the
    /// requester is not its own approver, by whatever secret (<paramref name="makers"/>). <paramref name="until"/>: the ends of agent, parent and trust grant (S2).
    /// <paramref name="isConsent"/>: the user whom the session is for says yes where nobody asks for an approval (<see cref="RefuseConsent"/>): the agent could have had it without, so nobody
    /// is held apart.
    /// </summary>
    public static Outcome<ApprovedSession> Approve(
        SessionState state, string byName, SecretMakers makers, string? note, TimeSpan? lifetime, ReadOnlySpan<(Instant Until, string Name)> until,
        RevocationIndex index, Instant now, bool isConsent = false)
    {
        if ((CheckWaiting(state, now) ?? Names.CheckText("note", note)) is { } refused)
        {
            return refused;
        }

        if (!isConsent && makers.AreOne(state.RequestedBy, byName))
        {
            return new Rejection(
                Codes.ApprovalBySelf, Names.FormatId(state.Id), "the requester cannot be its own approver, and neither can who made its secret, or has one from the same maker");
        }

        if (Ancestry.Refusal(state.CheckLineage(index, now)) is { } dead)
        {
            return dead;
        }

        if (lifetime is { } wanted && wanted < TimeSpan.FromSeconds(1))
        {
            return new Rejection(Codes.InvalidField, "lifetimeSeconds", "a lifetime is at least one second");
        }

        var granted = TimeSpan.FromMilliseconds(state.LifetimeMs);
        var asked = lifetime ?? granted;
        var limits = new (Instant, string)[until.Length + 1];
        until.CopyTo(limits);
        limits[^1] = (now + granted, "request");
        var (expires, clamp) = Clamp.Cut(now, asked, limits);
        return new ApprovedSession(new SessionApproved(state.Id, state.Tenant, byName, note, expires), clamp);
    }

    /// <summary>
    /// Null when the yes of the user whom a session is for is an approval of it: always where neither agent nor tenant asks for one (<paramref name="isRequired"/>), else when an
    /// administrator has said so of this user (<see cref="UserSignIn.Approves"/>) and it has proven itself by what that administrator gave it (not <paramref name="isConsentOnly"/>).
    /// </summary>
    public static Rejection? RefuseConsent(SessionState state, UserState? user, bool isRequired, bool isConsentOnly = false) =>
        user is null || state.User != user.Id || state.UserTenant != user.Tenant || state.Tenant != user.Tenant || state.Parent != UInt128.Zero
            ? new Rejection(Codes.NotFound, Names.FormatId(state.Id), "the node does not exist")
        : isRequired && (isConsentOnly || user.SignIn is not { Approves: true })
            ? new Rejection(Codes.Forbidden, user.Id, "the session needs an approval, and this user's own yes is none")
        : null;

    /// <summary>Decides a denial.</summary>
    public static Outcome<SessionEnded> Deny(SessionState state, string reason, Instant now) =>
        (CheckWaiting(state, now) ?? Names.CheckText("reason", reason, required: true)) is { } refused
            ? refused
            : new SessionEnded(state.Id, state.Tenant, SessionStatus.Denied, reason);

    /// <summary>Decides a completion: only an active session is completed.</summary>
    public static Outcome<SessionEnded> Complete(SessionState state, Instant now)
    {
        if (CheckActive(state, now) is { } refused)
        {
            return refused;
        }

        return new SessionEnded(state.Id, state.Tenant, SessionStatus.Completed, "completed");
    }

    /// <summary>Null when the session is active and unexpired.</summary>
    public static Rejection? CheckActive(SessionState state, Instant now) => state.Status switch
    {
        SessionStatus.Requested => new Rejection(Codes.SessionNotApproved, Names.FormatId(state.Id), "the session waits for an approval"),
        SessionStatus.Active when state.ExpiresAt > now => null,
        SessionStatus.Active => Ended(state, "expired"),
        SessionStatus.Revoked => new Rejection(Codes.SessionRevoked, Names.FormatId(state.Id), "the session is revoked"),
        _ => Ended(state, state.Status.ToString().ToLowerInvariant()),
    };

    /// <summary>The end that the agent sets: a shared agent's review date.</summary>
    public static Instant AgentEnd(AgentState agent) => agent.Kind == AgentKind.Shared ? agent.ReviewAt : Instant.Never;

    private static Rejection? CheckWaiting(SessionState state, Instant now)
    {
        if (state.Status == SessionStatus.Requested && state.ExpiresAt > now)
        {
            return null;
        }

        return state.Status switch
        {
            SessionStatus.Active => new Rejection(Codes.SessionNotRequested, Names.FormatId(state.Id), "the session is approved already"),
            SessionStatus.Requested => Ended(state, "expired"),
            _ => Ended(state, state.Status.ToString().ToLowerInvariant()),
        };
    }

    private static Rejection Ended(SessionState state, string how) => new(Codes.SessionEnded, Names.FormatId(state.Id), $"the session is {how}");

    private static Rejection? CheckRequest(OpenTask command, Instant now)
    {
        if (Names.CheckText("purpose", command.Purpose, required: true) is { } bad)
        {
            return bad;
        }

        if (command.Lifetime is { } lifetime && lifetime < TimeSpan.FromSeconds(1))
        {
            return new Rejection(Codes.InvalidField, "lifetimeSeconds", "a lifetime is at least one second");
        }

        if (command.LiveSessions >= command.Tenant.Limits.LiveSessions)
        {
            return new Rejection(Codes.LimitReached, command.Tenant.Id, $"the tenant has its {command.Tenant.Limits.LiveSessions} live sessions");
        }

        if (command.Tenant.Standing.Ended)
        {
            return new Rejection(Codes.TenantRevoked, command.Tenant.Id, "the tenant is revoked");
        }

        if (command.Agent.Standing.Ended)
        {
            return new Rejection(Codes.AgentRevoked, command.Agent.Id, "the agent is retired");
        }

        return AgentEnd(command.Agent) <= now
            ? new Rejection(Codes.AgentReviewOverdue, command.Agent.Id, "the agent's review is overdue: review it first")
            : null;
    }

    private static Rejection? CheckUser(OpenTask command)
    {
        var agent = command.Agent;
        if (command.Parent is { } parent)
        {
            return agent.Kind == AgentKind.Personal && (parent.UserTenant != agent.Tenant || parent.User != agent.Owner)
                ? new Rejection(Codes.AgentWrongUser, agent.Id, "a personal agent acts for its own user only")
                : null;
        }

        if (command.User is not null && command.UserState is null)
        {
            return new Rejection(Codes.NotFound, command.User, "the user does not exist");
        }

        if (command.UserState is { Standing.Ended: true } gone)
        {
            return new Rejection(Codes.UserRevoked, gone.Id, "the user is offboarded");
        }

        return agent.Kind switch
        {
            AgentKind.Personal when command.UserState?.Id != agent.Owner =>
                new Rejection(Codes.AgentWrongUser, agent.Id, "a personal agent acts for its own user only"),
            AgentKind.Backend when command.UserState is not null =>
                new Rejection(Codes.AgentWrongUser, agent.Id, "a backend agent acts for nobody"),
            _ => null,
        };
    }

    private static Rejection? CheckDelegation(OpenTask command, Instant now)
    {
        if (command.Parent is not { } parent)
        {
            return null;
        }

        if (CheckActive(parent, now) is { } dead)
        {
            return dead;
        }

        if (command.By is { } by && by.ExpiresAt <= now)
        {
            return new Rejection(Codes.TokenExpired, "token", "the credential that it is delegated by has expired");
        }

        if (parent.Depth + 1 > Math.Min(command.DepthMax, Limits.DelegationDepthMax))
        {
            return new Rejection(Codes.DelegationDepth, Names.FormatId(parent.Id), "the delegation chain is as deep as it may be");
        }

        foreach (var (tenant, agent) in command.Chain)
        {
            if (tenant == command.Tenant.Id && agent == command.Agent.Id)
            {
                return new Rejection(Codes.DelegationCycle, agent, "the agent is in the delegation chain already");
            }
        }

        if (parent.Tenant == command.Tenant.Id)
        {
            return null;
        }

        // INVARIANT T1: across tenants only along a grant that both agreed to and that still stands.
        return command.Trust is { Accepted: true, Standing.Ended: false } trust && trust.ExpiresAt > now
            && trust.Grantor == parent.Tenant && trust.Grantee == command.Tenant.Id
            ? null
            : new Rejection(Codes.TrustMissing, command.Tenant.Id, "no accepted trust grant lets sessions be delegated to this tenant");
    }

    private static Lineage LineageOf(OpenTask command, HandleSpace handles)
    {
        Span<LineageNode> nodes = stackalloc LineageNode[5];
        var count = 0;
        var root = command.Parent is null;
        var crosses = !root && command.Parent!.Tenant != command.Tenant.Id;

        // INVARIANT R1: what was delegated by a credential dies with it.
        if (!root && command.By is { } by)
        {
            nodes[count++] = new LineageNode(
                NodeKind.Credential, handles.OfId(NodeKind.Credential, handles.OfTenant(command.Parent!.Tenant), by.Credential), 1);
        }

        if (crosses)
        {
            nodes[count++] = new LineageNode(NodeKind.Trust, command.Trust!.Handle, command.Trust.Standing.Generation);
        }

        if (root || crosses)
        {
            nodes[count++] = new LineageNode(NodeKind.Tenant, command.Tenant.Handle, command.Tenant.Standing.Generation);
        }

        if (root && command.UserState is { } user)
        {
            nodes[count++] = new LineageNode(NodeKind.User, user.Handle, user.Standing.Generation);
        }

        nodes[count++] = new LineageNode(NodeKind.Agent, command.Agent.Handle, command.Agent.Standing.Generation);
        var own = new LineageNode(NodeKind.Session, handles.OfId(NodeKind.Session, command.Tenant.Handle, command.Id), 1);
        return root ? new Lineage([.. nodes[..count], own]) : command.Parent!.LineageWith([.. nodes[..count], own]);
    }

    // INVARIANT S3: what is delegated lies within the delegator, the receiving agent's ceiling and the grant; constraints of each are taken over.
    private static Outcome<ScopeSet> Narrow(OpenTask command)
    {
        // A credential's scopes lie within its session's, and bring the counters of both along.
        var scopes = command.Parent is null ? command.Scopes : command.Scopes.NarrowTo(command.By?.Scopes ?? command.Parent.ReadScopes());
        if (scopes.IsOk && command.Trust is { } trust && command.Parent is not null && command.Parent.Tenant != command.Tenant.Id)
        {
            scopes = scopes.Value.NarrowTo(trust.Scopes);
        }

        return scopes.IsOk ? scopes.Value.NarrowTo(command.Agent.Ceiling) : scopes;
    }

    private static (Instant ExpiresAt, Clamp? Clamp) Lifetime(OpenTask command, Instant now)
    {
        var limit = command.Tenant.Limits.SessionLifetime;
        var asked = command.Lifetime ?? TimeSpan.FromTicks(Math.Min(Limits.SessionLifetimeDefault.Ticks, limit.Ticks));
        var crosses = command.Parent is not null && command.Parent.Tenant != command.Tenant.Id;
        return Clamp.Cut(
            now, asked,
            (now + Limits.SessionLifetimeMax, "fabric"),
            (now + limit, "tenant"),
            (AgentEnd(command.Agent), "agent"),
            (command.Parent?.ExpiresAt ?? Instant.Never, "delegator"),
            // INVARIANT R4, S2: nothing that comes of a credential outlives it, or the record of its revocation.
            (command.By?.ExpiresAt ?? Instant.Never, "credential"),
            (crosses ? command.Trust!.ExpiresAt : Instant.Never, "trust"));
    }
}
