using System.Diagnostics;
using System.Security.Cryptography;

namespace Fabric.LoadTests.Compare.Pairs;

/// <summary>A fixed piece of work on every core at once: what it does in a millisecond falls when another process takes a core, or the machine slows down.</summary>
internal static class CalibrationLoop
{
    private const int BlockBytes = 16 * 1024;

    private static readonly TimeSpan During = TimeSpan.FromMilliseconds(80);

    /// <summary>Blocks hashed a millisecond, over all cores.</summary>
    public static double Measure()
    {
        var rates = new double[Environment.ProcessorCount];
        var threads = Enumerable.Range(0, rates.Length).Select(i => new Thread(() => rates[i] = Rate())).ToList();
        threads.ForEach(thread => thread.Start());
        threads.ForEach(thread => thread.Join());
        return rates.Sum();
    }

    private static double Rate()
    {
        var (block, hash) = (new byte[BlockBytes], new byte[SHA256.HashSizeInBytes]);
        var watch = Stopwatch.StartNew();
        var done = 0L;
        while (watch.Elapsed < During)
        {
            _ = SHA256.HashData(block, hash);
            done++;
        }

        return done / watch.Elapsed.TotalMilliseconds;
    }
}
