using System.Diagnostics;
using Fabric.Core.Common;
using Fabric.Core.Scopes;

namespace Fabric.Core.Leases;

/// <summary>
/// The fabric's side of the lease protocol: which edges may still allow what, and so which revocations are closed. Pure and
/// single-threaded: callers serialise, and pass the time of one monotonic clock that never goes back (an earlier one counts as the
/// latest seen).
/// </summary>
/// <remarks>
/// An edge allows a class while its monotonic clock is within the bound of the moment it SENT the last granted renewal. A renewal that
/// arrives when the feed stands at H is granted only against an acknowledgement of H. So for a revocation R an edge is out of the way when it
/// has acknowledged R, or when the last renewal that arrived before R has run out. Being out of the way for R implies it for all before R:
/// receipts close in order, a floor a class says it all, and no receipt takes any memory here.
/// </remarks>
public sealed class LeaseTable
{
    /// <summary>The most edges, those counted that left without a bye until their leases run out (B1).</summary>
    public const int EdgesMax = 10_000;

    private static readonly TimeSpan ForgetEvery = TimeSpan.FromMilliseconds(250);

    // Receipts are read a moment after they close, and name who ran out.
    private static readonly TimeSpan RememberFor = TimeSpan.FromMinutes(1);
    private static readonly ActionClass[] Classes = [ActionClass.Read, ActionClass.Write, ActionClass.Destructive];

    private readonly Dictionary<(string Edge, UInt128 Instance), int> _slotOf = [];
    private readonly List<LeaseSlot?> _slots = [];
    private readonly Stack<int> _free = [];
    private readonly MinTree[] _floors = [new(), new(), new()];
    private readonly ulong[] _closed = new ulong[Classes.Length];
    private ulong _connections;
    private ulong _head;
    private ulong _opened;
    private TimeSpan _now = TimeSpan.MinValue;
    private TimeSpan _forgot = TimeSpan.MinValue;

    /// <summary>Edges known, those counted that left without a bye and may still hold a lease.</summary>
    public int Count => _slots.Count - _free.Count;

    /// <summary>The closed floors as of the last <see cref="Advance"/>.</summary>
    public ClosedFloors Closed => new(_closed[0], _closed[1], _closed[2]);

    /// <summary>The longest bounds of any edge so far: what a start after a crash has to wait for.</summary>
    public ClassBounds LongestBounds { get; private set; } = ClassBounds.Default;

    /// <summary>When <see cref="Advance"/> can next close something by time alone; null when no open revision waits for time.</summary>
    public TimeSpan? NextDeadline
    {
        get
        {
            TimeSpan? next = null;
            for (var i = 0; i < Classes.Length; i++)
            {
                if (_floors[i].Min < _opened)
                {
                    var at = _slots[_floors[i].Slot]!.Deadline(Classes[i], _now) + TimeSpan.FromTicks(1);
                    next = next is null || at < next ? at : next;
                }
            }

            return next;
        }
    }

    /// <summary>
    /// The fabric starts and does not know that all leases were handed back: nothing is closed before every lease that an edge may hold
    /// from before has run out.
    /// </summary>
    public void StartedUnclean(ClassBounds longest, TimeSpan now)
    {
        LongestBounds = ClassBounds.Longest(LongestBounds, longest);
        var at = Add(new LeaseSlot(edge: null, 0, longest));
        var slot = _slots[at]!;
        slot.Renewals.AssumeGranted(At(now));
        slot.Answers.Note(new Exposure(_now, 0), _now);
        Update(at);
    }

