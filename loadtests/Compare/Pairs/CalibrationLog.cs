using Fabric.LoadTests.Measure;

namespace Fabric.LoadTests.Compare.Pairs;

/// <summary>How fast the machine was through a run, and what counts as disturbed. <paramref name="shareMax"/>: how far a round may be from the run's median.</summary>
internal sealed class CalibrationLog(double shareMax)
{
    private readonly List<double> _all = [];

    /// <summary>How far a round may be from the run's median, as a share of it.</summary>
    public double ShareMax => shareMax;

    /// <summary>The run's median so far; NaN when nothing was measured.</summary>
    public double Median => Samples.Median(_all);

    /// <summary>The lowest and the highest, as shares of the median: the machine's noise.</summary>
    public (double Low, double High) Noise => (_all.Min() / Median, _all.Max() / Median);

    /// <summary>Measurements so far.</summary>
    public int Count => _all.Count;

    /// <summary>Adds one measurement.</summary>
    public void Add(double loopsPerMs) => _all.Add(loopsPerMs);

    /// <summary>Whether the machine was so slow or fast beside a round that the round says little.</summary>
    public bool IsContaminated(double loopsPerMs) => Math.Abs((loopsPerMs / Median) - 1) > shareMax;
}
