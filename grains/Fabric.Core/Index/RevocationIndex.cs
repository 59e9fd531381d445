using System.Diagnostics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Fabric.Core.Common;
using Fabric.Core.Lineages;

namespace Fabric.Core.Index;

/// <summary>
/// Every revocation and lock that can still matter, by handle, in memory. Lookups take constant time, from any thread, and never wait
/// for a writer's table growth. One writer at a time: callers serialise <see cref="Apply"/>, <see cref="ApplyBatch"/>,
/// <see cref="AdvanceTo"/> and <see cref="Sweep"/> (asserted in debug builds). At most <see cref="RecordsMax"/> records (B1), at most
/// 48 bytes each once there are a million.
/// </summary>
/// <remarks>
/// A check that allows must hold at one moment. In this order: read <see cref="Version"/>; use a verdict of that version or look the lineage
/// up; read the monotonic clock and ask the lease; read <see cref="Version"/> again, and start over when it moved. A thread that was stopped
/// anywhere in between then denies or asks again, rather than allow from an old view (R1, R2).
/// </remarks>
public sealed class RevocationIndex
{
    /// <summary>The most records an index holds (B1).</summary>
    public const int RecordsMax = Limits.IndexRecordsMax;

    private const int ShardBits = 11;
    private const int ShardShift = 64 - ShardBits;

    private readonly IndexShard[] _shards = new IndexShard[1 << ShardBits];
    private readonly HandleHash _hash;
    private readonly int _recordsMax;
    private Written _written;
    private int _sweepShard;
    private int _sweepGroup;

    /// <summary>An empty index.</summary>
    /// <param name="seed">Random, secret and of this process alone: nobody can choose handles that collide.</param>
    /// <param name="version">The first <see cref="Version"/>: an index that replaces another starts past it, so that old verdicts end.</param>
    /// <param name="recordsMax">The most records, 1 to <see cref="RecordsMax"/>.</param>
    public RevocationIndex(UInt128 seed, long version = 0, int recordsMax = RecordsMax)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(recordsMax, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(recordsMax, RecordsMax);
        _hash = new HandleHash(seed);
        _recordsMax = recordsMax;
        _written.Version = version;
        for (var i = 0; i < _shards.Length; i++)
        {
            // Multiples of the golden ratio: neighbours and all stretches of shards are spread evenly.
            _shards[i] = new IndexShard((float)(i * 0.6180339887498949 % 1));
        }
    }

    /// <summary>
    /// Moves after every change that can turn an answer, before <see cref="Revision"/> does. A verdict holds while this stands still.
    /// </summary>
    public long Version => Volatile.Read(ref _written.Version);

    /// <summary>The feed position up to which everything is applied: whoever reads it finds all of that by lookup.</summary>
    public ulong Revision => Volatile.Read(ref _written.Revision);

    /// <summary>Records held.</summary>
    public int Count => Volatile.Read(ref _written.Count);

    /// <summary>How many more records there is room for.</summary>
    public int Room => _recordsMax - Count;

    /// <summary>Bytes held, free slots and array headers included.</summary>
    public long Bytes
    {
        get
        {
            var bytes = (long)_shards.Length * Unsafe.SizeOf<IndexShard>();
            foreach (ref readonly var shard in _shards.AsSpan())
            {
                bytes += shard.Bytes;
            }

            return bytes;
        }
    }

    /// <summary>How many parts <see cref="CopyShard"/> takes.</summary>
    public int ShardCount => _shards.Length;

    /// <summary>
    /// Applies one record of the feed. Idempotent; the generation floor and the drop moment never go down, the lock is the newest record's.
    /// False, and nothing applied, when the record is new and the index is full (B1): the revision stays, so that no lease is renewed over it.
    /// </summary>
    public bool Apply(in IndexRecord record, ulong revision)
    {
        EnterWriter();
        var fits = Put(record);
        if (fits)
        {
            Advance(revision);
        }

        ExitWriter();
        return fits;
    }

