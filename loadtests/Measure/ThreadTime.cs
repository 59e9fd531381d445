using System.Runtime.InteropServices;

namespace Fabric.LoadTests.Measure;

/// <summary>Processor time of the calling thread: what others take of the machine meanwhile is not in it. Linux.</summary>
internal static class ThreadTime
{
    // CLOCK_THREAD_CPUTIME_ID of Linux.
    private const int ThreadClock = 3;

    private const long NanosecondsInSecond = 1_000_000_000;

    /// <summary>What the thread has used since it began, in nanoseconds. Throws <see cref="InvalidOperationException"/> where the machine does not tell.</summary>
    public static long Nanoseconds => GetTime(ThreadClock, out var time) == 0
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
