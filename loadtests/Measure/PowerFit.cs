namespace Fabric.LoadTests.Measure;

/// <summary>A power law through points: y = factor * x ^ exponent, fitted as a line through the logarithms. An exponent of 0: the cost does not grow.</summary>
/// <param name="Factor">y at x = 1.</param>
/// <param name="Exponent">How fast y grows with x.</param>
/// <param name="ExponentError">The exponent's standard error; NaN with fewer than three points.</param>
/// <param name="R2">The share of the variance of log y that the law explains. Of a cost that hardly changes it says little: there is nothing to explain.</param>
internal sealed record PowerFit(double Factor, double Exponent, double ExponentError, double R2)
{
    /// <summary>The law through points; those that are not above zero are passed over.</summary>
    public static PowerFit Of(IEnumerable<(double X, double Y)> points)
    {
        var line = LineFit.Of([.. points.Where(point => point is { X: > 0, Y: > 0 }).Select(point => (Math.Log(point.X), Math.Log(point.Y)))]);
        return new PowerFit(Math.Exp(line.Start), line.Slope, line.SlopeError, line.R2);
    }

    /// <summary>The law's value at a place.</summary>
    public double At(double x) => Factor * Math.Pow(x, Exponent);
}
