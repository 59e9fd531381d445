using Fabric.LoadTests.Measure;
using Perfolizer.Horology;

namespace Fabric.Benchmarks.Running;

/// <summary>Processor time of the calling thread, for benchmarks that run on one. Linux; elsewhere not available.</summary>
internal sealed class ThreadClock : IClock
{
    /// <inheritdoc/>
    public string Title => "processor time of the thread";

    /// <inheritdoc/>
    public bool IsAvailable => OperatingSystem.IsLinux();

    /// <inheritdoc/>
    public Frequency Frequency => new(TimeSpan.NanosecondsPerTick * TimeSpan.TicksPerSecond);

    /// <inheritdoc/>
    public long GetTimestamp() => ThreadTime.Nanoseconds;
}
