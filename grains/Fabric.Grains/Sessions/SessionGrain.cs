using Fabric.Core.Common;
using Fabric.Core.Credentials;
using Fabric.Core.Journal;
using Fabric.Core.Lineages;
using Fabric.Core.Scopes;
using Fabric.Core.Sessions;
using Fabric.Core.Tokens;
using Fabric.Grains.Entities;
using Fabric.Grains.Storage;
using Fabric.Grains.Wire;
using Orleans.Placement;

namespace Fabric.Grains.Sessions;

/// <inheritdoc/>
[PreferLocalPlacement]
internal sealed partial class SessionGrain(ClusterParts parts, AuditWriter audit) : Grain, ISessionGrain
{
    private static readonly TimeSpan CatchUpPatience = TimeSpan.FromSeconds(2);

    private SessionRow? _row;
    private int _version;

    private UInt128 Id => Names.ParseId(this.GetPrimaryKeyString()) ?? throw new InvalidOperationException("a session's key has 32 hex digits");

    private Rejection Missing => new(Codes.NotFound, this.GetPrimaryKeyString(), "the node does not exist");

    public override Task OnActivateAsync(CancellationToken cancellationToken) => StorageFaults.TellAsync(() => LoadAsync(cancellationToken));

    private async Task LoadAsync(CancellationToken cancellationToken)
    {
        if (await parts.Store.Entities.SessionAsync(Id, cancellationToken) is { } stored)
        {
            (_version, _row) = (stored.Version, stored.Row);
        }
    }

    public Task<SessionReply> GetAsync()
    {
        if (_row is not null)
        {
            return Task.FromResult(Answer(Reply.Unchanged(), null));
        }

        // A made-up id is not kept in memory.
        DeactivateOnIdle();
        return Task.FromResult(SessionReply.Refuse(Missing));
    }

    public async Task<SessionReply> DenyAsync(string by, string reason)
    {
        if (_row is null)
        {
            return SessionReply.Refuse(Missing);
        }

        var now = parts.Now;
        var decided = SessionDecider.Deny(_row.State, reason, now);
        return decided.IsOk ? await ChangeAsync(by, now, null, decided.Value) : SessionReply.Refuse(decided.Rejection);
    }

    public async Task<Reply> CompleteAsync(string by, bool isHeld)
    {
        if (_row is not { } row)
        {
            return Reply.Refuse(Missing);
        }

        var now = parts.Now;
        var decided = SessionDecider.Complete(row.State, now);
        if (!decided.IsOk)
        {
            return Reply.Refuse(decided.Rejection);
        }

        // INVARIANT R1: the end and the record that enforces it are one commit: neither is true without the other.
        return (await ChangeAsync(
            by, now, null, isHeld ? IndexHold.Completion : IndexHold.None, decided.Value, SessionEnd.Revocation(row.State, "completed", "completed", UInt128.Zero))).Reply;
    }

    public async Task<Reply> EndAsync(string tenant, EndCommand command)
    {
        var now = parts.Now;
        if (_row is not { } row)
        {
            // A tombstone, so that a race with its opening cannot be won by the opening.
            var target = new NodeRef(NodeKind.Session, tenant, this.GetPrimaryKeyString());
            var decided = NodeEnding.Decide(target, null, command, parts.Handles, now);
            if (!decided.IsOk)
            {
                return Reply.Refuse(decided.Rejection);
            }

            var logged = await parts.Client.AppendAsync(parts.NextId(now), command.By, now, [decided.Value!], hold: command.IsHeld ? IndexHold.Share : IndexHold.None);
            return logged.IsOk ? Reply.Of(logged.Value) : Reply.Refuse(logged.Rejection);
        }

        if (row.State.Tenant != tenant)
        {
            return Reply.Refuse(Missing);
        }

        if (Names.CheckText("reason", command.Reason) is { } bad)
        {
            return Reply.Refuse(bad);
        }

        var revoked = SessionEnd.Revocation(row.State, command.Mode, command.Reason ?? command.Mode, command.Request);
        FabricEvent[] events = row.State.IsLive
            ? [revoked, new SessionEnded(row.State.Id, row.State.Tenant, SessionStatus.Revoked, revoked.Reason)]
            : [revoked];
        return (await ChangeAsync(command.By, now, null, command.IsHeld ? IndexHold.Share : IndexHold.None, events)).Reply;
    }

