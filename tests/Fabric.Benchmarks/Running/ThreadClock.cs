using System.Runtime.InteropServices;
using Perfolizer.Horology;

namespace Fabric.Benchmarks.Running;

/// <summary>
/// Processor time of the calling thread, for benchmarks that run on one: what somebody else's processes take of the machine meanwhile is not in it. Linux; elsewhere not available.
/// </summary>
internal sealed class ThreadClock : IClock
{
    // CLOCK_THREAD_CPUTIME_ID of Linux.
    private const int ThreadTime = 3;

    private const long NanosecondsInSecond = 1_000_000_000;

    /// <inheritdoc/>
    public string Title => "processor time of the thread";

    /// <inheritdoc/>
    public bool IsAvailable => OperatingSystem.IsLinux();

    /// <inheritdoc/>
    public Frequency Frequency => new(NanosecondsInSecond);

    /// <inheritdoc/>
    public long GetTimestamp() => GetTime(ThreadTime, out var time) == 0
        ? (time.Seconds * NanosecondsInSecond) + time.Nanoseconds
        : throw new InvalidOperationException("this machine does not tell the processor time of a thread");

#pragma warning disable SYSLIB1054 // two numbers in and out need no generated marshalling, and no unsafe code in this project
    [DllImport("libc", EntryPoint = "clock_gettime")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.System32)]
    private static extern int GetTime(int clock, out Time time);
#pragma warning restore SYSLIB1054

    [StructLayout(LayoutKind.Sequential)]
    private readonly struct Time
    {
        public readonly long Seconds;
        public readonly long Nanoseconds;
    }
}
