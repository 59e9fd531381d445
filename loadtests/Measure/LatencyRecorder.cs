using System.Numerics;

namespace Fabric.LoadTests.Measure;

/// <summary>
/// Counts durations (nanoseconds) in buckets that are at most 1/128 of their value wide, from 1 ns to years: recording is one increment, and a
/// percentile is exact to 0.8 %. One thread at a time; merge one a thread.
/// </summary>
internal sealed class LatencyRecorder
{
    private const int SubBits = 7;
    private const int SubBuckets = 1 << SubBits;

    private readonly long[] _counts = new long[(64 - SubBits) * SubBuckets];
    private double _sum;

    /// <summary>Durations recorded.</summary>
    public long Count { get; private set; }

    /// <summary>The longest, in nanoseconds; 0 when there is none.</summary>
    public long MaxNs { get; private set; }

    /// <summary>The mean, in nanoseconds; 0 when there is none.</summary>
    public double MeanNs => Count == 0 ? 0 : _sum / Count;

    /// <summary>Records one duration. What is below zero counts as zero.</summary>
    public void RecordNs(long ns)
    {
        ns = Math.Max(0, ns);
        _counts[BucketOf(ns)]++;
        Count++;
        _sum += ns;
        MaxNs = Math.Max(MaxNs, ns);
    }

    /// <summary>Records one duration.</summary>
    public void Record(TimeSpan span) => RecordNs(span.Ticks * TimeSpan.NanosecondsPerTick);

    /// <summary>Adds all that another has recorded.</summary>
    public void Merge(LatencyRecorder other)
    {
        for (var i = 0; i < _counts.Length; i++)
        {
            _counts[i] += other._counts[i];
        }

        Count += other.Count;
        _sum += other._sum;
        MaxNs = Math.Max(MaxNs, other.MaxNs);
    }

    /// <summary>
    /// The smallest duration, in nanoseconds, that <paramref name="percent"/> (0 to 100) of all do not exceed, rounded up to its bucket's end; 0 when
    /// there is none.
    /// </summary>
    public long PercentileNs(double percent)
    {
        if (Count == 0)
        {
            return 0;
        }

        var rank = Math.Max(1, (long)Math.Ceiling(percent / 100 * Count));
        long seen = 0;
        for (var i = 0; i < _counts.Length; i++)
        {
            seen += _counts[i];
            if (seen >= rank)
            {
                return Math.Min(EndOf(i), MaxNs);
            }
        }

        return MaxNs;
    }

    /// <summary>A percentile in milliseconds.</summary>
    public double PercentileMs(double percent) => PercentileNs(percent) / 1e6;

    // Values below 128 have a bucket each; then every power of two is cut into 128.
    private static int BucketOf(long ns)
    {
        if (ns < SubBuckets)
        {
            return (int)ns;
        }

        var shift = BitOperations.Log2((ulong)ns) - SubBits;
        return ((shift + 1) << SubBits) + (int)((ns >> shift) - SubBuckets);
    }

    private static long EndOf(int bucket)
    {
        if (bucket < SubBuckets)
        {
            return bucket;
        }

        var shift = (bucket >> SubBits) - 1;
        return (((long)(bucket & (SubBuckets - 1)) + SubBuckets + 1) << shift) - 1;
    }
}