    /// <summary>
    /// An edge connects. <paramref name="instance"/> is random, one a run of a process (0: not stated): a connection with the same takes over the
    /// lease of the one before it, and its acknowledgements speak for that lease too. With any other, what went before under this name
    /// keeps its lease until that runs out: nobody speaks for another process (R1). Rejected with <see cref="Codes.LimitReached"/> at
    /// <see cref="EdgesMax"/>, and with <see cref="Codes.InvalidField"/> for bounds past their limits or other than before.
    /// </summary>
    public Outcome<EdgeConnection> Hello(string edge, UInt128 instance, ClassBounds bounds, TimeSpan now)
    {
        At(now);
        if (bounds.Refusal(bestEffort: true) is { } refusal)
        {
            return refusal;
        }

        if (_slotOf.TryGetValue((edge, instance), out var at))
        {
            if (_slots[at]!.Bounds != bounds)
            {
                // A longer bound would bring back a lease that was counted as run out.
                return new Rejection(Codes.InvalidField, "bounds", "an enforcement point keeps its bounds for as long as it runs");
            }
        }
        else if (Count >= EdgesMax && Forget(TimeSpan.Zero) == 0)
        {
            return new Rejection(Codes.LimitReached, "edges", $"the fabric serves at most {EdgesMax} enforcement points");
        }
        else
        {
            at = Add(new LeaseSlot(edge, instance, bounds));
        }

        LongestBounds = ClassBounds.Longest(LongestBounds, bounds);
        _slots[at]!.Connect(++_connections);
        Update(at);
        return new EdgeConnection(at, _connections);
    }

    /// <summary>
    /// A renewal arrived at <paramref name="now"/>, with what the edge has applied, while the feed stood at <paramref name="head"/> (all that was
    /// pushed to any edge). Granted now or by a later acknowledgement.
    /// </summary>
    public LeaseAnswer Renew(EdgeConnection connection, ulong number, ulong acknowledged, ulong head, TimeSpan now)
    {
        At(now);
        _head = Math.Max(_head, head);
        if (SlotOf(connection) is not { } slot || acknowledged > _head || !slot.Renewals.TryNote(number, new Exposure(_now, _head)))
        {
            return LeaseAnswer.Refuse;
        }

        return Acknowledge(connection, slot, acknowledged);
    }

    /// <summary>The edge has applied everything up to <paramref name="revision"/>; refused when that is past <paramref name="head"/>.</summary>
    public LeaseAnswer Ack(EdgeConnection connection, ulong revision, ulong head, TimeSpan now)
    {
        At(now);
        _head = Math.Max(_head, head);
        return SlotOf(connection) is { } slot && revision <= _head ? Acknowledge(connection, slot, revision) : LeaseAnswer.Refuse;
    }

    /// <summary>
    /// Notes, before it is sent, that a check of this edge is answered with an allow (see <see cref="LeaseTerms.AnswerValid"/>). False when a
    /// revocation was opened after <paramref name="revision"/>, which it was decided at, or when the connection is gone: decide again, or do not answer.
    /// </summary>
    /// <param name="connection">The connection that asked.</param>
    /// <param name="revision">The index's revision before the decision.</param>
    /// <param name="arrived">When the check arrived.</param>
    /// <param name="now">The time.</param>
    public bool Answered(EdgeConnection connection, ulong revision, TimeSpan arrived, TimeSpan now)
    {
        At(now);
        if (SlotOf(connection) is not { } slot || revision < _opened)
        {
            return false;
        }

        slot.Answers.Note(new Exposure(arrived, revision), _now);
        Update(connection.Slot);
        return true;
    }

    /// <summary>
    /// The edge handed its lease back: it allows nothing any more, and comes back, if ever, as another instance (this bye may have been
    /// overtaken by its next connection). False when the connection was replaced.
    /// </summary>
    public bool Bye(EdgeConnection connection, TimeSpan now)
    {
        At(now);
        if (SlotOf(connection) is null)
        {
            return false;
        }

        Remove(connection.Slot);
        return true;
    }

    /// <summary>The connection is lost; the edge keeps its lease until that runs out. Nothing when it was replaced.</summary>
    public void Drop(EdgeConnection connection, TimeSpan now)
    {
        At(now);
        if (SlotOf(connection) is { } slot)
        {
            slot.Disconnect();
            Update(connection.Slot);
        }
    }

    /// <summary>A revocation or lock was accepted: <paramref name="revision"/> is open from now on. Returns the floors, which it may be under at once.</summary>
    public ClosedFloors Open(ulong revision, TimeSpan now)
    {
        _opened = Math.Max(_opened, revision);
        _head = Math.Max(_head, revision);
        return Advance(now);
    }

