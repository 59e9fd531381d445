namespace Fabric.Testing;

/// <summary>
/// Time that stands still until a test moves it. The wall clock and the monotonic clock move together with <see cref="Advance"/>;
/// <see cref="JumpWallClock"/> moves the wall clock alone. Due timers fire inside <see cref="Advance"/>, on its thread, each at its own moment.
/// </summary>
public sealed class ManualTimeProvider : TimeProvider
{
    private readonly Lock _gate = new();
    private readonly List<ManualTimer> _armed = [];
    private readonly List<(int Timers, TaskCompletionSource Seen)> _watchers = [];
    private DateTimeOffset _wall;
    private long _monotonicTicks = TimeSpan.TicksPerDay;

    /// <summary>Time that stands at <paramref name="start"/>; without one, at 2030-01-01T00:00:00Z.</summary>
    public ManualTimeProvider(DateTimeOffset? start = null) =>
        _wall = start ?? new DateTimeOffset(2030, 1, 1, 0, 0, 0, TimeSpan.Zero);

    /// <inheritdoc/>
    public override long TimestampFrequency => TimeSpan.TicksPerSecond;

    /// <inheritdoc/>
    public override TimeZoneInfo LocalTimeZone => TimeZoneInfo.Utc;

    /// <summary>Timers that wait for their moment now.</summary>
    public int TimersArmed
    {
        get
        {
            lock (_gate)
            {
                return _armed.Count;
            }
        }
    }

    /// <inheritdoc/>
    public override DateTimeOffset GetUtcNow()
    {
        lock (_gate)
        {
            return _wall;
        }
    }

    /// <inheritdoc/>
    public override long GetTimestamp()
    {
        lock (_gate)
        {
            return _monotonicTicks;
        }
    }

    /// <summary>Completes when at least <paramref name="timers"/> timers are armed: what a test awaits before it moves time for code that runs elsewhere.</summary>
    public Task WhenArmed(int timers = 1)
    {
        lock (_gate)
        {
            if (_armed.Count >= timers)
            {
                return Task.CompletedTask;
            }

            var seen = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            _watchers.Add((timers, seen));
            return seen.Task;
        }
    }

    /// <summary>Moves both clocks forward and fires what becomes due, in order of time.</summary>
    public void Advance(TimeSpan span)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(span, TimeSpan.Zero);
        long target;
        lock (_gate)
        {
            target = _monotonicTicks + span.Ticks;
        }

        while (TakeDue(target) is { } timer)
        {
            timer.Fire();
        }
    }

    /// <summary>Moves the wall clock alone, also backwards: what a clock correction does. Timers and the monotonic clock do not notice.</summary>
    public void JumpWallClock(TimeSpan span)
    {
        lock (_gate)
        {
            _wall += span;
        }
    }

    /// <inheritdoc/>
    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        ArgumentNullException.ThrowIfNull(callback);
        var timer = new ManualTimer(this, callback, state);
        timer.Change(dueTime, period);
        return timer;
    }

    internal bool Arm(ManualTimer timer, TimeSpan dueTime, TimeSpan period)
    {
        TaskCompletionSource[] seen;
        lock (_gate)
        {
            _armed.Remove(timer);
            if (dueTime != Timeout.InfiniteTimeSpan)
            {
                timer.DueTicks = _monotonicTicks + dueTime.Ticks;
                timer.PeriodTicks = period <= TimeSpan.Zero ? 0 : period.Ticks;
                _armed.Add(timer);
            }

            seen = [.. _watchers.Where(watcher => _armed.Count >= watcher.Timers).Select(watcher => watcher.Seen)];
            _watchers.RemoveAll(watcher => _armed.Count >= watcher.Timers);
        }

        foreach (var watcher in seen)
        {
            watcher.SetResult();
        }

        return true;
    }

    internal void Disarm(ManualTimer timer)
    {
        lock (_gate)
        {
            _armed.Remove(timer);
        }
    }

    /// <summary>Moves to the next due moment and takes its timer; at the end moves to the target and answers null.</summary>
    private ManualTimer? TakeDue(long targetTicks)
    {
        lock (_gate)
        {
            ManualTimer? next = null;
            foreach (var timer in _armed)
            {
                if (timer.DueTicks <= targetTicks && (next is null || timer.DueTicks < next.DueTicks))
                {
                    next = timer;
                }
            }

            var to = Math.Max(_monotonicTicks, next?.DueTicks ?? targetTicks);
            _wall += TimeSpan.FromTicks(to - _monotonicTicks);
            _monotonicTicks = to;
            if (next is not null && next.PeriodTicks > 0)
            {
                next.DueTicks += next.PeriodTicks;
            }
            else if (next is not null)
            {
                _armed.Remove(next);
            }

            return next;
        }
    }
}