    /// <summary>
    /// Applies records in order; <paramref name="revision"/> is the last one's. Returns how many were applied: fewer than given when the
    /// index is full (B1), and then the revision stays.
    /// </summary>
    /// <remarks>
    /// Compiled whole at its first call, with what it calls for each record: a leak's million records may be the first that a process ever sees, and
    /// code on its way to be compiled well takes ten times as long for each.
    /// </remarks>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public int ApplyBatch(ReadOnlySpan<IndexRecord> records, ulong revision)
    {
        EnterWriter();
        var applied = 0;
        while (applied < records.Length && Put(records[applied]))
        {
            applied++;
        }

        if (applied == records.Length)
        {
            Advance(revision);
        }

        ExitWriter();
        return applied;
    }

    /// <summary>
    /// Denies ahead of the feed: floors and drop moments go up, locks stay as they are, and no position moves. What it says comes again, in its place, with the
    /// feed. Returns how many records were applied: fewer than given when the index is full (B1).
    /// </summary>
    // INVARIANT R1: nothing gets looser, whatever the records were made from; so they may come at any time.
    public int Tighten(ReadOnlySpan<IndexRecord> records)
    {
        EnterWriter();
        var applied = 0;
        while (applied < records.Length
            && Put(records[applied] with { LockedUntil = TryGet(records[applied].Handle, out var known) ? known.LockedUntil : default }))
        {
            applied++;
        }

        ExitWriter();
        return applied;
    }

    /// <summary>Notes that the feed was applied up to here, by something other than index records (a key change, a snapshot's end).</summary>
    public void AdvanceTo(ulong revision)
    {
        EnterWriter();
        Advance(revision);
        ExitWriter();
    }

    /// <summary>The record of a node, if there is one. Any thread.</summary>
    public bool TryGet(Handle handle, out IndexRecord record)
    {
        var hash = _hash.Of(handle);
        var found = _shards[hash >> ShardShift].TryFind(hash, handle, out var state);
        record = found ? state.ToRecord(handle) : default;
        return found;
    }

    /// <summary>
    /// Whether all nodes of a lineage live, as of one moment during the call. Any thread, no allocation. Wall-clock time matters to
    /// locks alone.
    /// </summary>
    public LineageVerdict CheckLineage(ReadOnlySpan<LineageNode> nodes, Instant now)
    {
        while (true)
        {
            var version = Version;
            var loosened = Volatile.Read(ref _written.Loosened);
            var verdict = Evaluate(nodes, now, version);

            // INVARIANT R1: nodes are looked up one after another, so "alive" may be stitched from two moments when a lock was lifted in
            // between. Nothing else makes a node less dead: with no lift, all of them lived when the call began. Dead needs no second look.
            if (verdict.Dead || Volatile.Read(ref _written.Loosened) == loosened)
            {
                return verdict;
            }
        }
    }

    /// <summary>
    /// Drops records whose time has passed (R4), going on where the last call stopped. Looks at up to <paramref name="slotsMax"/> slots
    /// (and at 16 at least). Returns how many records it dropped. No answer changes for anything unexpired, so the version stays.
    /// </summary>
    public int Sweep(Instant now, int slotsMax)
    {
        EnterWriter();
        var dropped = 0;
        for (var looked = 0L; looked == 0 || looked < slotsMax; looked += 16)
        {
            ref var shard = ref _shards[_sweepShard];
            if (_sweepGroup < shard.Groups)
            {
                dropped += shard.SweepGroup(_sweepGroup++, now);
                continue;
            }

            shard.Trim(_hash);
            (_sweepShard, _sweepGroup) = ((_sweepShard + 1) % _shards.Length, 0);
        }

        Volatile.Write(ref _written.Count, _written.Count - dropped);
        ExitWriter();
        return dropped;
    }

    /// <summary>Drops every record whose time has passed (R4), at one go: for a start, when nobody else is served. Returns how many.</summary>
    public int SweepAll(Instant now)
    {
        EnterWriter();
        var dropped = 0;
        foreach (ref var shard in _shards.AsSpan())
        {
            for (var group = 0; group < shard.Groups; group++)
            {
                dropped += shard.SweepGroup(group, now);
            }

            shard.Trim(_hash);
        }

        Volatile.Write(ref _written.Count, _written.Count - dropped);
        ExitWriter();
        return dropped;
    }

