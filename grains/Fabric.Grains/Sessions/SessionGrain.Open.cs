using Fabric.Core.Agents;
using Fabric.Core.Common;
using Fabric.Core.Credentials;
using Fabric.Core.Index;
using Fabric.Core.Lineages;
using Fabric.Core.Nodes;
using Fabric.Core.Sessions;
using Fabric.Core.Trust;
using Fabric.Grains.Directory;
using Fabric.Grains.Entities;
using Fabric.Grains.Wire;

namespace Fabric.Grains.Sessions;

/// <summary>What gives a session its authority: opening, approval, issuance.</summary>
internal sealed partial class SessionGrain
{
    public async Task<SessionReply> OpenAsync(OpenCommand command)
    {
        if (await RefusalAsync(command.Sequence) is { } refused)
        {
            return SessionReply.Refuse(refused);
        }

        if (_row is { } known)
        {
            // The id was made for this one command: it is here again because its answer was lost on the way (a silo that left, a call that took too long).
            var state = known.State;
            return (state.RequestedBy, state.Tenant, state.Agent, state.Purpose, state.Parent)
                == (command.By, command.Tenant, command.Agent, command.Purpose, command.Parent)
                    ? Answer(Reply.Unchanged(), null)
                    : SessionReply.Refuse(new Rejection(Codes.AlreadyExists, this.GetPrimaryKeyString(), "a session with this id exists"));
        }

        SessionRow? parent = null;
        if (command.Parent != UInt128.Zero)
        {
            var found = await GrainFactory.GetGrain<ISessionGrain>(Names.FormatId(command.Parent)).GetAsync();
            if (found.Reply.Rejection is { } missing)
            {
                return SessionReply.Refuse(missing);
            }

            parent = SessionRow.Read(found.Row, found.Credentials);
        }

        // INVARIANT T1: nothing of a tenant is counted for a caller that has no way into it.
        lock (parts.Directory.Gate)
        {
            if (RefusePlace_NeedsLock(command, parent, parts.Now) is { } refusal)
            {
                return SessionReply.Refuse(refusal);
            }
        }

        var tenant = GrainFactory.GetGrain<ITenantGrain>(command.Tenant);
        var live = await tenant.SessionOpensAsync();
        var isOpen = false;
        try
        {
            var reply = await OpenAsync(command, parent, live);
            isOpen = reply.Reply.Rejection is null;
            return reply;
        }
        finally
        {
            if (!isOpen)
            {
                await tenant.SessionEndsAsync();
            }
        }
    }

    private Rejection? RefusePlace_NeedsLock(OpenCommand command, SessionRow? parent, Instant now)
    {
        if (parent is not null && parent.State.Tenant != command.Tenant && TrustBetween_NeedsLock(parent.State.Tenant, command.Tenant, now) is null)
        {
            // Said before it is looked at whether tenant and agent exist: without a grant, they do not for the caller (T1).
            return new Rejection(Codes.TrustMissing, command.Tenant, "no accepted trust grant lets sessions be delegated to this tenant");
        }

        return parts.Directory.Agent_NeedsLock(command.Tenant, command.Agent) is null
            ? new Rejection(Codes.NotFound, command.Agent, "the node does not exist")
            : null;
    }

    public Task<SessionReply> ApproveAsync(string by, string? note, long? lifetimeMs, long sequence) => ApproveAsync(by, null, false, note, lifetimeMs, sequence);

    public Task<SessionReply> ConsentAsync(string by, string user, string? note, long? lifetimeMs, long sequence) => ApproveAsync(by, user, false, note, lifetimeMs, sequence);

    public Task<SessionReply> ConsentOnlyAsync(string by, string user, string? note, long? lifetimeMs, long sequence) => ApproveAsync(by, user, true, note, lifetimeMs, sequence);

