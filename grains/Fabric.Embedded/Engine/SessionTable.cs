using System.Diagnostics.CodeAnalysis;
using Fabric.Core.Sessions;

namespace Fabric.Embedded.Engine;

/// <summary>
/// The sessions in memory, by id and by slot. Slots let sweeps, lists and checkpoints walk the table a piece at a time while it changes;
/// a session keeps its slot for life.
/// </summary>
internal sealed class SessionTable
{
    private readonly Dictionary<UInt128, int> _slots = [];
    private readonly List<SessionState?> _sessions = [];
    private readonly Stack<int> _free = [];
    private readonly List<bool> _dirty = [];

    /// <summary>Sessions in memory.</summary>
    internal int Count => _slots.Count;

    /// <summary>Slots, used or not: what a walk goes over.</summary>
    internal int SlotCount => _sessions.Count;

    /// <summary>The slots that changed since they were last taken.</summary>
    internal List<int> DirtySlots { get; private set; } = [];

    internal SessionState? At(int slot) => _sessions[slot];

    internal bool TryGet(UInt128 id, [MaybeNullWhen(false)] out SessionState session)
    {
        session = _slots.TryGetValue(id, out var slot) ? _sessions[slot] : null;
        return session is not null;
    }

    internal void Add(SessionState session)
    {
        if (!_free.TryPop(out var slot))
        {
            slot = _sessions.Count;
            _sessions.Add(null);
            _dirty.Add(false);
        }

        _sessions[slot] = session;
        _slots.Add(session.Id, slot);
    }

    internal void Remove(UInt128 id)
    {
        if (_slots.Remove(id, out var slot))
        {
            _sessions[slot] = null;
            _free.Push(slot);
        }
    }

    internal void MarkDirty(UInt128 id)
    {
        if (_slots.TryGetValue(id, out var slot) && !_dirty[slot])
        {
            _dirty[slot] = true;
            DirtySlots.Add(slot);
        }
    }

    internal void MarkClean(int slot) => _dirty[slot] = false;

    /// <summary>Gives slots back that were taken but not written.</summary>
    internal void PutBack(List<int> slots, int from) => DirtySlots.AddRange(slots[Math.Min(from, slots.Count)..]);

    internal List<int> TakeDirtySlots()
    {
        var taken = DirtySlots;
        DirtySlots = [];
        return taken;
    }
}