    /// <summary>Closes what can be closed. To be called after each message that acknowledges or leaves, and at <see cref="NextDeadline"/>.</summary>
    public ClosedFloors Advance(TimeSpan now)
    {
        At(now);
        for (var i = 0; i < Classes.Length; i++)
        {
            // Floors that time alone has raised are looked at only where they are the lowest: nothing closes past the lowest.
            var floors = _floors[i];
            while (floors.Min < _opened)
            {
                var (slot, lowest) = (floors.Slot, floors.Min);
                floors.Set(slot, _slots[slot]!.Floor(Classes[i], _now));
                if (floors.Min == lowest && floors.Slot == slot)
                {
                    break;
                }
            }

            _closed[i] = Math.Max(_closed[i], Math.Min(floors.Min, _opened));
        }

        if (_now - ForgetEvery >= _forgot)
        {
            Forget(RememberFor);
        }

        return Closed;
    }

    /// <summary>Who has acknowledged a revision, who ran out, and who it waits for. Looks at every edge.</summary>
    public ReceiptStatus Status(ulong revision, TimeSpan now)
    {
        var status = new ReceiptStatus(revision, Advance(now));
        foreach (var slot in _slots)
        {
            if (slot is null)
            {
                continue;
            }

            var waits = Classes.Any(c => slot.Floor(c, _now) < revision);
            if (slot.Edge is null)
            {
                status.BeforeRestartUntil = waits ? slot.WaitFor(revision).Until : null;
            }
            else if (slot.Applied >= revision)
            {
                status.Acknowledged.Add(slot.Edge);
            }
            else if (waits)
            {
                var (since, until) = slot.WaitFor(revision);
                status.Waiting.Add(new WaitingEdge(slot.Edge, slot.Connection != 0, slot.Applied, since, until));
            }
            else if (slot.WasExposed)
            {
                status.RanOut.Add(slot.Edge);
            }
        }

        return status;
    }

    /// <summary>Whether any edge may still allow anything by a lease or an answer. When not, a stop is a clean one.</summary>
    public bool AnyExposed(TimeSpan now)
    {
        At(now);
        return _slots.Exists(slot => slot is not null && slot.IsExposed(_now));
    }

    private LeaseAnswer Acknowledge(EdgeConnection connection, LeaseSlot slot, ulong revision)
    {
        slot.Acknowledge(revision);
        var granted = slot.Renewals.Grant(slot.Acknowledged);
        Update(connection.Slot);
        return new LeaseAnswer(Refused: false, granted);
    }

    private TimeSpan At(TimeSpan now) => _now = now > _now ? now : _now;

    private LeaseSlot? SlotOf(EdgeConnection connection) =>
        (uint)connection.Slot < (uint)_slots.Count && connection.Number != 0 && _slots[connection.Slot] is { } slot && slot.Connection == connection.Number
            ? slot
            : null;

    private int Add(LeaseSlot slot)
    {
        if (!_free.TryPop(out var at))
        {
            at = _slots.Count;
            _slots.Add(null);
        }

        _slots[at] = slot;
        if (slot.Instance != 0)
        {
            _slotOf[(slot.Edge!, slot.Instance)] = at;
        }

        return at;
    }

    private void Update(int at)
    {
        for (var i = 0; i < Classes.Length; i++)
        {
            var floor = _slots[at]!.Floor(Classes[i], _now);
            Debug.Assert(floor >= _closed[i], "what is closed stays closed (R1)");
            _floors[i].Set(at, floor);
        }
    }

    private void Remove(int at)
    {
        var slot = _slots[at]!;
        if (slot.Instance != 0)
        {
            _slotOf.Remove((slot.Edge!, slot.Instance));
        }

        _slots[at] = null;
        _free.Push(at);
        foreach (var floors in _floors)
        {
            floors.Set(at, ulong.MaxValue);
        }
    }

    /// <summary>Forgets those that left and whose leases have run out, once no open receipt has them on its list. Returns how many.</summary>
    private int Forget(TimeSpan rememberFor)
    {
        _forgot = _now;
        var forgotten = 0;
        for (var at = 0; at < _slots.Count; at++)
        {
            if (_slots[at] is not { Connection: 0 } slot || slot.IsExposed(_now))
            {
                continue;
            }

            slot.ForgetAfter ??= _opened;
            slot.RanOutAt ??= _now;
            if (Closed.Confirmed >= slot.ForgetAfter && (slot.Edge is null || _now - slot.RanOutAt >= rememberFor))
            {
                Remove(at);
                forgotten++;
            }
        }

        return forgotten;
    }
}