    private async Task<SessionReply> ApproveAsync(string by, string? user, bool isConsentOnly, string? note, long? lifetimeMs, long sequence)
    {
        if (await RefusalAsync(sequence) is { } refused)
        {
            return SessionReply.Refuse(refused);
        }

        if (_row is not { } row)
        {
            return SessionReply.Refuse(Missing);
        }

        var (state, now) = (row.State, parts.Now);
        var parentEnd = Instant.Never;
        if (state.Parent != UInt128.Zero)
        {
            var parent = await GrainFactory.GetGrain<ISessionGrain>(Names.FormatId(state.Parent)).GetAsync();
            parentEnd = parent.Reply.Rejection is null ? SessionRow.Read(parent.Row).State.ExpiresAt : now;
        }

        Outcome<ApprovedSession> decided;
        lock (parts.Directory.Gate)
        {
            var agent = parts.Directory.Agent_NeedsLock(state.Tenant, state.Agent)!;
            var isRequired = agent.RequireApproval || parts.Directory.Tenant_NeedsLock(state.Tenant)!.State.RequireApproval;
            decided = user is not null && SessionDecider.RefuseConsent(state, parts.Directory.User_NeedsLock(state.Tenant, user), isRequired, isConsentOnly) is { } none
                ? none
                : SessionDecider.Approve(
                    state, by, parts.Directory.Makers, note, Span(lifetimeMs),
                    [(SessionDecider.AgentEnd(agent), "agent"), (parentEnd, "delegator"), (TrustEnd_NeedsLock(state), "trust")], parts.Relay.Index, now,
                    isConsent: user is not null && !isRequired);
        }

        if (!decided.IsOk)
        {
            await audit.RejectedAsync(state.Tenant, SubjectOf(state), by, "session.approve", decided.Rejection.Code);
            return SessionReply.Refuse(decided.Rejection);
        }

        return await ChangeAsync(by, now, decided.Value.Clamp, decided.Value.Event);
    }

    public async Task<IssueReply> IssueAsync(IssueCommand command)
    {
        if (await RefusalAsync(command.Sequence) is { } refused)
        {
            return IssueReply.Refuse(refused);
        }

        if (FindFor(command) is not { } row)
        {
            return IssueReply.Refuse(Missing);
        }

        var (state, now) = (row.State, parts.Now);
        TenantCard tenant;
        SigningKeyEntry? key;
        lock (parts.Directory.Gate)
        {
            tenant = parts.Directory.Tenant_NeedsLock(state.Tenant)!;
            key = tenant.SigningKey;
        }

        if (key is null)
        {
            return IssueReply.Refuse(new Rejection(Codes.TenantNoKey, state.Tenant, "the tenant's signing key was revoked without another in its place: rotate the key"));
        }

        var ids = Enumerable.Range(0, command.Count).Select(_ => parts.Handles.Mark(NodeKind.Credential, tenant.State.Handle, parts.NextId(now))).ToArray();
        var decided = CredentialDecider.Issue(
            state, state.ReadScopes(), tenant.State.Limits, new IssueBatch(ids, Span(command.LifetimeMs), command.Scopes is null ? null : Scopes(command.Scopes), command.IsAudienceAsked ? command.Audience : null, command.ProofKey),
            parts.Handles,
            parts.Relay.Index, now);
        if (!decided.IsOk)
        {
            await audit.RejectedAsync(state.Tenant, SubjectOf(state), command.By, "credentials.issue", decided.Rejection.Code);
            return IssueReply.Refuse(decided.Rejection);
        }

        // Signing goes on while the log writes; a token is handed out only after its inventory row is durable (A1, D1).
        var issued = decided.Value;
        var logging = parts.Client.AppendAsync(new LogEntry(
            parts.NextId(now), now.UnixMs, command.By, EventList.Write([issued.Event]), Subject: SubjectOf(state))).AsTask();
        var audience = command.IsAudienceAsked ? command.Audience : state.Binding?.Audience ?? command.Audience;
        var signed = parts.Signing.Sign(state, ActorsOf(row), issued, key, audience, command.ProofKey, now, parts.Handles);
        var logged = await logging;
        if (!logged.IsOk)
        {
            return IssueReply.Refuse(logged.Rejection);
        }

        Take(issued);
        if (!signed.IsOk)
        {
            return IssueReply.Refuse(signed.Rejection);
        }

        var clamp = issued.Clamp;
        return new IssueReply(
            Reply.Of(logged.Value), [.. signed.Value.Select(one => one.Id)], [.. signed.Value.Select(one => one.Token)], issued.Event.ExpiresAt.UnixMs,
            (long)(clamp?.Requested.TotalMilliseconds ?? 0), (long)(clamp?.Granted.TotalMilliseconds ?? 0), clamp?.LimitedBy);
    }

    // INVARIANT T1: another tenant's session, or another agent's, does not exist for the caller.
    private SessionRow? FindFor(IssueCommand command)
    {
        if (_row is null)
        {
            DeactivateOnIdle();
            return null;
        }

        return (command.Tenant ?? _row.State.Tenant) == _row.State.Tenant && (command.Agent ?? _row.State.Agent) == _row.State.Agent ? _row : null;
    }

