using System.Runtime.InteropServices;
using Fabric.Core.Common;
using Fabric.Core.Index;
using Fabric.Core.Journal;
using Fabric.Core.Keys;
using Fabric.Core.Leases;
using Fabric.Engine.Feed;
using Fabric.Grains.Directory;
using Fabric.Grains.Storage;
using Fabric.Grains.Wire;

namespace Fabric.Grains.Feed;

/// <summary>
/// A silo's copy of the order: index, keys, directory and the feed that its enforcement points follow. Rows come from the feed log, in the same silo directly and
/// else with its follow calls, or from the database; whichever is first, each is applied once and in order.
/// </summary>
internal sealed class Relay : IAsyncDisposable
{
    private readonly Lock _gate = new();
    private readonly IOrderStore _log;
    private readonly TimeProvider _time;
    private readonly long _origin;
    private readonly EdgeLease _lease = new();
    private readonly SequenceWaiters _waiters = new();
    private FeedHub? _hub;
    private volatile bool _stopped;
    private long _sequence;
    private long _latestExpiryMs;

    internal Relay(IOrderStore log, FabricDirectory directory, TimeProvider time)
    {
        (_log, Directory, _time) = (log, directory, time);
        _origin = time.GetTimestamp();
    }

    internal RevocationIndex Index { get; } = new(RandomId.Next());

    internal KeyRing Keys { get; } = new();

    internal FabricDirectory Directory { get; }

    internal FeedHub Hub => _hub ?? throw new InvalidOperationException("the relay has not been opened");

    internal TimeSpan Now => _time.GetElapsedTime(_origin);

    /// <summary>Everything up to here is applied.</summary>
    internal long Sequence => Volatile.Read(ref _sequence);

    /// <summary>Until when a verifier that holds no lease may accept a token; 0: none is unexpired.</summary>
    internal Instant LatestExpiry => new(Volatile.Read(ref _latestExpiryMs));

    /// <summary>When the last granted renewal was sent, on the clock of <see cref="Now"/>; null: there is no lease.</summary>
    internal TimeSpan? LeaseMoment => _lease.Moment;

    // INVARIANT R2: the lease is as old as the sending of its renewal. Without one nothing is allowed here, lent to an edge or issued.
    internal bool HoldsLease => !_stopped && _lease.Staleness(Now) <= RelayTerms.Lease;

    internal RelayReport Report
    {
        get
        {
            var closed = Hub.Closed;
            return new RelayReport(Hub.Head, closed.Read, closed.Write, closed.Destructive);
        }
    }

    /// <summary>Reads everything from the database and opens the feed for enforcement points.</summary>
    internal async Task OpenAsync(ulong epoch, FeedHubOptions options, Instant now, Action closedMoved, CancellationToken cancellation)
    {
        var (sequence, revision) = await _log.HeadAsync(cancellation).ConfigureAwait(false);
        var rows = await _log.ReadAsync(0, sequence, cancellation).ConfigureAwait(false);
        lock (Directory.Gate)
        {
            foreach (var row in rows)
            {
                FeedOps.Read(row.Ops, records => Take(records, row.Last, now), _ => { });
                Directory.Apply_NeedsLock(row.Directory);
            }

            foreach (var key in Directory.Tenants.Values.SelectMany(tenant => tenant.Keys).Where(key => key.DropAfter > now))
            {
                if (Keys.Add(key.Key) is { } refusal)
                {
                    throw new InvalidRecordException($"the signing key `{key.Key.Kid}` cannot be taken in: {refusal}");
                }
            }
        }

        Index.AdvanceTo(revision);
        _hub = new FeedHub(
            Index, Keys, new FeedStart(epoch, revision),
            options with { HoldsLease = () => HoldsLease, ClosedMoved = closedMoved }, _time);
        _sequence = sequence;
        _hub.Open(null);
    }

    /// <summary>Takes rows in that follow the order up to <paramref name="headSequence"/>. False: some are missing between what is applied and the first of them.</summary>
    internal bool Apply(IReadOnlyList<LogRow> rows, long afterSequence, long headSequence)
    {
        lock (_gate)
        {
            if (afterSequence > _sequence)
            {
                return false;
            }

            foreach (var row in rows)
            {
                if (row.Sequence > _sequence)
                {
                    Apply_NeedsLock(row);
                    Volatile.Write(ref _sequence, row.Sequence);
                }
            }

            Volatile.Write(ref _sequence, Math.Max(_sequence, headSequence));
        }

        _waiters.Reached(Sequence);
        return true;
    }

