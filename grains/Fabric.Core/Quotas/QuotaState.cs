using Fabric.Core.Common;

namespace Fabric.Core.Quotas;

/// <summary>
/// A counter as its events made it. Slices are deducted before they are handed out, so the sum over all edges is exact; and a unit comes back only from whom
/// it was handed to, so that nobody gives back what it never drew.
/// </summary>
public sealed class QuotaState(QuotaRef quota, Instant dropAfter)
{
    /// <summary>The most drawers whose units of one window are told apart (B1): what a further one draws is not taken back.</summary>
    public const int DrawersMax = 1_000;

    private Dictionary<string, long>? _held;

    /// <summary>The counter's name and limit.</summary>
    public QuotaRef Quota { get; } = quota;
    /// <summary>When nothing can draw from it any more.</summary>
    public Instant DropAfter { get; } = dropAfter;
    /// <summary>The window that <see cref="Used"/> counts in; 0 for `max_calls`.</summary>
    public long Window { get; private set; }
    /// <summary>Units handed out and not given back.</summary>
    public long Used { get; private set; }

    /// <summary>Who holds how many units of this window, used or not.</summary>
    public IReadOnlyDictionary<string, long> Held => _held ?? [];

    /// <summary>
    /// The window that a draw at a moment counts in: whole periods since the epoch; 0 for `max_calls`. Never one before the last: a clock that is set back
    /// does not begin a window that was used again.
    /// </summary>
    public long WindowAt(Instant now) => Quota.PeriodMs == 0 ? 0 : Math.Max(Window, now.UnixMs / Quota.PeriodMs);

    /// <summary>
    /// Decides a draw of up to <paramref name="want"/> units by <paramref name="drawer"/> (an enforcement point's run). Slices get smaller towards the end, so that
    /// one edge does not hold what another needs.
    /// </summary>
    public Outcome<QuotaDrawn> Draw(string drawer, long want, Instant now)
    {
        var window = WindowAt(now);
        var (used, others) = window == Window ? (Used, _held) : (0, null);
        var left = Quota.Limit - used;
        if (left <= 0)
        {
            return Quota.PeriodMs == 0
                ? new Rejection(Codes.QuotaExhausted, "quota", $"all {Quota.Limit} calls are used")
                : new Rejection(Codes.RateExceeded, "quota", $"all {Quota.Limit} calls of this window are used");
        }

        var units = Math.Clamp(want, 1, Math.Max(1, left / 8));
        var held = others?.GetValueOrDefault(drawer) ?? 0;
        var isKept = held > 0 || others is null || others.Count < DrawersMax;
        return new QuotaDrawn(Quota.Id, units, window, used + units, drawer, isKept ? held + units : 0);
    }

    /// <summary>
    /// Decides a return of unused units by <paramref name="drawer"/>: at most what it drew in this window and has not given back. Null: nothing to do, the window
    /// has passed or it holds nothing.
    /// </summary>
    public QuotaReturned? Return(string drawer, long units, long window)
    {
        var held = window == Window ? _held?.GetValueOrDefault(drawer) ?? 0 : 0;
        var back = Math.Clamp(units, 0, Math.Min(held, Used));
        return back == 0 ? null : new QuotaReturned(Quota.Id, back, window, Used - back, drawer, held - back);
    }

    /// <summary>Takes an event in.</summary>
    public void Apply(QuotaDrawn drawn) => Take(drawn.Window, drawn.UsedAfter, drawn.Drawer, drawn.HeldAfter);

    /// <summary>Takes an event in.</summary>
    public void Apply(QuotaReturned returned) => Take(returned.Window, returned.UsedAfter, returned.Drawer, returned.HeldAfter);

    /// <summary>Puts back what a checkpoint kept.</summary>
    public void Restore(long window, long used) => (Window, Used, _held) = (window, used, null);

    /// <summary>Puts back what a checkpoint kept of one drawer.</summary>
    public void RestoreHeld(string drawer, long held) => Take(Window, Used, drawer, held);

    private void Take(long window, long used, string? drawer, long held)
    {
        if (window != Window)
        {
            _held = null;
        }

        (Window, Used) = (window, used);
        if (drawer is not null && held > 0)
        {
            (_held ??= new Dictionary<string, long>(1, StringComparer.Ordinal))[drawer] = held;
        }
        else if (drawer is not null && _held?.Remove(drawer) == true && _held.Count == 0)
        {
            _held = null;
        }
    }
}
