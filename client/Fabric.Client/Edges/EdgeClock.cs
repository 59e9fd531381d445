using Fabric.Core.Checks;
using Fabric.Core.Common;

namespace Fabric.Client.Edges;

/// <summary>
/// The clocks of an enforcement point: one monotonic clock for leases, and the wall clock derived from it, so that a check reads one clock. The
/// wall clock is read again once a second.
/// </summary>
public sealed class EdgeClock : ICheckClock
{
    private readonly TimeProvider _time;
    private readonly long _ticksPerMs;
    private long _wallOffsetMs;
    private long _readAgainAtMs = long.MinValue;

    /// <summary>
    /// The clocks of a time provider, whose timestamps count a thousand or more a second, and which goes on while the machine is suspended:
    /// <see cref="TimeProvider.System"/> stands for one that does.
    /// </summary>
    public EdgeClock(TimeProvider time)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(time.TimestampFrequency, 1_000, nameof(time));

        // INVARIANT R2: a machine that was suspended past the bound has no lease when it wakes up.
        _time = time == TimeProvider.System ? BootTime.Best : time;
        _ticksPerMs = _time.TimestampFrequency / 1_000;
    }

    /// <summary>The time provider.</summary>
    public TimeProvider Time => _time;

    /// <summary>
    /// Monotonic milliseconds, rounded down: what to note before something is sent. <see cref="Read"/> rounds up: between the two no lease is ever
    /// taken for younger than it is (R2).
    /// </summary>
    public long SentMs => _time.GetTimestamp() / _ticksPerMs;

    /// <inheritdoc/>
    public CheckMoment Read()
    {
        var ms = (_time.GetTimestamp() + _ticksPerMs - 1) / _ticksPerMs;
        if (ms >= Volatile.Read(ref _readAgainAtMs))
        {
            Volatile.Write(ref _wallOffsetMs, _time.GetUtcNow().ToUnixTimeMilliseconds() - ms);
            Volatile.Write(ref _readAgainAtMs, ms + 1_000);
        }

        return new CheckMoment(new Instant(ms + Volatile.Read(ref _wallOffsetMs)), ms);
    }
}
