using Fabric.Core.Scopes;

namespace Fabric.Core.Leases;

/// <summary>
/// The lease protocol one floor up: a cluster's feed log and the relays that serve edges from it. A relay has edges of its own with leases of their own, which
/// never begin after the relay's lease has ended; so what a relay may still let happen ends with its lease and the longest bound of its edges after that.
/// Pure and single-threaded, like <see cref="LeaseTable"/>.
/// </summary>
/// <remarks>
/// A relay renews against what it has APPLIED, so that one edge that is stopped does not take a silo down; it is out of the way of a revocation when it has
/// REPORTED that all of its edges are, or when everything that could come of its renewals from before the revocation has run out.
/// </remarks>
/// <param name="lease">How long a relay may serve after it SENT the last renewal that was granted.</param>
/// <param name="ownership">How long the feed log may grant after it last made sure that it owns the feed: what a new owner waits for besides.</param>
public sealed class RelayTable(TimeSpan lease, TimeSpan ownership)
{
    /// <summary>The most relays at one time, those counted that are gone until their leases have run out (B1).</summary>
    public const int RelaysMax = 1_000;

    private static readonly ActionClass[] Classes = [ActionClass.Read, ActionClass.Write, ActionClass.Destructive];

    private readonly Dictionary<UInt128, Slot> _slots = [];
    private readonly ulong[] _closed = new ulong[Classes.Length];
    private TimeSpan _now = TimeSpan.MinValue;
    private ulong _head;

    /// <summary>Relays known, those counted that may still hold a lease.</summary>
    public int Count => _slots.Count;

    /// <summary>The floors as of the last <see cref="Advance"/>.</summary>
    public ClosedFloors Closed => new(_closed[0], _closed[1], _closed[2]);

    /// <summary>
    /// INVARIANT R1: the longest bounds that an edge of any relay may have, and may have had as long as what it let happen then has not run out. To be told before any edge has them.
    /// </summary>
    public ClassBounds Longest { get; set; } = ClassBounds.Default;

    /// <summary>
    /// INVARIANT R1: the feed log began anew and does not know who holds a lease from the owner before. Nothing is closed before every lease that one could have granted has run out.
    /// </summary>
    public void StartedAnew(ulong head, TimeSpan now)
    {
        At(now);
        _head = Math.Max(_head, head);
        var slot = new Slot("before", ownership);
        slot.Note(new Exposure(_now, 0));
        _slots[UInt128.Zero] = slot;
    }

    /// <summary>
    /// A relay's renewal arrived with what it has applied and what is closed below it. Answers the number of the renewal that is granted; 0: none.
    /// <paramref name="mayGrant"/>: whether the feed log is sure that it owns the feed.
    /// </summary>
    public ulong Renew(UInt128 relay, string name, ulong number, ulong applied, ClosedFloors closed, bool mayGrant, TimeSpan now)
    {
        At(now);
        if (!_slots.TryGetValue(relay, out var slot))
        {
            if (relay == UInt128.Zero || _slots.Count >= RelaysMax)
            {
                return 0;
            }

            _slots.Add(relay, slot = new Slot(name, TimeSpan.Zero));
        }

        slot.Report(applied, closed, _head);

        // The arrival and the head are of one moment: a revocation is either before it, and then the grant needs it applied, or after, and then
        // its receipt outwaits this renewal.
        return applied <= _head && slot.TryRenew(number, new Exposure(_now, _head)) && mayGrant ? slot.Grant() : 0;
    }

    /// <summary>A relay tells what is closed below it, between renewals.</summary>
    public void Report(UInt128 relay, ulong applied, ClosedFloors closed, TimeSpan now)
    {
        At(now);
        if (_slots.TryGetValue(relay, out var slot))
        {
            slot.Report(applied, closed, _head);
        }
    }

    /// <summary>A relay has handed its lease back: its edges have theirs handed back or run out.</summary>
    public void Leave(UInt128 relay, TimeSpan now)
    {
        At(now);
        _slots.Remove(relay);
    }

    /// <summary>Revocations up to <paramref name="head"/> are on their way. To be called before anybody is told of them.</summary>
    public void Opened(ulong head) => _head = Math.Max(_head, head);

    /// <summary>Closes what can be closed: after each message, and as time passes.</summary>
    public ClosedFloors Advance(TimeSpan now)
    {
        At(now);
        var floors = new ulong[] { _head, _head, _head };
        foreach (var (relay, slot) in _slots.ToArray())
        {
            for (var i = 0; i < Classes.Length; i++)
            {
                floors[i] = Math.Min(floors[i], Floor(slot, Classes[i]));
            }

            if (slot.IsRunOut(Classes.Max(c => BoundOf(slot, c)), _now))
            {
                _slots.Remove(relay);
            }
        }

        for (var i = 0; i < Classes.Length; i++)
        {
            _closed[i] = Math.Max(_closed[i], floors[i]);
        }

        return Closed;
    }

