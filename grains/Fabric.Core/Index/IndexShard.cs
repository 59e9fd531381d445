using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using Fabric.Core.Common;
using Fabric.Core.Lineages;

namespace Fabric.Core.Index;

/// <summary>
/// One part of the index: an open-addressing table in one plain array, which the collector never looks into. A byte a slot (the tag)
/// stands in front, so that a miss, which nearly every lookup is, reads 16 tags at once and no slot. One writer; readers never block
/// it and retry when it wrote under them (a sequence lock: odd while the writer is inside).
/// </summary>
internal struct IndexShard
{
    private const int GroupSlots = 16;
    private const int TagWords = GroupSlots / 8;
    private const int SlotWords = 4;
    private const int GroupWords = TagWords + (GroupSlots * SlotWords);

    // 14 of 16 slots fill before the table grows by two fifths. Each shard does so at counts of its own (see the constructor), so that some are nearly
    // full while others have just grown: 45 bytes a record over all of them at any count, and no moment at which all of them grow.
    private const int GroupFill = 14;
    private const float Growth = 1.4f;

    // A search that finds its group full jumps, lest full groups make their neighbours full; in the end it walks, so that it sees all.
    private const int JumpsMax = 8;
    private const int GroupsToJump = 16;
    private const int ArrayHeaderBytes = 24;

    private const byte Empty = 0;
    private const byte Deleted = 1;
    private const byte Full = 0x80;

    private readonly float _firstSize;
    private ulong[]? _table;
    private uint _groups;
    private uint _sequence;
    private int _count;
    private int _used;

    /// <summary>An empty shard. <paramref name="stagger"/>: 0 to 1, spread evenly over an index's shards: how far into a growth step its sizes lie.</summary>
    public IndexShard(float stagger) => _firstSize = MathF.Pow(Growth, stagger);

    /// <summary>Records in the shard.</summary>
    public readonly int Count => _count;

    /// <summary>Groups of slots: the unit of a sweep.</summary>
    public readonly int Groups => (int)_groups;

    /// <summary>Bytes of the table, its array header included.</summary>
    public readonly long Bytes => _table is null ? 0 : ((long)_table.Length * sizeof(ulong)) + ArrayHeaderBytes;

    /// <summary>Looks a handle up. Any thread.</summary>
    public bool TryFind(ulong hash, Handle handle, out PackedState state)
    {
        var spin = new SpinWait();
        while (true)
        {
            if (TryEnterRead(out var sequence, out var table, out var groups))
            {
                var at = Search(table, groups, hash, handle, out _);
                state = at < 0 ? default : new PackedState(table[at + 2], table[at + 3]);
                if (IsUnchanged(sequence))
                {
                    return at >= 0;
                }
            }

            spin.SpinOnce(sleep1Threshold: -1);
        }
    }

    /// <summary>Appends every record of the shard, as of one moment. Any thread.</summary>
    public void CopyTo(List<IndexRecord> destination)
    {
        var start = destination.Count;
        var spin = new SpinWait();
        while (true)
        {
            if (TryEnterRead(out var sequence, out var table, out var groups))
            {
                for (var slot = 0; slot < groups * GroupSlots; slot++)
                {
                    if (TagAt(table, slot) >= Full)
                    {
                        var at = SlotAt(groups, slot);
                        destination.Add(new PackedState(table[at + 2], table[at + 3]).ToRecord(new Handle(table[at], table[at + 1])));
                    }
                }

                if (IsUnchanged(sequence))
                {
                    return;
                }

                destination.RemoveRange(start, destination.Count - start);
            }

            spin.SpinOnce(sleep1Threshold: -1);
        }
    }

    /// <summary>Where a handle's slot is, or -1; and how many groups it took to know. Writer only.</summary>
    public readonly int Locate(ulong hash, Handle handle, out int probes) =>
        Search(_table ?? [], _groups, hash, handle, out probes);

    /// <summary>What stands at a place that <see cref="Locate"/> gave. Writer only.</summary>
    public readonly PackedState StateAt(int at) => new(_table![at + 2], _table[at + 3]);

    /// <summary>Replaces what stands at a place that <see cref="Locate"/> gave. Writer only.</summary>
    public void Replace(int at, PackedState state)
    {
        EnterWrite();
        _table![at + 2] = state.LockWord;
        _table[at + 3] = state.DropWord;
        ExitWrite();
    }

    /// <summary>Adds a handle that is not there. Writer only. <paramref name="rehash"/> is the index's hash, asked when the table grows.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public void Add(ulong hash, Handle handle, PackedState state, HandleHash rehash)
    {
        if (_used + 1 > _groups * GroupFill)
        {
            Rebuild(_count + 1, rehash);
        }

        var table = _table!;
        EnterWrite();
        if (Insert(table, _groups, hash, handle, state) == Empty)
        {
            _used++;
        }

        ExitWrite();
        _count++;
    }

    /// <summary>Drops what may go from one group and returns how many records that was. Writer only.</summary>
    public int SweepGroup(int group, Instant now)
    {
        var table = _table!;
        var dropped = 0;
        for (var slot = group * GroupSlots; slot < (group + 1) * GroupSlots; slot++)
        {
            if (TagAt(table, slot) < Full)
            {
                continue;
            }

            // INVARIANT R4: not before DropAfter has passed; and a lock that is still on keeps its record whatever DropAfter says.
            var state = StateAt(SlotAt(_groups, slot));
            if (state.DropAfter < now && state.LockedUntil <= now)
            {
                Remove(table, group, slot);
                dropped++;
            }
        }

        return dropped;
    }

