using Fabric.LoadTests.Compare.Reports;

namespace Fabric.LoadTests.Drills.Reports;

/// <summary>An axis of a plot: where a value stands, and which values are marked. A logarithmic one is <see cref="LogScale"/>; a linear one is widened to round
/// steps, and begins at zero unless all its values are far from it; or it holds just what there is, with the round steps within it marked.</summary>
internal sealed class PlotAxis
{
    private const int StepsMax = 6;

    // Whose lowest value is under this share of the highest is drawn from zero: a plot then shows how many times one is the other.
    private const double FromZeroShare = 0.6;

    private readonly LogScale? _log;
    private readonly double _low;
    private readonly double _high;
    private readonly double _step;
    private readonly double _from;
    private readonly double _length;

    /// <summary>An axis from one place to another that holds all values. Values that are no numbers are passed over.</summary>
    public PlotAxis(IEnumerable<double> values, double from, double to, bool isLog, bool isWidened = true)
    {
        var all = values.Where(double.IsFinite).DefaultIfEmpty(0).ToList();
        (_from, _length) = (from, to - from);
        if (isLog)
        {
            _log = new LogScale(all, from, to);
            return;
        }

        var (low, high) = (all.Min(), all.Max());
        high = high > low ? high : low + Math.Max(1, Math.Abs(low) / 10);
        if (!isWidened)
        {
            (_step, _low, _high) = (RoundStep((high - low) / StepsMax), low, high);
            return;
        }

        low = low > 0 && low < high * FromZeroShare ? 0 : low;
        _step = RoundStep((high - low) / StepsMax);
        (_low, _high) = (Math.Floor(low / _step) * _step, Math.Ceiling(high / _step) * _step);
    }

    /// <summary>The values that are marked.</summary>
    public IReadOnlyList<double> Marks
    {
        get
        {
            if (_log is not null)
            {
                return [.. _log.Marks];
            }

            // A little slack: a step's multiple is rarely the number itself.
            var (first, last) = (Math.Ceiling((_low / _step) - 1e-9), Math.Floor((_high / _step) + 1e-9));
            return [.. Enumerable.Range(0, (int)(last - first) + 1).Select(i => (first + i) * _step)];
        }
    }

    /// <summary>Where a value stands.</summary>
    public double At(double value) => _log?.At(value) ?? (_from + (_length * Math.Clamp((value - _low) / (_high - _low), 0, 1)));

    // 1, 2 or 5 times a power of ten.
    private static double RoundStep(double least)
    {
        var power = Math.Pow(10, Math.Floor(Math.Log10(least)));
        return new[] { 1.0, 2, 5, 10 }.First(each => each * power >= least * (1 - 1e-9)) * power;
    }
}
