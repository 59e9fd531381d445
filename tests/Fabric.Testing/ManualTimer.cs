namespace Fabric.Testing;

/// <summary>A timer of a <see cref="ManualTimeProvider"/>.</summary>
internal sealed class ManualTimer(ManualTimeProvider time, TimerCallback callback, object? state) : ITimer
{
    private volatile bool _disposed;

    /// <summary>When it fires next, in ticks of the monotonic clock. Guarded by the provider's lock.</summary>
    public long DueTicks { get; set; }

    /// <summary>The time between firings; 0: it fires once. Guarded by the provider's lock.</summary>
    public long PeriodTicks { get; set; }

    public bool Change(TimeSpan dueTime, TimeSpan period) => !_disposed && time.Arm(this, dueTime, period);

    public void Fire()
    {
        if (!_disposed)
        {
            callback(state);
        }
    }

    public void Dispose()
    {
        _disposed = true;
        time.Disarm(this);
    }

    public ValueTask DisposeAsync()
    {
        Dispose();
        return ValueTask.CompletedTask;
    }
}
