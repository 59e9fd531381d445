using Fabric.Core.Checks;
using Fabric.Core.Common;

namespace Fabric.Engine.Commands;

/// <summary>The engine's clocks for checks.</summary>
internal sealed class EngineClock(TimeProvider time) : ICheckClock
{
    private readonly long _origin = time.GetTimestamp();

    /// <inheritdoc/>
    public CheckMoment Read() => new(Instant.From(time.GetUtcNow()), (long)time.GetElapsedTime(_origin).TotalMilliseconds);
}
