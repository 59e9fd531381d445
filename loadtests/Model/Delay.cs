namespace Fabric.LoadTests.Model;

/// <summary>How long something takes, drawn anew each time: always the same, log-normal by its median and 99th percentile, or one of some measured values.</summary>
internal sealed class Delay
{
    // The 99th percentile of the standard normal distribution.
    private const double Z99 = 2.3263478740408408;

    private readonly double _medianNs;
    private readonly double _sigma;
    private readonly long[] _samplesNs;

    private Delay(double medianNs, double sigma, long[] samplesNs) => (_medianNs, _sigma, _samplesNs) = (medianNs, sigma, samplesNs);

    /// <summary>Always the same.</summary>
    public static Delay Fixed(double ms) => new(ms * 1e6, 0, []);

    /// <summary>Log-normal. <paramref name="p99Ms"/> is not below the median; the median is above zero unless both are zero.</summary>
    public static Delay LogNormal(double medianMs, double p99Ms)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(medianMs);
        ArgumentOutOfRangeException.ThrowIfLessThan(p99Ms, medianMs);
        return new Delay(medianMs * 1e6, medianMs > 0 ? Math.Log(p99Ms / medianMs) / Z99 : 0, []);
    }

    /// <summary>One of some measured values, each as likely.</summary>
    public static Delay Of(IReadOnlyCollection<double> samplesMs)
    {
        if (samplesMs.Count == 0)
        {
            throw new ArgumentException("there is at least one measured value", nameof(samplesMs));
        }

        return new Delay(0, 0, [.. samplesMs.Select(ms => (long)(Math.Max(0, ms) * 1e6))]);
    }

    /// <summary>So many times as long, each time.</summary>
    public Delay Times(double factor)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(factor);
        return new Delay(_medianNs * factor, _sigma, [.. _samplesNs.Select(ns => (long)(ns * factor))]);
    }

    /// <summary>Log-normal with the same median and a 99th percentile of so many times that. Of measured values there is none such.</summary>
    public Delay WithP99(double timesMedian) => _samplesNs.Length == 0
        ? LogNormal(_medianNs / 1e6, _medianNs / 1e6 * timesMedian)
        : throw new InvalidOperationException("measured values have the tail that they have");

    /// <summary>Draws one, in nanoseconds.</summary>
    public long DrawNs(Random random)
    {
        if (_samplesNs.Length > 0)
        {
            return _samplesNs[random.Next(_samplesNs.Length)];
        }

        // Box and Muller: two uniform draws make a normal one.
        return _sigma == 0
            ? (long)_medianNs
            : (long)(_medianNs * Math.Exp(_sigma * Math.Sqrt(-2 * Math.Log(1 - random.NextDouble())) * Math.Cos(2 * Math.PI * random.NextDouble())));
    }
}
