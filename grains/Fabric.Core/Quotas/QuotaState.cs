using Fabric.Core.Common;

namespace Fabric.Core.Quotas;

/// <summary>A counter as its events made it. Slices are deducted before they are handed out, so the sum over all edges is exact.</summary>
public sealed class QuotaState(QuotaRef quota, Instant dropAfter)
{
    /// <summary>The counter's name and limit.</summary>
    public QuotaRef Quota { get; } = quota;
    /// <summary>When nothing can draw from it any more.</summary>
    public Instant DropAfter { get; } = dropAfter;
    /// <summary>The window that <see cref="Used"/> counts in; 0 for `max_calls`.</summary>
    public long Window { get; private set; }
    /// <summary>Units handed out and not given back.</summary>
    public long Used { get; private set; }

    /// <summary>The window at a moment: whole periods since the epoch; 0 for `max_calls`.</summary>
    public long WindowAt(Instant now) => Quota.PeriodMs == 0 ? 0 : now.UnixMs / Quota.PeriodMs;

    /// <summary>
    /// Decides a draw of up to <paramref name="want"/> units. Slices get smaller towards the end, so that one edge does not hold what another needs.
    /// </summary>
    public Outcome<QuotaDrawn> Draw(long want, Instant now)
    {
        var window = WindowAt(now);
        var used = window == Window ? Used : 0;
        var left = Quota.Limit - used;
        if (left <= 0)
        {
            return Quota.PeriodMs == 0
                ? new Rejection(Codes.QuotaExhausted, "quota", $"all {Quota.Limit} calls are used")
                : new Rejection(Codes.RateExceeded, "quota", $"all {Quota.Limit} calls of this window are used");
        }

        var units = Math.Clamp(want, 1, Math.Max(1, left / 8));
        return new QuotaDrawn(Quota.Id, units, window, used + units);
    }

    /// <summary>Decides a return of unused units. Null: nothing to do, the window has passed or nothing is out.</summary>
    public QuotaReturned? Return(long units, long window)
    {
        var back = window == Window ? Math.Clamp(units, 0, Used) : 0;
        return back == 0 ? null : new QuotaReturned(Quota.Id, back, window, Used - back);
    }

    /// <summary>Takes an event in.</summary>
    public void Apply(QuotaDrawn drawn) => (Window, Used) = (drawn.Window, drawn.UsedAfter);

    /// <summary>Takes an event in.</summary>
    public void Apply(QuotaReturned returned) => (Window, Used) = (returned.Window, returned.UsedAfter);

    /// <summary>Puts back what a checkpoint kept.</summary>
    public void Restore(long window, long used) => (Window, Used) = (window, used);
}
