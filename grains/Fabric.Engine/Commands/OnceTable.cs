using Fabric.Core.Common;

namespace Fabric.Engine.Commands;

/// <summary>
/// What was used and may not be used again, until it has expired anyhow. In memory: what was made before the table was, or so shortly after that a clock which is ahead could
/// have made it before, is refused, since it may have been used then. Bounded in all and by owner (B1), so that no owner keeps others out. Any thread.
/// </summary>
internal sealed class OnceTable
{
    /// <summary>The most names held.</summary>
    internal const int NamesMax = 2_000_000;

    /// <summary>The most names of one owner.</summary>
    internal const int OwnerNamesMax = 50_000;

    private readonly Lock _gate = new();
    private readonly Dictionary<UInt128, (string Owner, Instant Until)> _names = [];
    private readonly Dictionary<string, int> _owners = new(StringComparer.Ordinal);
    private readonly PriorityQueue<UInt128, long> _ends = new();
    private readonly Instant _notBefore;
    private readonly int _namesMax;
    private readonly int _ownerNamesMax;

    /// <param name="notBefore">What was made up to this moment may have been used before; the epoch: another memory holds that.</param>
    /// <param name="namesMax">The most names held.</param>
    /// <param name="ownerNamesMax">The most names of one owner.</param>
    internal OnceTable(Instant notBefore, int namesMax = NamesMax, int ownerNamesMax = OwnerNamesMax) =>
        (_notBefore, _namesMax, _ownerNamesMax) = (notBefore, namesMax, ownerNamesMax);

    /// <summary>Names held.</summary>
    internal int Count
    {
        get
        {
            lock (_gate)
            {
                return _names.Count;
            }
        }
    }

    /// <summary>Null when the name is taken now for the first time.</summary>
    internal Rejection? Use(SingleUse use, Instant now)
    {
        if (use.MadeAt <= _notBefore)
        {
            return new Rejection(Codes.TooEarly, use.Owner, "it was made before this fabric started, or just then: whether it was used before cannot be known; make another in a moment");
        }

        lock (_gate)
        {
            Drop_NeedsLock(now);
            if (_names.ContainsKey(use.Name))
            {
                return new Rejection(Codes.Replayed, use.Owner, "it was used before");
            }

            var held = _owners.GetValueOrDefault(use.Owner);
            if (held >= _ownerNamesMax || _names.Count >= _namesMax)
            {
                return new Rejection(Codes.LimitReached, use.Owner, "too many assertions or proofs that are unexpired: let them end sooner");
            }

            // Held for as long as a clock that is late by the skew would still take it.
            var until = use.Until + Limits.ClockSkew;
            _names.Add(use.Name, (use.Owner, until));
            _owners[use.Owner] = held + 1;
            _ends.Enqueue(use.Name, until.UnixMs);
            return null;
        }
    }

    private void Drop_NeedsLock(Instant now)
    {
        while (_ends.TryPeek(out var name, out var end) && end < now.UnixMs)
        {
            _ends.Dequeue();
            _names.Remove(name, out var gone);
            if (--_owners[gone.Owner] is 0)
            {
                _owners.Remove(gone.Owner);
            }
        }
    }
}