    private async Task<SessionReply> OpenAsync(OpenCommand command, SessionRow? parent, int live)
    {
        var now = parts.Now;
        IReadOnlyList<(string Tenant, string Agent)> chain = parent is null ? [] : [(parent.State.Tenant, parent.State.Agent), .. parent.Chain];
        OpenTask task;
        Outcome<OpenedSession> decided;
        bool isAhead;
        lock (parts.Directory.Gate)
        {
            var directory = parts.Directory;
            if (RefusePlace_NeedsLock(command, parent, now) is { } refusal)
            {
                return SessionReply.Refuse(refusal);
            }

            var trust = parent is null || parent.State.Tenant == command.Tenant ? null : TrustBetween_NeedsLock(parent.State.Tenant, command.Tenant, now);
            var tenant = directory.Tenant_NeedsLock(command.Tenant)!;
            var agent = tenant.Agents[command.Agent];
            var user = parent is not null ? null : command.User ?? (agent.Kind == AgentKind.Personal ? agent.Owner : null);
            task = new OpenTask
            {
                Id = Id, Tenant = tenant.State, Agent = agent, User = user, UserState = directory.User_NeedsLock(command.Tenant, user), Purpose = command.Purpose,
                Scopes = Scopes(command.Scopes), Lifetime = Span(command.LifetimeMs), RequireApproval = command.RequireApproval, RequestedBy = command.By,
                Binding = SessionBinding.Of(command.Audience, command.ProofKey),
                LiveSessions = live, Parent = parent?.State, Chain = chain, Trust = trust,
                By = command.CredentialScopes is null ? null : new HandedBy(command.Credential, Scopes(command.CredentialScopes), new Instant(command.CredentialEndMs)),
                DepthMax = parent is null ? Limits.DelegationDepthMax : directory.Tenant_NeedsLock(chain[^1].Tenant)!.State.Limits.DelegationDepth,
            };
            decided = SessionDecider.Open(task, parts.Handles, parts.Relay.Index, now);
            isAhead = IsAhead(tenant.State.Handle, tenant.State.Standing) || IsAhead(agent.Handle, agent.Standing) || IsAhead(task.UserState?.Handle, task.UserState?.Standing);
        }

        if (!decided.IsOk && isAhead)
        {
            return SessionReply.Refuse(new Rejection(Codes.StorageUnavailable, "cluster", "a revocation above the session is denied already and not stored yet: send it again"));
        }

        if (!decided.IsOk)
        {
            var subject = new LogSubject(UInt128.Zero, task.User, command.Agent, command.Purpose, UInt128.Zero);
            await audit.RejectedAsync(command.Tenant, subject, command.By, parent is null ? "session.open" : "session.delegate", decided.Rejection.Code);
            return SessionReply.Refuse(decided.Rejection);
        }

        var opened = decided.Value;
        var next = new SessionRow(new SessionState(opened.Event, now), chain);
        var logged = await parts.Client.AppendAsync(new LogEntry(
            parts.NextId(now), now.UnixMs, command.By, EventList.Write([opened.Event]), Subject: SubjectOf(next.State), Session: next.Write()));
        if (!logged.IsOk)
        {
            DeactivateOnIdle();
            return SessionReply.Refuse(logged.Rejection);
        }

        (_row, _version) = (next, 1);
        return Answer(Reply.Of(logged.Value), opened.Clamp);
    }

    // Its generation is denied ahead of the order (docs/decisions/0025): what is opened under it now is born dead, and a moment later, under the next one, it is not.
    private bool IsAhead(Handle? node, NodeStanding? standing) => node is { } handle && standing is { Ended: false }
        && parts.Relay.Index.TryGet(handle, out var record) && record.MinGeneration != IndexRecord.Terminal && record.MinGeneration > standing.Generation;

    private TrustState? TrustBetween_NeedsLock(string grantor, string grantee, Instant now) => parts.Directory.Tenant_NeedsLock(grantor)?.Trusts.Find(
        trust => trust.Grantor == grantor && trust.Grantee == grantee && trust is { Accepted: true, Standing.Ended: false } && trust.ExpiresAt > now);

    private Instant TrustEnd_NeedsLock(SessionState state)
    {
        var end = Instant.Never;
        foreach (var trust in parts.Directory.Tenant_NeedsLock(state.Tenant)!.Trusts)
        {
            if (state.ComesFrom(NodeKind.Trust, trust.Handle))
            {
                end = Instant.Min(end, trust.ExpiresAt);
            }
        }

        return end;
    }
}
