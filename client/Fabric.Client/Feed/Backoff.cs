namespace Fabric.Client.Feed;

/// <summary>Pauses between attempts: each twice as long as the one before, up to a limit, and then cut by up to a half at random, so that many edges do not come at once.</summary>
internal sealed class Backoff(TimeSpan min, TimeSpan max, Func<double> random)
{
    private int _failures;

    /// <summary>The last attempt was a good one: the next pause is the first again.</summary>
    public void Reset() => _failures = 0;

    /// <summary>The next pause.</summary>
    public TimeSpan Next()
    {
        var whole = min.Ticks * Math.Pow(2, Math.Min(_failures++, 30));
        return TimeSpan.FromTicks((long)(Math.Min(whole, max.Ticks) * (1 - (random() / 2))));
    }
}
