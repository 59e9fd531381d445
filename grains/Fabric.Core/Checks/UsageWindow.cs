using Fabric.Core.Common;

namespace Fabric.Core.Checks;

/// <summary>
/// Every call that was decided since the last drain, counted per credential, tool, action, resource and outcome (A1). Bounded (B1): when it is full,
/// calls that need a new line are denied. Counting takes no lock and allocates nothing.
/// </summary>
public sealed class UsageWindow
{
    /// <summary>The default bound.</summary>
    public const int DefaultLinesMax = 250_000;

    private readonly int _linesMax;
    private readonly Lock _draining = new();
    private UsageLine? _dirty;
    private UsageLine? _taken;
    private int _lines;
    private long _unrecorded;

    /// <param name="linesMax">The most lines, drained ones included until they are released.</param>
    public UsageWindow(int linesMax = DefaultLinesMax)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(linesMax, 1);
        _linesMax = linesMax;
    }

    /// <summary>Lines that wait to be drained, or are drained and not released. May pass the bound by as many as threads count at once.</summary>
    public int Lines => Volatile.Read(ref _lines);

    /// <summary>Denials that found the window full and left no line.</summary>
    public long UnrecordedDenials => Volatile.Read(ref _unrecorded);

    /// <summary>
    /// Takes up to <paramref name="max"/> lines out. They count against the bound until <see cref="Release"/>, so that what is not delivered yet is
    /// never more than the bound.
    /// </summary>
    public IReadOnlyList<UsageSample> Drain(int max)
    {
        lock (_draining)
        {
            var samples = new List<UsageSample>(Math.Min(max, Lines));
            while (samples.Count < max && (_taken ??= Interlocked.Exchange(ref _dirty, null)) is { } line)
            {
                _taken = line.NextDirty;
                line.NextDirty = null;

                // The first call's time before the count: from zero on, the next call writes another.
                var first = Volatile.Read(ref line.FirstMs);
                var count = Interlocked.Exchange(ref line.Count, 0);
                samples.Add(new UsageSample(
                    line.Claims, line.Tool!, line.Action, line.Resource, line.Code, line.BestEffort, count,
                    new Instant(first), new Instant(Math.Max(first, Volatile.Read(ref line.LastMs))), Volatile.Read(ref line.Revision)));
            }

            return samples;
        }
    }

    /// <summary>Says that drained lines are delivered: their room is free.</summary>
    public void Release(int lines) => Interlocked.Add(ref _lines, -lines);

    // INVARIANT A1: an allow is returned only when this said true.
    internal bool TryCount(UsageLine line, long nowMs, ulong revision)
    {
        if (Volatile.Read(ref line.Count) == 0 && Lines >= _linesMax)
        {
            return false;
        }

        if (Interlocked.Increment(ref line.Count) == 1)
        {
            Volatile.Write(ref line.FirstMs, nowMs);
            Push(line);
        }

        line.LastMs = nowMs;
        line.Revision = revision;
        return true;
    }

    internal void NoteUnrecorded() => Interlocked.Increment(ref _unrecorded);

    private void Push(UsageLine line)
    {
        Interlocked.Increment(ref _lines);
        var head = Volatile.Read(ref _dirty);
        while (true)
        {
            line.NextDirty = head;
            var seen = Interlocked.CompareExchange(ref _dirty, line, head);
            if (ReferenceEquals(seen, head))
            {
                return;
            }

            head = seen;
        }
    }
}
