using System.Diagnostics;
using System.Globalization;

namespace Fabric.LoadTests.Measure;

/// <summary>
/// Processor time of a process to the nanosecond, as the scheduler counts it for each of its threads (proc(5), `schedstat`): ticks of 10 ms are too coarse for steps of a
/// millisecond. Threads that have ended are not in it. Where the kernel does not tell, the coarse time.
/// </summary>
internal static class RunTime
{
    /// <summary>Nanoseconds that the living threads of a process have run.</summary>
    public static double Ns(int processId)
    {
        var sum = 0.0;
        try
        {
            foreach (var thread in Directory.EnumerateDirectories($"/proc/{processId}/task"))
            {
                sum += Parse(ReadOrEmpty(Path.Combine(thread, "schedstat")));
            }
        }
        catch (DirectoryNotFoundException)
        {
            sum = 0;
        }

        if (sum > 0)
        {
            return sum;
        }

        using var process = Process.GetProcessById(processId);
        return process.TotalProcessorTime.TotalNanoseconds;
    }

    /// <summary>The first number of a `schedstat` line; 0 when it is none.</summary>
    public static double Parse(string line) => double.TryParse(line.Split(' ')[0], CultureInfo.InvariantCulture, out var ns) ? ns : 0;

    private static string ReadOrEmpty(string path)
    {
        try
        {
            return File.ReadAllText(path);
        }
        catch (IOException)
        {
            // The thread has ended meanwhile.
            return "";
        }
    }
}