    /// <summary>
    /// Appends the records of one part, 0 to <see cref="ShardCount"/> - 1. Any thread, while the writer goes on. For a whole snapshot: read
    /// <see cref="Revision"/> first, copy every part, and follow the feed from that revision; the parts may be ahead of it, which
    /// re-applying the feed evens out.
    /// </summary>
    public void CopyShard(int shard, List<IndexRecord> destination) => _shards[shard].CopyTo(destination);

    /// <summary>The longest search among all records, in groups of 16 slots. Writer only.</summary>
    internal int LongestSearch()
    {
        var records = new List<IndexRecord>();
        var longest = 0;
        for (var i = 0; i < _shards.Length; i++)
        {
            records.Clear();
            CopyShard(i, records);
            foreach (var record in records)
            {
                _shards[i].Locate(_hash.Of(record.Handle), record.Handle, out var probes);
                longest = Math.Max(longest, probes);
            }
        }

        return longest;
    }

    private LineageVerdict Evaluate(ReadOnlySpan<LineageNode> nodes, Instant now, long version)
    {
        var verdict = new LineageVerdict(Dead: false, NodeKind.None, Locked: false, Instant.Never, version);
        foreach (ref readonly var node in nodes)
        {
            var hash = _hash.Of(node.Handle);
            if (!_shards[hash >> ShardShift].TryFind(hash, node.Handle, out var state))
            {
                continue;
            }

            if (node.Generation < state.MinGeneration)
            {
                return new LineageVerdict(Dead: true, node.Kind, Locked: false, Instant.Never, version);
            }

            if (!verdict.Dead && state.LockedUntil > now)
            {
                verdict = new LineageVerdict(Dead: true, node.Kind, Locked: true, state.LockedUntil, version);
            }
        }

        return verdict;
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private bool Put(in IndexRecord record)
    {
        var hash = _hash.Of(record.Handle);
        ref var shard = ref _shards[hash >> ShardShift];
        var at = shard.Locate(hash, record.Handle, out _);
        var before = at < 0 ? default : shard.StateAt(at);
        var after = at < 0 ? PackedState.Of(record) : before.With(record);
        if (at >= 0)
        {
            if (after.IsLooserThan(before))
            {
                // Before the record shows: a reader that saw the lock lifted also sees that one was.
                Volatile.Write(ref _written.Loosened, _written.Loosened + 1);
            }

            if (after != before)
            {
                shard.Replace(at, after);
            }
        }
        else if (_written.Count == _recordsMax)
        {
            return false;
        }
        else
        {
            shard.Add(hash, record.Handle, after, _hash);
            Volatile.Write(ref _written.Count, _written.Count + 1);
        }

        if (after.AnswersOtherThan(before))
        {
            // INVARIANT R1: after the record shows, so that no verdict from before it carries the version from after it.
            Volatile.Write(ref _written.Version, _written.Version + 1);
        }

        return true;
    }

    private void Advance(ulong revision)
    {
        Debug.Assert(revision >= _written.Revision, "the feed is ordered (R3)");
        Volatile.Write(ref _written.Revision, Math.Max(revision, _written.Revision));
    }

    [Conditional("DEBUG")]
    private void EnterWriter() => Debug.Assert(Interlocked.Exchange(ref _written.Writer, 1) == 0, "one writer at a time");

    [Conditional("DEBUG")]
    private void ExitWriter() => Volatile.Write(ref _written.Writer, 0);

    /// <summary>What the writer changes, on cache lines of its own: readers' fields would be evicted with every record otherwise.</summary>
    [StructLayout(LayoutKind.Explicit, Size = 192)]
    private struct Written
    {
        [FieldOffset(64)] public long Version;
        [FieldOffset(72)] public ulong Revision;
        [FieldOffset(80)] public long Loosened;
        [FieldOffset(88)] public int Count;
        [FieldOffset(92)] public int Writer;
    }
}
