using Fabric.Core.Leases;
using Fabric.Grains.Storage;
using Fabric.Grains.Wire;
using Microsoft.Extensions.Logging;
using Orleans.Concurrency;

namespace Fabric.Grains.Feed;

/// <summary>
/// The order: takes entries in batches, gives them their places, writes each batch in one commit, and tells the relays. One batch at a time; what comes meanwhile
/// is the next one. Whatever it is not sure of ends the activation: the next one reads the database.
/// </summary>
[Reentrant, KeepAlive]
internal sealed partial class FeedLogGrain(ClusterParts parts, RelayPeers peers, ILogger<FeedLogGrain> logger) : Grain, IFeedLogGrain
{
    // Entries of one commit, and entries that wait (B1).
    // By bytes, some 16,000 revoked credentials: a commit that takes longer holds every tenant up (R5).
    private const int BatchMax = 1_000;
    private const int BatchBytesMax = 256 << 10;
    private const int WaitingMax = 100_000;

    // Kept free in the index: silos sweep each at its own pace, and none can follow an order that its index has no room for.
    internal const int RecordsReserve = 400_000;

    private readonly Queue<Waiting> _queue = new();
    private readonly LogTail _tail = new();
    private readonly RelayTable _relays = new(RelayTerms.Lease, RelayTerms.Ownership);
    private readonly IOrderStore _tables = parts.Log;
    private readonly LogShares _shares = new(parts.Options.Counts.Index, () => parts.Directory.TenantCount, () => parts.SweepMoment);
    private long _term;
    private long _sequence;
    private ulong _revision;
    private long _latestExpiryMs;
    private TimeSpan _ownedAt;
    private bool _isWriting;
    private bool _isLost;

    private TimeSpan Now => parts.Relay.Now;

    // Counted from before the database was asked: the answer may have been long on its way.
    private bool MayGrant => !_isLost && Now - _ownedAt <= RelayTerms.Ownership;

    public override Task OnActivateAsync(CancellationToken cancellationToken) => StorageFaults.TellAsync(() => TakeOverAsync(cancellationToken));

    private async Task TakeOverAsync(CancellationToken cancellationToken)
    {
        if (parts.Broken is not null)
        {
            // A silo that cannot follow the order cannot go on with it: another one is found.
            throw new FeedLogLostException("this silo cannot follow the feed");
        }

        var asked = Now;
        _term = await _tables.TakeOwnershipAsync(parts.SiloName, cancellationToken);
        (_sequence, _revision) = await _tables.HeadAsync(cancellationToken);
        if (parts.Relay.Sequence > _sequence)
        {
            parts.Broken = RelayService.WentBack(parts.Relay.Sequence, _sequence);
            throw new FeedLogLostException(parts.Broken);
        }

        _latestExpiryMs = await _tables.LatestExpiryAsync();
        await _tables.ReadSharesAsync(_shares, cancellationToken);
        await parts.Relay.CatchUpAsync(_sequence, cancellationToken);
        _ownedAt = asked;
        _tail.StartAfter(_sequence);

        // INVARIANT R1: the owner before may have granted leases until a moment ago, and this one does not know to whom.
        NoteBounds();
        _relays.StartedAnew(_revision, Now);
        this.RegisterGrainTimer(_ => WatchAsync(), new GrainTimerCreationOptions(RelayTerms.Ownership / 4, RelayTerms.Ownership / 4) { Interleave = true });
        parts.OwnsFeed = true;
        FeedLogLog.Owned(logger, _term, _sequence, _revision);
    }

    public override Task OnDeactivateAsync(DeactivationReason reason, CancellationToken cancellationToken)
    {
        Lose("the activation has ended");
        return Task.CompletedTask;
    }

    public async Task<LogAnswer[]> AppendAsync(LogEntry[] entries)
    {
        if (_isLost || _queue.Count + entries.Length > WaitingMax)
        {
            throw new FeedLogLostException(_isLost ? "the feed log is moving" : "too many commands wait for storage");
        }

        var waiting = Array.ConvertAll(entries, entry => new Waiting(entry));
        foreach (var one in waiting)
        {
            _queue.Enqueue(one);
        }

        if (!_isWriting)
        {
            _ = WriteAsync();
        }

        return await Task.WhenAll(waiting.Select(one => one.Answer.Task));
    }

