using Fabric.Core.Quotas;

namespace Fabric.Core.Checks;

/// <summary>
/// The units of one quota that this process may use: they were deducted before they were handed out, so that all processes together never exceed
/// the quota. Any thread.
/// </summary>
internal sealed class QuotaSlice(QuotaRef quota)
{
    private readonly Lock _gate = new();
    private Lot _lot = new(0, long.MinValue, long.MinValue);
    private long _lastUsedMs;
    private long _exhaustedUntilMs = long.MinValue;
    private volatile bool _dropped;

    public QuotaRef Quota { get; } = quota;

    /// <summary>Whether the slice was given up: whoever holds it asks for the quota's slice again.</summary>
    public bool IsDropped => _dropped;

    public long LastUsedMs => Volatile.Read(ref _lastUsedMs);

    public long Units => Math.Max(0, Volatile.Read(ref Volatile.Read(ref _lot).Units));

    /// <summary>How many units were asked for last: more are asked for while demand holds.</summary>
    public long LastWant { get; set; }

    /// <summary>A slice without units that takes none either: past the bound on slices.</summary>
    public static QuotaSlice None(QuotaRef quota) => new(quota) { _dropped = true };

    /// <summary>Takes one unit. <paramref name="window"/> is what <see cref="PutBack"/> is told.</summary>
    public bool TryTake(long monotonicMs, out long window)
    {
        var lot = Volatile.Read(ref _lot);
        window = lot.Window;
        if (monotonicMs > lot.ValidUntilMs)
        {
            return false;
        }

        var units = Volatile.Read(ref lot.Units);
        while (units > 0)
        {
            var seen = Interlocked.CompareExchange(ref lot.Units, units - 1, units);
            if (seen == units)
            {
                Volatile.Write(ref _lastUsedMs, monotonicMs);
                return true;
            }

            units = seen;
        }

        return false;
    }

    /// <summary>Puts a unit back that was taken for a call that is not made. A unit of a window that has passed is worth nothing.</summary>
    public void PutBack(long window)
    {
        var lot = Volatile.Read(ref _lot);
        if (lot.Window == window)
        {
            Interlocked.Increment(ref lot.Units);
        }
    }

    /// <summary>Adds what was handed out. <paramref name="validUntilMs"/>: the last monotonic moment of a rate's window, or <see cref="long.MaxValue"/>.</summary>
    public void Add(long units, long validUntilMs, long window, long monotonicMs)
    {
        lock (_gate)
        {
            Volatile.Write(ref _lastUsedMs, monotonicMs);
            if (_lot.Window == window)
            {
                // The window's end as each answer tells it is early by the time that its request travelled: the first told will do.
                Interlocked.Add(ref _lot.Units, units);
            }
            else
            {
                Volatile.Write(ref _lot, new Lot(units, window, validUntilMs));
            }

            Volatile.Write(ref _exhaustedUntilMs, long.MinValue);
        }
    }

    public void NoteExhausted(long untilMs) => Volatile.Write(ref _exhaustedUntilMs, untilMs);

    public bool IsExhausted(long monotonicMs) => monotonicMs < Volatile.Read(ref _exhaustedUntilMs);

    /// <summary>Takes all units out, to be returned. <paramref name="window"/> names the window that they are of.</summary>
    public long TakeAll(out long window)
    {
        lock (_gate)
        {
            window = _lot.Window;
            return Math.Max(0, Interlocked.Exchange(ref _lot.Units, 0));
        }
    }

    public void Drop() => _dropped = true;

    private sealed class Lot(long units, long window, long validUntilMs)
    {
        public long Units = units;

        public long Window { get; } = window;

        public long ValidUntilMs { get; } = validUntilMs;
    }
}
