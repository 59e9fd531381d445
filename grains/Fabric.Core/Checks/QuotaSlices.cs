using System.Collections.Concurrent;
using Fabric.Core.Lineages;
using Fabric.Core.Quotas;

namespace Fabric.Core.Checks;

/// <summary>
/// The units of quotas that this process holds. A call draws one unit of each of its quotas, or none at all. At most <see cref="SlicesMax"/>
/// quotas at once (B1). Any thread; times are monotonic milliseconds of the <see cref="ICheckClock"/>.
/// </summary>
public sealed class QuotaSlices
{
    /// <summary>The most quotas that a process holds slices of (B1): past it, calls that need another are denied `quota.slice_needed`.</summary>
    public const int SlicesMax = 100_000;

    /// <summary>Units that have not been drawn from for this long go back.</summary>
    public const long IdleMs = 1_000;

    /// <summary>For how long a used-up quota is not asked for again: other enforcement points may have given units back by then.</summary>
    public const long RetryMs = 1_000;

    private const long WantMax = 4_096;
    private const long DropAfterMs = 60_000;

    private readonly ConcurrentDictionary<Handle, QuotaSlice> _slices = new();

    /// <summary>Quotas held.</summary>
    public int Count => _slices.Count;

    /// <summary>Units of a quota that are held here now.</summary>
    public long UnitsOf(Handle quota) => _slices.TryGetValue(quota, out var slice) ? slice.Units : 0;

    /// <summary>
    /// How many units to ask for: one at first and never more than a sixty-fourth of the quota, so that little lies idle elsewhere; twice as many
    /// each time while demand holds.
    /// </summary>
    public long Want(QuotaRef quota)
    {
        if (Find(quota) is not { } slice)
        {
            return 1;
        }

        var most = Math.Clamp(quota.Limit / 64, 1, WantMax);
        return slice.LastWant = Math.Clamp(slice.LastWant * 2, 1, most);
    }

    /// <summary>
    /// Adds units that were handed out for a request sent at <paramref name="sentMs"/>. <paramref name="validForMs"/> 0: no end.
    /// False when the bound is reached: the units must be returned.
    /// </summary>
    public bool Add(QuotaRef quota, long units, long validForMs, long window, long sentMs)
    {
        if (Find(quota) is not { } slice)
        {
            return false;
        }

        slice.Add(units, validForMs == 0 ? long.MaxValue : sentMs + validForMs, window, sentMs);
        return true;
    }

    /// <summary>
    /// Notes that the fabric has no units left: calls are denied without asking until <paramref name="untilMs"/>, or for a while only (<see cref="RetryMs"/>;
    /// of a rate, a twentieth of its window).
    /// </summary>
    public void NoteExhausted(QuotaRef quota, long nowMs, long untilMs)
    {
        var retryMs = quota.PeriodMs == 0 ? RetryMs : Math.Clamp(quota.PeriodMs / 20, 10, RetryMs);
        Find(quota)?.NoteExhausted(Math.Min(untilMs, nowMs + retryMs));
    }

    /// <summary>Takes out what has been idle for <see cref="IdleMs"/> (<paramref name="all"/>: everything), for the caller to return.</summary>
    public IReadOnlyList<QuotaReturn> TakeIdle(long nowMs, bool all = false)
    {
        var returns = new List<QuotaReturn>();
        foreach (var (handle, slice) in _slices)
        {
            var idleMs = nowMs - slice.LastUsedMs;
            if (!all && idleMs < IdleMs)
            {
                continue;
            }

            slice.LastWant = 0;
            if (all || idleMs >= DropAfterMs)
            {
                _slices.TryRemove(handle, out _);
                slice.Drop();
            }

            if (slice.TakeAll(out var window) is > 0 and var units)
            {
                returns.Add(new QuotaReturn(handle, units, window));
            }
        }

        return returns;
    }

    internal QuotaSlice? Find(QuotaRef quota)
    {
        if (_slices.TryGetValue(quota.Id, out var slice))
        {
            return slice;
        }

        return _slices.Count >= SlicesMax ? null : _slices.GetOrAdd(quota.Id, static (_, q) => new QuotaSlice(q), quota);
    }

    /// <summary>Draws a unit of each; none when one has none, which is then <paramref name="lacking"/>. The windows are what <see cref="PutBack"/> is given.</summary>
    internal static bool TryDraw(ReadOnlySpan<QuotaSlice> slices, long nowMs, Span<long> windows, out QuotaSlice? lacking)
    {
        for (var i = 0; i < slices.Length; i++)
        {
            if (slices[i].TryTake(nowMs, out windows[i]))
            {
                continue;
            }

            PutBack(slices[..i], windows);
            lacking = slices[i];
            return false;
        }

        lacking = null;
        return true;
    }

    internal static void PutBack(ReadOnlySpan<QuotaSlice> slices, ReadOnlySpan<long> windows)
    {
        for (var i = 0; i < slices.Length; i++)
        {
            slices[i].PutBack(windows[i]);
        }
    }
}