    /// <summary>Denies ahead of the order, here and at the silo's enforcement points.</summary>
    internal void Deny(ReadOnlySpan<IndexRecord> records)
    {
        lock (_gate)
        {
            // What is kept free is the order's: no silo can go on that has no room for it, and no denial ahead of the order takes the room that revocations need.
            if (Index.Room - records.Length > 2 * FeedLogGrain.RecordsReserve)
            {
                Hub.Deny(records);
            }
        }
    }

    /// <summary>Reads up to a sequence from the database.</summary>
    internal async Task CatchUpAsync(long headSequence, CancellationToken cancellation = default)
    {
        while (Sequence < headSequence)
        {
            var after = Sequence;
            Apply(await _log.ReadAsync(after, headSequence, cancellation).ConfigureAwait(false), after, headSequence);
        }
    }

    /// <summary>Completes when everything up to a sequence is applied here.</summary>
    internal Task WaitAsync(long sequence, CancellationToken cancellation = default) => _waiters.WaitAsync(sequence, () => Sequence, cancellation);

    /// <summary>A renewal is about to be sent.</summary>
    internal void Renewing(ulong number) => _lease.Sent(number, Now);

    /// <summary>The feed log's answer to a renewal.</summary>
    internal void Renewed(ulong granted, long latestExpiryMs)
    {
        _lease.Granted(granted);
        Volatile.Write(ref _latestExpiryMs, Math.Max(latestExpiryMs, Volatile.Read(ref _latestExpiryMs)));
    }

    /// <summary>An issuance here, known before the feed log tells.</summary>
    internal void Issued(Instant expiresAt) => Volatile.Write(ref _latestExpiryMs, Math.Max(expiresAt.UnixMs, Volatile.Read(ref _latestExpiryMs)));

    /// <summary>Asks all enforcement points to hand their leases back and gives up the silo's own. True when nobody can allow anything any more.</summary>
    internal async Task<bool> StopAsync(TimeSpan patience)
    {
        var drained = _hub is null || await _hub.StopAsync(patience).ConfigureAwait(false);

        // INVARIANT R1: for good, also for a renewal that is under way: the feed log is told that this silo is out of the way.
        _stopped = true;
        return drained;
    }

    /// <summary>Drops index records that can matter no more (R4).</summary>
    internal void Sweep(Instant now, int slotsMax)
    {
        lock (_gate)
        {
            Index.Sweep(now, slotsMax);
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (_hub is not null)
        {
            await _hub.DisposeAsync().ConfigureAwait(false);
        }
    }

    // INVARIANT D1: a start that cannot take all in that was accepted does not serve.
    private void Take(List<IndexRecord> records, ulong revision, Instant now)
    {
        IndexRecords.MakeRoom(Index, records.Count, now);
        if (Index.ApplyBatch(CollectionsMarshal.AsSpan(records), revision) < records.Count)
        {
            throw new InvalidRecordException($"the revocation index holds its {RevocationIndex.RecordsMax} records, and the order has more that are not expired");
        }
    }

    // INVARIANT R3: index and feed take the same records, in the order's positions. Anything else is a bug, and must not go on.
    private void Apply_NeedsLock(LogRow row)
    {
        if (row.Ops.Length > 0 && row.First != Hub.Head + 1)
        {
            throw new InvalidRecordException($"the feed goes on at position {row.First}, and this silo stands at {Hub.Head}");
        }

        lock (Directory.Gate)
        {
            // The directory first: a signing key's operation looks its tenant up, and whoever waits for the revision finds both.
            Directory.Apply_NeedsLock(row.Directory);
            FeedOps.Read(row.Ops, records => Hub.Append(CollectionsMarshal.AsSpan(records)), AppendKey_NeedsLock);
        }

        if (row.Ops.Length > 0 && Hub.Head != row.Last)
        {
            throw new InvalidRecordException($"the feed's position {row.Last} came out as {Hub.Head}");
        }
    }

    private void AppendKey_NeedsLock(FabricEvent e)
    {
        var (tenant, kid) = e switch
        {
            SigningKeyAdded added => (added.Tenant, added.Kid),
            SigningKeyRetired retired => (retired.Tenant, retired.Kid),
            SigningKeyRevoked revoked => (revoked.Tenant, revoked.Kid),
            _ => throw new InvalidRecordException($"event `{e.Kind}` is no signing key's"),
        };
        var key = Directory.Tenant_NeedsLock(tenant)?.Keys.Find(key => key.Key.Kid == kid)?.Key
            ?? throw new InvalidRecordException($"the feed names the signing key `{kid}`, which the directory does not know");
        Hub.AppendKey(e is SigningKeyAdded ? key with { RetireAfter = Instant.Never } : key);
    }
}