    public async Task<FollowAnswer> FollowAsync(FollowRequest request)
    {
        if (_isLost)
        {
            throw new FeedLogLostException("the feed log is moving");
        }

        if (request.AfterSequence > _sequence)
        {
            return await AheadAsync(request.AfterSequence);
        }

        // Arrival and head at one moment, before anything is waited for.
        var granted = _relays.Renew(request.Relay, request.Name, request.Renewal, request.Report.Applied, FloorsOf(request.Report), MayGrant, Now);
        Settle();
        if (request.AfterSequence >= _sequence && request.WaitMs > 0)
        {
            await _tail.WaitAsync(TimeSpan.FromMilliseconds(request.WaitMs));
        }

        return new FollowAnswer(_tail.TryRead(request.AfterSequence), _sequence, _revision, granted, _latestExpiryMs);
    }

    public Task ReportAsync(UInt128 relay, RelayReport report)
    {
        _relays.Report(relay, report.Applied, FloorsOf(report), Now);
        Settle();
        return Task.CompletedTask;
    }

    public Task LeaveAsync(UInt128 relay)
    {
        _relays.Leave(relay, Now);
        Settle();
        return Task.CompletedTask;
    }

    // INVARIANT R1: a silo that has applied what the database has not: commits were lost. It gets no lease: new revocations would come at positions that it takes for known. One that has
    // just started may have read a commit whose end is not known here yet.
    private async Task<FollowAnswer> AheadAsync(long applied)
    {
        var (head, revision) = await _tables.HeadAsync();
        return head >= applied ? throw new FeedLogLostException("a commit is under way") : new FollowAnswer([], head, revision, 0, _latestExpiryMs);
    }

    private static ClosedFloors FloorsOf(RelayReport report) => new(report.ReadClosed, report.WriteClosed, report.DestructiveClosed);

    private async Task WriteAsync()
    {
        _isWriting = true;
        try
        {
            while (_queue.Count > 0 && !_isLost)
            {
                var batch = new List<Waiting>();
                for (var bytes = 0; batch.Count < BatchMax && bytes < BatchBytesMax && _queue.TryDequeue(out var one); bytes += one.Entry.Events.Length)
                {
                    batch.Add(one);
                }

                try
                {
                    await WriteAsync(batch);
                }
#pragma warning disable CA1031 // whatever it was, nobody knows what became of the batch: the next activation finds out
                catch (Exception error)
#pragma warning restore CA1031
                {
                    FeedLogLog.WriteFailed(logger, error);
                    Fail(batch, "storage did not take the change");
                    Lose("a write failed");
                }
            }
        }
        finally
        {
            _isWriting = false;
        }
    }

    private async Task WriteAsync(List<Waiting> batch)
    {
        AnswerTwins(batch);
        await AnswerKnownAsync(batch);
        var composer = new LogComposer(parts.Relay.Index, parts.Handles, VersionOf, _shares, _sequence, _revision);
        var (taken, composed) = (new List<Waiting>(), new List<ComposedEntry>());
        foreach (var one in batch.Where(one => !one.Answer.Task.IsCompleted))
        {
            if (composer.TryCompose(one.Entry, out var refusal) is { } entry)
            {
                taken.Add(one);
                composed.Add(entry);
            }
            else
            {
                one.Answer.TrySetResult(refusal);
            }
        }

        if (composed.Count == 0)
        {
            return;
        }

        var asked = Now;
        var outcome = await _tables.WriteAsync(_term, composed);
        switch (outcome)
        {
            case CommitOutcome.Committed:
                _ownedAt = asked > _ownedAt ? asked : _ownedAt;
                Committed(taken, composed);
                break;
            case CommitOutcome.Conflict when taken.Count > 1:
                // Which one it is shows by halves: the others share a commit with as many as they can.
                composed.ForEach(_shares.TakeBack);
                await WriteAsync(taken[..(taken.Count / 2)]);
                await WriteAsync(taken[(taken.Count / 2)..]);
                break;
            case CommitOutcome.Conflict when taken[0].Entry.Resend || (await _tables.FindAsync([taken[0].Entry.Id])).Count == 0:
                composed.ForEach(_shares.TakeBack);
                taken[0].Answer.TrySetResult(new LogAnswer(0, 0, Conflict: true));
                break;
            case CommitOutcome.Conflict:
                composed.ForEach(_shares.TakeBack);
                await WriteAsync([taken[0].Again()]);
                break;
            default:
                Fail(taken, "the feed log is moving");
                Lose("another owner has taken over");
                break;
        }
    }

