namespace Fabric.LoadTests.Measure;

/// <summary>Few measurements, kept whole.</summary>
internal static class Samples
{
    /// <summary>The median; NaN when there is none.</summary>
    public static double Median(IReadOnlyCollection<double> samples) => Percentile(samples, 50);

    /// <summary>The smallest sample that <paramref name="percent"/> of all do not exceed; for 50 of an even number the mean of the middle two. NaN when there is none.</summary>
    public static double Percentile(IReadOnlyCollection<double> samples, double percent)
    {
        if (samples.Count == 0)
        {
            return double.NaN;
        }

        var sorted = samples.Order().ToArray();
        if (percent == 50 && sorted.Length % 2 == 0)
        {
            return (sorted[(sorted.Length / 2) - 1] + sorted[sorted.Length / 2]) / 2;
        }

        return sorted[Math.Clamp((int)Math.Ceiling(percent / 100 * sorted.Length) - 1, 0, sorted.Length - 1)];
    }
}