    /// <summary>Who a revision waits for: names, what each has applied, and when it is out of the way at the latest.</summary>
    public IReadOnlyList<WaitingEdge> Waiting(ulong revision, TimeSpan now)
    {
        At(now);
        var waiting = new List<WaitingEdge>();
        foreach (var (relay, slot) in _slots)
        {
            if (Classes.Any(c => Floor(slot, c) < revision))
            {
                var last = slot.LastBefore(revision).At;
                var bound = Classes.Max(c => BoundOf(slot, c));
                waiting.Add(new WaitingEdge(slot.Name, relay != UInt128.Zero, slot.Applied, last, last + LeaseTerms.RunOutAfter(bound)));
            }
        }

        return waiting;
    }

    // INVARIANT R1: all below has said that it is out of the way, or everything that was let happen before the revocation has run out.
    private ulong Floor(Slot slot, ActionClass actionClass) =>
        Math.Max(slot.Closed.Of(actionClass), slot.OldestLiving(BoundOf(slot, actionClass), _now).Head);

    // Clocks of relay and edge may each run slow: the drift of both is counted, by the whole, and the slack of both.
    private TimeSpan BoundOf(Slot slot, ActionClass actionClass)
    {
        var edge = Longest.Of(actionClass);
        return slot.Before + lease + (edge >= LeaseTerms.AnswerValid ? edge : LeaseTerms.AnswerValid) + LeaseTerms.Slack;
    }

    private void At(TimeSpan now) => _now = now > _now ? now : _now;

    private sealed class Slot(string name, TimeSpan before)
    {
        // Renewals that wait for what they need to be applied (B1).
        private const int WaitingMax = 16;

        private readonly Queue<(ulong Number, ulong Head)> _waiting = new(WaitingMax);

        // One a head, with the last arrival, so in the order of time. A grant says nothing of those before it: the relay has applied what it renewed against, its edges may not have.
        private readonly List<Exposure> _exposures = [];
        private ulong _last;

        public string Name { get; } = name;

        public TimeSpan Before { get; } = before;

        public ulong Applied { get; private set; }

        public ClosedFloors Closed { get; private set; }

        public bool TryRenew(ulong number, Exposure exposure)
        {
            if (number <= _last)
            {
                return false;
            }

            _last = number;
            Note(exposure);
            if (_waiting.Count < WaitingMax)
            {
                _waiting.Enqueue((number, exposure.Head));
            }

            return true;
        }

        public void Note(Exposure exposure)
        {
            if (_exposures.Count > 0 && _exposures[^1].Head == exposure.Head)
            {
                _exposures[^1] = exposure;
            }
            else
            {
                _exposures.Add(exposure);
            }
        }

        public ulong Grant()
        {
            var granted = 0ul;
            while (_waiting.TryPeek(out var first) && first.Head <= Applied)
            {
                granted = _waiting.Dequeue().Number;
            }

            return granted;
        }

        public Exposure OldestLiving(TimeSpan bound, TimeSpan now)
        {
            var at = FirstLiving(bound, now);
            return at < _exposures.Count ? _exposures[at] : Exposure.None;
        }

        public Exposure LastBefore(ulong revision) => _exposures.FindLast(exposure => exposure.Head < revision);

        /// <summary>Drops what has run out by the longest bound; true when nothing is left.</summary>
        public bool IsRunOut(TimeSpan longest, TimeSpan now)
        {
            _exposures.RemoveRange(0, FirstLiving(longest, now));
            return _exposures.Count == 0;
        }

        // They run out in their order, so the first that lives is searched for by halves: a storm of revocations leaves thousands.
        private int FirstLiving(TimeSpan bound, TimeSpan now)
        {
            var (from, to) = (0, _exposures.Count);
            while (from < to)
            {
                var middle = (from + to) / 2;
                (from, to) = _exposures[middle].Lives(bound, now) ? (from, middle) : (middle + 1, to);
            }

            return from;
        }

        public void Report(ulong applied, ClosedFloors closed, ulong head)
        {
            // What lies past the head cannot be true: it closes nothing.
            Applied = Math.Max(Applied, applied <= head ? applied : 0);
            Closed = new ClosedFloors(Later(Closed.Read, closed.Read), Later(Closed.Write, closed.Write), Later(Closed.Destructive, closed.Destructive));

            ulong Later(ulong known, ulong told) => told <= head ? Math.Max(known, told) : known;
        }
    }
}
