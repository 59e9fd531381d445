using Fabric.Contracts.Common;
using Fabric.Contracts.Revocations;
using Fabric.Core.Common;
using Fabric.Core.Journal;
using Fabric.Core.Lineages;
using Fabric.Core.Nodes;
using Fabric.Engine;
using Fabric.Engine.Feed;
using Fabric.Engine.Wire;
using Fabric.Grains.Feed;
using Fabric.Grains.Storage;
using Fabric.Grains.Wire;

namespace Fabric.Grains.Operations;

internal sealed partial class ClusterFabric
{
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(50);

    // Until when a verifier that holds no lease may accept a token.
    private DateTimeOffset? UnleasedUntil => Relay.LatestExpiry > Now ? Relay.LatestExpiry.ToDateTimeOffset() : null;

    public async ValueTask<Outcome<Receipt>> GetReceiptAsync(ulong revision, string wait = "accepted", int timeoutMs = 0, CancellationToken cancellation = default)
    {
        if ((Refuse(Readers | Role.EnforcementPoint | Role.Agent, caller.Tenant) ?? CheckWait(wait, timeoutMs)) is { } bad)
        {
            return bad;
        }

        return revision == 0 || revision > Revision
            ? new Rejection(Codes.NotFound, revision.ToString(), "no change has this revision")
            : await ReceiptAsync(revision, null, wait, timeoutMs, cancellation, names: caller.Role != Role.Agent).ConfigureAwait(false);
    }

    public async ValueTask<Outcome<Receipt>> LockAsync(LockRequest request, CancellationToken cancellation = default)
    {
        var node = NodeWire.Read(request.Node);
        if ((node.Rejection ?? CheckWait(request.Wait, request.TimeoutMs) ?? CheckLockable(node.Value)) is { } bad)
        {
            return bad;
        }

        if (Refuse(Admins, node.Value.Tenant, node.Value.Id) is { } refused)
        {
            return refused;
        }

        if (request.Until is not null == request.Seconds is not null)
        {
            return new Rejection(Codes.InvalidField, "until", "a lock has either `until` or `seconds`");
        }

        if (!IsOfDirectory(node.Value) && !await IsLiveSessionAsync(node.Value).ConfigureAwait(false))
        {
            return Missing(node.Value.Id);
        }

        return await ChangeLockAsync(node.Value, Decide, request.Wait, request.TimeoutMs, cancellation).ConfigureAwait(false);

        Outcome<FabricEvent> Decide(NodeStanding? standing, LockState? known, Instant now)
        {
            if (known is null && caller.Role != Role.Operator && CountLimits.Refuse(
                Directory.Locks.Values.Count(item => item.Node.Tenant == node.Value.Tenant), Counts.Locks, node.Value.Tenant, "locks in the tenant") is { } full)
            {
                return full;
            }

            var until = request.Until is { } moment ? Instant.From(moment) : now + InfoWire.Seconds(request.Seconds)!.Value;
            var decided = NodeDecider.Lock(standing, known, new LockNode(node.Value, Parts.Handles.Of(node.Value), until, request.Reason), caller.Name, now);
            return decided.IsOk ? decided.Value : decided.Rejection;
        }
    }

    public async ValueTask<Outcome<Receipt>> UnlockAsync(UnlockRequest request, CancellationToken cancellation = default)
    {
        var node = NodeWire.Read(request.Node);
        if ((node.Rejection ?? Refuse(Admins, node.Value.Tenant, node.Value.Id)) is { } refused)
        {
            return refused;
        }

        return await ChangeLockAsync(node.Value, Decide, "accepted", 0, cancellation).ConfigureAwait(false);

        Outcome<FabricEvent> Decide(NodeStanding? standing, LockState? known, Instant now)
        {
            var decided = NodeDecider.Unlock(known, node.Value, request.Reason, caller.Name, now);
            return decided.IsOk ? decided.Value : decided.Rejection;
        }
    }