    public async Task SettleAsync()
    {
        var now = parts.Now;
        if (_row?.State is not { IsLive: true } state)
        {
            return;
        }

        var ended = state.ExpiresAt <= parts.SweepMoment
            ? new SessionEnded(state.Id, state.Tenant, SessionStatus.Expired, state.Status == SessionStatus.Requested ? "approval ran out" : "expired")
            : state.CheckLineage(parts.Relay.Index, now) is { Dead: true, Locked: false } verdict
                ? new SessionEnded(state.Id, state.Tenant, SessionStatus.Revoked, verdict.DenialCode!)
                : null;
        if (ended is not null)
        {
            await ChangeAsync("operator:fabric", now, null, ended);
        }
    }

    public Task RefusedAsync(string by, string command, string code) => _row is null
        ? Task.CompletedTask
        : audit.RejectedAsync(_row.State.Tenant, SubjectOf(_row.State), by, command, code);

    // Everything above a session changes on other silos: what the caller's silo had applied is waited for, then it decides.
    private async Task<Rejection?> RefusalAsync(long sequence)
    {
        try
        {
            await parts.Relay.WaitAsync(sequence).WaitAsync(CatchUpPatience);
        }
        catch (TimeoutException)
        {
            return new Rejection(Codes.StorageUnavailable, "cluster", "this silo is behind the feed: nothing is issued until it is not");
        }

        return parts.Refusal;
    }

    // Decided on a copy: what the log did not take has not happened.
    private Task<SessionReply> ChangeAsync(string by, Instant now, Clamp? clamp, params FabricEvent[] events) => ChangeAsync(by, now, clamp, IndexHold.None, events);

    private async Task<SessionReply> ChangeAsync(string by, Instant now, Clamp? clamp, IndexHold hold, params FabricEvent[] events)
    {
        var next = SessionRow.Read(_row!.Write(), _row.State.CredentialsIssued, _row.State.LastCredential);
        var wasLive = next.State.IsLive;
        foreach (var e in events)
        {
            switch (e)
            {
                case SessionApproved approved: next.State.Apply(approved); break;
                case SessionEnded ended: next.State.Apply(ended, now); break;
            }
        }

        var changes = Array.Exists(events, e => e is SessionApproved or SessionEnded);
        var logged = await parts.Client.AppendAsync(new LogEntry(
            parts.NextId(now), now.UnixMs, by, EventList.Write(events), Subject: SubjectOf(next.State), Session: changes ? next.Write() : null,
            SessionVersion: _version, Hold: hold));
        if (!logged.IsOk)
        {
            DeactivateOnIdle();
            return SessionReply.Refuse(logged.Rejection);
        }

        _row = next;
        if (changes)
        {
            _version++;
        }

        if (wasLive && !next.State.IsLive)
        {
            await GrainFactory.GetGrain<ITenantGrain>(next.State.Tenant).SessionEndsAsync();
        }

        return Answer(Reply.Of(logged.Value), clamp);
    }

    private SessionReply Answer(Reply reply, Clamp? clamp) => new(
        reply, _row!.Write(), _row.State.CredentialsIssued, (long)(clamp?.Requested.TotalMilliseconds ?? 0), (long)(clamp?.Granted.TotalMilliseconds ?? 0),
        clamp?.LimitedBy);

    private static LogSubject SubjectOf(SessionState state) => new(state.Id, state.UserName, state.Agent, state.Purpose, state.Parent);

    // The chain of agents, the acting one first (RFC 8693 section 4.1); empty when nothing was delegated.
    private static List<TokenActor> ActorsOf(SessionRow row) => row.Chain.Count == 0
        ? []
        : [new TokenActor(row.State.Tenant, row.State.Agent), .. row.Chain.Select(link => new TokenActor(link.Tenant, link.Agent))];

    private static TimeSpan? Span(long? milliseconds) => milliseconds is { } value ? TimeSpan.FromMilliseconds(value) : null;

    private static ScopeSet Scopes(byte[] bytes) => ScopeSet.TryRead(bytes, out _) ?? throw new InvalidRecordException("a scope set is not readable");

    private IssuedBatch Take(IssuedBatch issued)
    {
        _row!.State.Apply(issued.Event);
        parts.Relay.Issued(issued.Event.ExpiresAt);
        parts.Meter?.Issued(issued.Event.Ids.Count);
        return issued;
    }
}
