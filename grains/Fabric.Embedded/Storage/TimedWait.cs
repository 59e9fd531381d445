namespace Fabric.Embedded.Storage;

/// <summary>A wait on a monitor that ends after a time of the given clock: so that tests drive pauses by hand.</summary>
internal static class TimedWait
{
    /// <summary>Waits for <paramref name="span"/>, or until <paramref name="early"/> holds; whoever makes it hold pulses the gate.</summary>
    public static void Wait_NeedsLock(object gate, TimeProvider time, TimeSpan span, Func<bool> early)
    {
        var expired = false;
        using var timer = time.CreateTimer(
            _ =>
            {
                lock (gate)
                {
                    expired = true;
                    Monitor.PulseAll(gate);
                }
            },
            null, span, Timeout.InfiniteTimeSpan);
        while (!expired && !early())
        {
            Monitor.Wait(gate);
        }
    }
}
