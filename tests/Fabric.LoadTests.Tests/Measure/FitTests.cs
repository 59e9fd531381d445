using Fabric.LoadTests.Measure;

namespace Fabric.LoadTests.Tests.Measure;

public sealed class FitTests
{
    [Fact]
    public void A_line_through_points_on_a_line_is_that_line_without_error()
    {
        var fit = LineFit.Of([(0, 3), (1, 5), (2, 7), (4, 11)]);

        Assert.Equal((2, 3, 0, 1), (Math.Round(fit.Slope, 9), Math.Round(fit.Start, 9), Math.Round(fit.SlopeError, 9), Math.Round(fit.R2, 9)));
        Assert.Equal(23, fit.At(10), 9);
        Assert.False(fit.IsFlat);
    }

    [Fact]
    public void A_slope_has_the_error_that_its_textbook_formula_gives()
    {
        // Mean 2 and 7/3; sums of squares: xx 2, xy 2; slope 1, start 1/3; rests 2/3, -4/3, 2/3 squared together 8/3.
        var fit = LineFit.Of([(1, 2), (2, 1), (3, 4)]);

        Assert.Equal(1, fit.Slope, 9);
        Assert.Equal(1 / 3.0, fit.Start, 9);
        Assert.Equal(Math.Sqrt(8 / 3.0 / 1 / 2), fit.SlopeError, 9);
        Assert.True(fit.IsFlat);
    }

    [Theory]
    [InlineData(0.0, true)]
    [InlineData(0.02, false)]
    public void Growth_is_told_from_noise(double slope, bool isFlat)
    {
        // Plus and minus one in turn: no trend of its own beyond one over the number of points.
        var points = Enumerable.Range(0, 1_000).Select(i => ((double)i, 500 + (slope * i) + (i % 2 == 0 ? 1 : -1))).ToList();

        Assert.Equal(isFlat, LineFit.Of(points).IsFlat);
    }

    [Fact]
    public void Too_few_points_have_no_line()
    {
        Assert.True(double.IsNaN(LineFit.Of([(1, 1)]).Slope));
        Assert.True(double.IsNaN(LineFit.Of([(1, 1), (1, 2)]).Slope));
        Assert.False(LineFit.Of([(1, 1)]).IsFlat);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(0.5)]
    [InlineData(1)]
    public void A_power_law_is_found_again(double exponent)
    {
        var fit = PowerFit.Of(new[] { 1e3, 1e4, 1e5, 1e6 }.Select(x => (x, 7 * Math.Pow(x, exponent))).Append((0, 5)));

        Assert.Equal(exponent, fit.Exponent, 9);
        Assert.Equal(7, fit.Factor, 6);
        Assert.Equal(7 * Math.Pow(2e5, exponent), fit.At(2e5), 3);
    }

    [Theory]
    [InlineData("9895920 5890163 5", 9_895_920)]
    [InlineData("", 0)]
    [InlineData("no number", 0)]
    public void A_threads_run_time_is_the_first_number_of_its_line(string line, double ns) => Assert.Equal(ns, RunTime.Parse(line));

    [Fact]
    public void A_process_that_works_has_run() => Assert.True(RunTime.Ns(Environment.ProcessId) > 0);
}
