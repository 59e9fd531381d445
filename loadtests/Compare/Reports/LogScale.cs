namespace Fabric.LoadTests.Compare.Reports;

/// <summary>A logarithmic axis: values to places between two ends, whole powers of ten as its marks.</summary>
internal sealed class LogScale
{
    private readonly double _low;
    private readonly double _span;
    private readonly double _from;
    private readonly double _length;

    /// <summary>An axis from one place to another that holds all values, widened to whole powers of ten. Values that are not above zero have no place and are passed over.</summary>
    public LogScale(IEnumerable<double> values, double from, double to)
    {
        var logs = values.Where(value => double.IsFinite(value) && value > 0).Select(Math.Log10).DefaultIfEmpty(0).ToList();
        _low = Math.Floor(logs.Min());
        _span = Math.Max(1, Math.Ceiling(logs.Max()) - _low);
        (_from, _length) = (from, to - from);
    }

    /// <summary>The whole powers of ten on it.</summary>
    public IEnumerable<double> Marks => Enumerable.Range(0, (int)_span + 1).Select(i => Math.Pow(10, _low + i));

    /// <summary>Where a value stands; what is not above zero stands at the beginning.</summary>
    public double At(double value) => value > 0 ? _from + (_length * Math.Clamp((Math.Log10(value) - _low) / _span, 0, 1)) : _from;
}
