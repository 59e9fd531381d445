using System.Diagnostics.CodeAnalysis;
using Fabric.Core.Sessions;

namespace Fabric.Embedded.Engine;

/// <summary>
/// The sessions in memory, by id and by slot. Slots let sweeps, lists and checkpoints walk the table a piece at a time while it changes;
/// a session keeps its slot for life. A slot takes 16 bytes and a bucket 4: the id stands in the session alone, and slots come in pieces that never move.
/// </summary>
internal sealed class SessionTable
{
    private const int None = -1;
    private const int PieceBits = 14;
    private const int PieceSize = 1 << PieceBits;

    private readonly List<Slot[]> _pieces = [];
    private int[] _buckets = Emptied(1_024);
    private int _firstFree = None;

    /// <summary>Sessions in memory.</summary>
    internal int Count { get; private set; }

    /// <summary>Slots, used or not: what a walk goes over.</summary>
    internal int SlotCount { get; private set; }

    /// <summary>The slots that changed since they were last taken.</summary>
    internal List<int> DirtySlots { get; private set; } = [];

    internal SessionState? At(int slot) => SlotAt(slot).Session;

    internal bool TryGet(UInt128 id, [MaybeNullWhen(false)] out SessionState session)
    {
        session = Find(id) is >= 0 and var slot ? SlotAt(slot).Session : null;
        return session is not null;
    }

    /// <summary>Takes in a session that is not there yet.</summary>
    internal void Add(SessionState session)
    {
        if (Count == _buckets.Length)
        {
            Grow();
        }

        var index = TakeSlot();
        ref var slot = ref SlotAt(index);
        slot.Session = session;
        Link(index, ref slot, session.Id);
        Count++;
    }

    internal void Remove(UInt128 id)
    {
        ref var link = ref _buckets[BucketOf(id)];
        while (link != None)
        {
            ref var slot = ref SlotAt(link);
            if (slot.Session!.Id == id)
            {
                var index = link;
                link = slot.Next;
                (slot.Session, slot.Next, _firstFree) = (null, _firstFree, index);
                Count--;
                return;
            }

            link = ref slot.Next;
        }
    }

    internal void MarkDirty(UInt128 id)
    {
        if (Find(id) is >= 0 and var index && !SlotAt(index).IsDirty)
        {
            SlotAt(index).IsDirty = true;
            DirtySlots.Add(index);
        }
    }

    internal void MarkClean(int slot) => SlotAt(slot).IsDirty = false;

    /// <summary>Gives slots back that were taken but not written.</summary>
    internal void PutBack(List<int> slots, int from) => DirtySlots.AddRange(slots[Math.Min(from, slots.Count)..]);

    internal List<int> TakeDirtySlots()
    {
        var taken = DirtySlots;
        DirtySlots = [];
        return taken;
    }

    private static int[] Emptied(int length)
    {
        var buckets = new int[length];
        Array.Fill(buckets, None);
        return buckets;
    }

    private int Find(UInt128 id)
    {
        for (var index = _buckets[BucketOf(id)]; index != None;)
        {
            ref var slot = ref SlotAt(index);
            if (slot.Session!.Id == id)
            {
                return index;
            }

            index = slot.Next;
        }

        return None;
    }

    // An id's low half is random (IdSource).
    private int BucketOf(UInt128 id) => (int)((uint)id & (uint)(_buckets.Length - 1));

    private ref Slot SlotAt(int index) => ref _pieces[index >> PieceBits][index & (PieceSize - 1)];

    private int TakeSlot()
    {
        if (_firstFree != None)
        {
            var free = _firstFree;
            _firstFree = SlotAt(free).Next;
            return free;
        }

        if (SlotCount == _pieces.Count << PieceBits)
        {
            _pieces.Add(new Slot[PieceSize]);
        }

        return SlotCount++;
    }

    private void Link(int index, ref Slot slot, UInt128 id)
    {
        ref var bucket = ref _buckets[BucketOf(id)];
        (slot.Next, bucket) = (bucket, index);
    }

    private void Grow()
    {
        _buckets = Emptied(_buckets.Length * 2);
        for (var index = 0; index < SlotCount; index++)
        {
            ref var slot = ref SlotAt(index);
            if (slot.Session is { } session)
            {
                Link(index, ref slot, session.Id);
            }
        }
    }

    /// <summary>A session, and the next slot of the same bucket (or, of a free slot, the next free one).</summary>
    private struct Slot
    {
        public SessionState? Session;
        public int Next;
        public bool IsDirty;
    }
}