    // A lock has an owner in the order, like any entity: of two that were decided on the same state one goes on, and the other decides again. Else a tenant's lock,
    // decided before this silo heard of an operator's, would take its place.
    private async ValueTask<Outcome<Receipt>> ChangeLockAsync(
        NodeRef node, Func<NodeStanding?, LockState?, Instant, Outcome<FabricEvent>> decide, string wait, int timeoutMs, CancellationToken cancellation)
    {
        var handle = Parts.Handles.Of(node);
        var owner = $"lock/{handle}";
        var held = caller.Tenant == node.Tenant && !IsOfDirectory(node) ? IndexHold.Share : IndexHold.None;
        var accepted = Now;
        var ordered = await OrderAsync(owner, caller.Name, DecideOnCopy).ConfigureAwait(false);
        return ordered.IsOk ? await ReceiptAsync(ordered.Value, accepted, wait, timeoutMs, cancellation).ConfigureAwait(false) : ordered.Rejection;

        Outcome<Decided> DecideOnCopy(bool _)
        {
            lock (Directory.Gate)
            {
                accepted = Now;
                var decided = decide(Directory.Standing_NeedsLock(node), Directory.Locks.GetValueOrDefault(handle), accepted);
                return decided.IsOk ? new Decided(decided.Value, accepted, Directory.VersionOf_NeedsLock(owner), held) : decided.Rejection;
            }
        }
    }

    private bool IsOfDirectory(NodeRef node)
    {
        lock (Directory.Gate)
        {
            return Directory.Standing_NeedsLock(node) is not null;
        }
    }

    public ValueTask<Outcome<Page<LockInfo>>> ListLocksAsync(string tenant, PageQuery query, CancellationToken cancellation = default)
    {
        if ((Refuse(Readers, tenant) ?? CheckPage(query)) is { } refused)
        {
            return new(refused);
        }

        lock (Directory.Gate)
        {
            var now = Now;
            var locks = Directory.Locks.Values.Where(item => item.Node.Tenant == tenant && item.Until > now)
                .Select(item => (Name: item.Handle.ToString(), Lock: item))
                .Where(item => query.Cursor is null || string.CompareOrdinal(item.Name, query.Cursor) > 0)
                .OrderBy(item => item.Name, StringComparer.Ordinal).Take(query.Limit + 1).ToList();
            var next = locks.Count > query.Limit ? locks[query.Limit - 1].Name : null;
            return new(new Page<LockInfo>(
                [.. locks.Take(query.Limit).Select(item => new LockInfo(
                    NodeWire.Write(item.Lock.Node), item.Lock.Until.ToDateTimeOffset(), item.Lock.Reason, item.Lock.By, item.Lock.LockedAt.ToDateTimeOffset()))],
                next));
        }
    }

    private async ValueTask<bool> IsLiveSessionAsync(NodeRef node) => node.Kind == NodeKind.Session
        && await ReadAsync(Names.ParseId(node.Id)!.Value).ConfigureAwait(false) is { IsOk: true } found
        && found.Value.State.IsLive && found.Value.State.Tenant == node.Tenant;

    private async ValueTask<Outcome<Receipt>> ReceiptAsync(Reply reply, Instant acceptedAt, string wait, int timeoutMs, CancellationToken cancellation) =>
        await ReceiptAsync(await RevisionOfAsync(reply).ConfigureAwait(false), acceptedAt, wait, timeoutMs, cancellation).ConfigureAwait(false);

    // INVARIANT R1: nothing had to change, so what holds now is asked for (R5); and that is the order's newest revision, not the one that this silo has come to: what made the change
    // unnecessary may be on its way here.
    private async ValueTask<ulong> RevisionOfAsync(Reply reply)
    {
        if (reply.Sequence != 0)
        {
            return reply.Revision;
        }

        var (sequence, revision) = await Parts.Log.HeadAsync().ConfigureAwait(false);
        await AppliedAsync(sequence).ConfigureAwait(false);
        return revision;
    }