    /// <summary>Gives memory back when more than half of the slots stand empty. Writer only.</summary>
    public void Trim(HandleHash rehash)
    {
        if (_groups > 0 && _count * 2 < _groups * GroupSlots && GroupsFor(_count) < _groups)
        {
            Rebuild(_count, rehash);
        }
    }

    private readonly uint GroupsFor(int count)
    {
        var needed = (uint)((count + GroupFill - 1) / GroupFill);
        var size = _firstSize;
        while ((uint)size < needed)
        {
            size *= Growth;
        }

        return count == 0 ? 0 : (uint)size;
    }

    private static byte TagOf(ulong hash) => (byte)(Full | (hash & 0x7F));

    private static uint FirstGroup(ulong hash, uint groups) => (uint)(((hash >> 7 & uint.MaxValue) * groups) >> 32);

    private static uint Next(ref ulong hash, uint group, uint groups, int probes)
    {
        hash *= 0x9E3779B97F4A7C15;
        return probes < JumpsMax && groups >= GroupsToJump ? FirstGroup(hash, groups) : (group + 1) % groups;
    }

    private static int SlotAt(uint groups, int slot) => ((int)groups * TagWords) + (slot * SlotWords);

    private static byte TagAt(ulong[] table, int slot) => (byte)(table[slot >> 3] >> ((slot & 7) * 8));

    private static void SetTag(ulong[] table, int slot, byte tag)
    {
        var shift = (slot & 7) * 8;
        ref var word = ref table[slot >> 3];
        word = (word & ~(0xFFUL << shift)) | ((ulong)tag << shift);
    }

    private static Vector128<byte> TagsOf(ulong[] table, uint group) =>
        Vector128.Create(table.AsSpan((int)group * TagWords, TagWords)).AsByte();

    [MethodImpl(MethodImplOptions.AggressiveOptimization)] // see RevocationIndex.ApplyBatch
    private static int Search(ulong[] table, uint groups, ulong hash, Handle handle, out int probes)
    {
        probes = 0;
        if (groups == 0)
        {
            return -1;
        }

        var tag = Vector128.Create(TagOf(hash));
        var group = FirstGroup(hash, groups);
        for (probes = 1; probes <= groups + JumpsMax; probes++)
        {
            var tags = TagsOf(table, group);
            var matches = Vector128.Equals(tags, tag).ExtractMostSignificantBits();
            while (matches != 0)
            {
                var at = SlotAt(groups, ((int)group * GroupSlots) + BitOperations.TrailingZeroCount(matches));
                if (table[at] == handle.High && table[at + 1] == handle.Low)
                {
                    return at;
                }

                matches &= matches - 1;
            }

            if (Vector128.EqualsAny(tags, Vector128<byte>.Zero))
            {
                return -1;
            }

            group = Next(ref hash, group, groups, probes);
        }

        return -1;
    }

    /// <summary>Puts a handle into the first free slot on its way and returns the tag that stood there.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static byte Insert(ulong[] table, uint groups, ulong hash, Handle handle, PackedState state)
    {
        var group = FirstGroup(hash, groups);
        var tag = TagOf(hash);
        for (var probes = 1; ; probes++)
        {
            var free = ~TagsOf(table, group).ExtractMostSignificantBits() & 0xFFFF;
            if (free != 0)
            {
                var slot = ((int)group * GroupSlots) + BitOperations.TrailingZeroCount(free);
                var at = SlotAt(groups, slot);
                (table[at], table[at + 1], table[at + 2], table[at + 3]) = (handle.High, handle.Low, state.LockWord, state.DropWord);
                var before = TagAt(table, slot);
                SetTag(table, slot, tag);
                return before;
            }

            group = Next(ref hash, group, groups, probes);
        }
    }

    private void Remove(ulong[] table, int group, int slot)
    {
        // A group with an empty slot was never full, so no search ever went past it: the slot can be empty again.
        var ends = Vector128.EqualsAny(TagsOf(table, (uint)group), Vector128<byte>.Zero);
        EnterWrite();
        SetTag(table, slot, ends ? Empty : Deleted);
        ExitWrite();
        _used -= ends ? 1 : 0;
        _count--;
    }

    // The new table is filled aside: readers go on in the old one, and only see two words change.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void Rebuild(int room, HandleHash rehash)
    {
        var groups = GroupsFor(room);
        var table = groups == 0 ? null : GC.AllocateUninitializedArray<ulong>((int)groups * GroupWords);
        table.AsSpan(0, (int)groups * TagWords).Clear();
        for (var slot = 0; slot < _groups * GroupSlots; slot++)
        {
            if (TagAt(_table!, slot) >= Full)
            {
                var at = SlotAt(_groups, slot);
                var handle = new Handle(_table![at], _table[at + 1]);
                Insert(table!, groups, rehash.Of(handle), handle, StateAt(at));
            }
        }

        EnterWrite();
        _table = table;
        _groups = groups;
        ExitWrite();
        _used = _count;
    }

    private readonly bool TryEnterRead(out uint sequence, out ulong[] table, out uint groups)
    {
        sequence = Volatile.Read(in _sequence);
        table = _table ?? [];
        groups = _groups;
        // The second look makes table and group count a pair, so that no index leaves the array.
        return (sequence & 1) == 0 && IsUnchanged(sequence);
    }

    private readonly bool IsUnchanged(uint sequence)
    {
        Volatile.ReadBarrier();
        return Volatile.Read(in _sequence) == sequence;
    }

    private void EnterWrite()
    {
        _sequence++;
        Volatile.WriteBarrier();
    }

    private void ExitWrite() => Volatile.Write(ref _sequence, _sequence + 1);
}
