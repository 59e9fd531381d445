using System.Runtime.InteropServices;

namespace Fabric.Client.Edges;

/// <summary>
/// The system's time with timestamps that go on while the machine is suspended. A lease, or a slice of a rate, that was held before a suspension must not be
/// taken for young after it (R2), and the ordinary monotonic clock of Linux and macOS stands still meanwhile; that of Windows does not.
/// </summary>
internal sealed class BootTime : TimeProvider
{
    private const long NanosecondsInSecond = 1_000_000_000;
    private const int LinuxBootTime = 7;

    // On macOS this one goes on while the machine sleeps; what .NET uses there does not.
    private const int MacMonotonic = 6;

    private static readonly int Clock = OperatingSystem.IsMacOS() ? MacMonotonic : LinuxBootTime;

    private BootTime()
    {
    }

    /// <summary>This where there is such a clock, else <see cref="TimeProvider.System"/>.</summary>
    public static TimeProvider Best { get; } = Environment.Is64BitProcess && (OperatingSystem.IsLinux() || OperatingSystem.IsMacOS()) && TryRead(out _)
        ? new BootTime()
        : System;

    /// <inheritdoc/>
    public override long TimestampFrequency => NanosecondsInSecond;

    /// <inheritdoc/>
    public override long GetTimestamp() => TryRead(out var now) ? now : throw new InvalidOperationException("the clock that goes on during suspension is gone");

    private static bool TryRead(out long nanoseconds)
    {
        var failed = ClockGetTime(Clock, out var now);
        nanoseconds = (now.Seconds * NanosecondsInSecond) + now.Nanoseconds;
        return failed == 0;
    }

#pragma warning disable SYSLIB1054 // two numbers in and out need no generated marshalling, and no unsafe code in this project
    [DllImport("libc", EntryPoint = "clock_gettime")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.System32)]
    [SuppressGCTransition]
    private static extern int ClockGetTime(int clock, out Moment now);
#pragma warning restore SYSLIB1054

    [StructLayout(LayoutKind.Sequential)]
    private readonly struct Moment
    {
        public readonly long Seconds;
        public readonly long Nanoseconds;
    }
}
