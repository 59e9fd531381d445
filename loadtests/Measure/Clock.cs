using System.Diagnostics;

namespace Fabric.LoadTests.Measure;

/// <summary>The machine's monotonic clock: on Linux one for all processes, so that moments of two processes may be compared.</summary>
internal static class Clock
{
    /// <summary>Nanoseconds since the machine's start, about.</summary>
    public static long NowNs => (long)(Stopwatch.GetTimestamp() * (1e9 / Stopwatch.Frequency));

    /// <summary>Milliseconds between two moments.</summary>
    public static double Ms(long fromNs, long toNs) => (toNs - fromNs) / 1e6;
}
