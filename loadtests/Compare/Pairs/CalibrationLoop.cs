using System.Diagnostics;
using System.Security.Cryptography;
using Fabric.LoadTests.Measure;

namespace Fabric.LoadTests.Compare.Pairs;

/// <summary>
/// A fixed piece of work on every core at once: what it does in a millisecond of its own processor time falls when the machine slows down, or a hypervisor takes a core away and
/// does not say so. Processor time and not the clock: the run's own servers and edges go on beside it, and what they take is no disturbance.
/// </summary>
internal static class CalibrationLoop
{
    private const int BlockBytes = 16 * 1024;

    private static readonly TimeSpan During = TimeSpan.FromMilliseconds(80);

    /// <summary>Blocks hashed in a millisecond of processor time, the mean of all cores.</summary>
    public static double Measure()
    {
        var parts = new (double Blocks, double Ms)[Environment.ProcessorCount];
        var threads = Enumerable.Range(0, parts.Length).Select(i => new Thread(() => parts[i] = Hash())).ToList();
        threads.ForEach(thread => thread.Start());
        threads.ForEach(thread => thread.Join());
        return parts.Sum(part => part.Blocks) / parts.Sum(part => part.Ms);
    }

    private static (double Blocks, double Ms) Hash()
    {
        var (block, hash) = (new byte[BlockBytes], new byte[SHA256.HashSizeInBytes]);
        var watch = Stopwatch.StartNew();
        var (from, done) = (ThreadTime.Nanoseconds, 0L);
        while (watch.Elapsed < During)
        {
            _ = SHA256.HashData(block, hash);
            done++;
        }

        return (done, (ThreadTime.Nanoseconds - from) / 1e6);
    }
}
