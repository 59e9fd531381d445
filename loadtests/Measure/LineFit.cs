namespace Fabric.LoadTests.Measure;

/// <summary>A straight line through points by least squares.</summary>
/// <param name="Slope">What y grows by with each unit of x.</param>
/// <param name="Start">y at x = 0.</param>
/// <param name="SlopeError">The standard error of the slope; NaN with fewer than three points.</param>
/// <param name="R2">The share of y's variance that the line explains; 1 where y does not vary at all.</param>
internal sealed record LineFit(double Slope, double Start, double SlopeError, double R2)
{
    /// <summary>Whether nothing but chance speaks for a slope: it is within two of its standard errors of zero.</summary>
    public bool IsFlat => Math.Abs(Slope) <= 2 * SlopeError;

    /// <summary>The line through at least two points whose x differ; NaN all over when there are none such.</summary>
    public static LineFit Of(IReadOnlyList<(double X, double Y)> points)
    {
        if (points.Count < 2)
        {
            return new LineFit(double.NaN, double.NaN, double.NaN, double.NaN);
        }

        var (meanX, meanY) = (points.Average(point => point.X), points.Average(point => point.Y));
        var (xx, xy, yy) = (0.0, 0.0, 0.0);
        foreach (var (x, y) in points)
        {
            xx += (x - meanX) * (x - meanX);
            xy += (x - meanX) * (y - meanY);
            yy += (y - meanY) * (y - meanY);
        }

        var slope = xx > 0 ? xy / xx : double.NaN;
        var start = meanY - (slope * meanX);
        var rest = points.Sum(point => Math.Pow(point.Y - start - (slope * point.X), 2));
        var error = points.Count > 2 ? Math.Sqrt(rest / (points.Count - 2) / xx) : double.NaN;
        return new LineFit(slope, start, error, yy > 0 ? 1 - (rest / yy) : 1);
    }

    /// <summary>The line's value at a place.</summary>
    public double At(double x) => Start + (Slope * x);
}