    // One that was sent again while its first sending still waited: both get the one answer.
    private static void AnswerTwins(List<Waiting> batch)
    {
        if (!batch.Exists(one => one.Entry.Resend))
        {
            return;
        }

        var first = new Dictionary<UInt128, Waiting>();
        batch.RemoveAll(one =>
        {
            if (first.TryAdd(one.Entry.Id, one))
            {
                return false;
            }

            first[one.Entry.Id].Twin(one);
            return true;
        });
    }

    // What was sent again may have been logged the first time.
    private async Task AnswerKnownAsync(List<Waiting> batch)
    {
        if (batch.Exists(one => one.Entry.Resend))
        {
            var known = await _tables.FindAsync(batch.Where(one => one.Entry.Resend).Select(one => one.Entry.Id));
            foreach (var one in batch)
            {
                if (known.TryGetValue(one.Entry.Id, out var answer))
                {
                    one.Answer.TrySetResult(answer);
                }
            }
        }
    }

    private void Committed(List<Waiting> taken, List<ComposedEntry> composed)
    {
        var (after, head) = (_sequence, composed[^1]);

        // INVARIANT R1: open before anybody is told: a renewal that arrives from now on is held against these positions.
        (_sequence, _revision) = (head.Row.Sequence, head.Revision);
        _relays.Opened(_revision);
        var rows = composed.ConvertAll(entry => entry.Row).FindAll(row => row.Ops.Length > 0 || row.Directory.Length > 0);
        _tail.Append(rows, after, _sequence);
        foreach (var (_, _, expiresMs) in composed.SelectMany(entry => entry.Credentials))
        {
            _latestExpiryMs = Math.Max(_latestExpiryMs, expiresMs);
        }

        // This silo's relay at once: the next batch is composed on its index.
        if (!parts.Relay.Apply(rows, after, _sequence))
        {
            throw new FeedLogLostException("the relay of this silo is behind the feed log");
        }

        if (rows.Exists(row => row.Directory.Length > 0))
        {
            NoteBounds();
        }

        for (var i = 0; i < taken.Count; i++)
        {
            taken[i].Answer.TrySetResult(new LogAnswer(composed[i].Row.Sequence, composed[i].Revision));
        }

        Settle();
        Announce();
    }

    private long VersionOf(string owner)
    {
        lock (parts.Directory.Gate)
        {
            return parts.Directory.VersionOf_NeedsLock(owner);
        }
    }

    // INVARIANT R1: no silo knows of a key with a longer bound before this has run: it is told of the commit by what follows.
    private void NoteBounds() => _relays.Longest = ClassBounds.Default with { Read = parts.Directory.LongestReadBound(parts.SweepMoment) };

    private async Task WatchAsync()
    {
        NoteBounds();
        Settle();
        var asked = Now;
        try
        {
            if (!await _tables.OwnsAsync(_term))
            {
                Lose("another owner has taken over");
            }
            else if (!_isLost)
            {
                _ownedAt = asked > _ownedAt ? asked : _ownedAt;
            }
        }
#pragma warning disable CA1031 // the database does not answer: no lease is granted any more, and those that are out run out
        catch (Exception error)
#pragma warning restore CA1031
        {
            FeedLogLog.OwnershipUnknown(logger, error);
            if (Now - _ownedAt > RelayTerms.Lease)
            {
                // Every lease has run out by now. It may be this silo alone that does not reach the database: another one tries.
                Lose("the database has not answered for as long as a lease lasts");
            }
        }
    }

    private void Lose(string why)
    {
        if (_isLost)
        {
            return;
        }

        (_isLost, parts.OwnsFeed) = (true, false);
        FeedLogLog.Lost(logger, _term, why);
        while (_queue.TryDequeue(out var one))
        {
            one.Answer.TrySetException(new FeedLogLostException(why));
        }

        _tail.Wake();
        FailConfirms(why);
        DeactivateOnIdle();
    }

    private static void Fail(List<Waiting> batch, string why)
    {
        foreach (var one in batch)
        {
            one.Answer.TrySetException(new FeedLogLostException(why));
        }
    }

    private sealed class Waiting(LogEntry entry)
    {
        internal LogEntry Entry { get; private init; } = entry;

        internal TaskCompletionSource<LogAnswer> Answer { get; private init; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        internal void Twin(Waiting other) => _ = Answer.Task.ContinueWith(
            done =>
            {
                if (done.IsCompletedSuccessfully)
                {
                    other.Answer.TrySetResult(done.Result);
                }
                else
                {
                    other.Answer.TrySetException(new FeedLogLostException("storage did not take the change"));
                }
            },
            CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);

        internal Waiting Again() => new(Entry with { Resend = true }) { Answer = Answer };
    }
}