    // INVARIANT R1: `confirmed` is the feed log's word over all silos, never this silo's over its own enforcement points.
    private async ValueTask<Outcome<Receipt>> ReceiptAsync(
        ulong revision, Instant? acceptedAt, string wait, int timeoutMs, CancellationToken cancellation, bool names = false)
    {
        var (waits, started) = (wait == "confirmed", Parts.Time.GetTimestamp());
        ConfirmAnswer? answer = null;
        for (var left = timeoutMs; answer is null;)
        {
            try
            {
                // In pieces shorter than a call may take, so that a feed log that has moved is found again.
                var (piece, began) = (waits ? Math.Min(left, 1_000) : 0, Parts.Time.GetTimestamp());
                var asked = await Grains.GetGrain<IFeedLogGrain>(LogTables.Partition).ConfirmAsync(revision, piece, waits || names).WaitAsync(
                    TimeSpan.FromMilliseconds(piece) + RelayTerms.CallPatience, Parts.Time, cancellation).ConfigureAwait(false);
                left = timeoutMs - (int)Parts.Time.GetElapsedTime(started).TotalMilliseconds;
                answer = asked is { ReadClosed: true, WriteClosed: true, DestructiveClosed: true } || !waits || left <= 0 ? asked : null;
                if (answer is null && Parts.Time.GetElapsedTime(began) < Pause)
                {
                    // More wait there than it keeps: it answered at once.
                    await Task.Delay(Pause, Parts.Time, cancellation).ConfigureAwait(false);
                }
            }
            catch (Exception error) when (IsTransient(error) || (error is OperationCanceledException && !cancellation.IsCancellationRequested))
            {
                left = timeoutMs - (int)Parts.Time.GetElapsedTime(started).TotalMilliseconds;
                if (!waits || left <= 0)
                {
                    answer = new ConfirmAnswer(false, false, false, [], []);
                }
                else
                {
                    await Task.Delay(Pause, Parts.Time, cancellation).ConfigureAwait(false);
                }
            }
        }

        // INVARIANT T1: a tenant is told how many other enforcement points there are to wait for, not whose they are.
        var receipt = ReceiptOf(revision, answer, acceptedAt, waits, started);
        return caller.Tenant is { } tenant ? ReceiptView.For(receipt, tenant) : receipt;
    }

    private Receipt ReceiptOf(ulong revision, ConfirmAnswer answer, Instant? acceptedAt, bool waits, long started)
    {
        var local = Relay.Hub.Status(revision);
        var confirmed = answer is { ReadClosed: true, WriteClosed: true, DestructiveClosed: true };
        if (confirmed && waits)
        {
            Parts.Meter?.Confirmed(Parts.Time.GetElapsedTime(started));
        }

        return local with
        {
            State = confirmed ? "confirmed" : waits ? "partial" : "accepted",
            Durable = true,
            AcceptedAt = acceptedAt?.ToDateTimeOffset() ?? local.AcceptedAt,
            ConfirmedAfterMs = confirmed && waits ? Parts.Time.GetElapsedTime(started).TotalMilliseconds : null,
            Closed = new ClosedClasses(answer.DestructiveClosed, answer.WriteClosed, answer.ReadClosed),
            Acknowledged = answer.Silos.Length == 0 ? local.Acknowledged : [.. answer.Silos.SelectMany(silo => silo.Acknowledged).Distinct(StringComparer.Ordinal)],
            RanOut = answer.Silos.Length == 0 ? local.RanOut : [.. answer.Silos.SelectMany(silo => silo.RanOut).Distinct(StringComparer.Ordinal)],
            Waiting = confirmed ? [] : Waiting(answer),
            InFlight = [.. answer.Silos.SelectMany(silo => silo.InFlight.Zip(silo.Calls, (edge, calls) => new InFlightCalls(edge, calls)))],
            UnleasedUntil = UnleasedUntil,
        };
    }

    private static IReadOnlyList<WaitingEdge> Waiting(ConfirmAnswer answer) =>
    [
        .. answer.Silos.SelectMany(silo => silo.Waiting).Select(edge => new WaitingEdge(edge.Name, edge.Applied, edge.RunsOutInMs)),
        .. answer.Waiting.Select(silo => new WaitingEdge($"silo:{silo.Name}", silo.Applied, silo.RunsOutInMs)),
    ];
}
