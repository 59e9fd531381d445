using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using System.Text;

namespace Fabric.Silo.Metrics;

/// <summary>One instrument with its series.</summary>
internal sealed class MetricFamily
{
    private static readonly double[] DefaultBounds = [0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1, 5, 10];

    private readonly ConcurrentDictionary<int, MetricSeries> _series = new();
    private readonly double[]? _bounds;
    private readonly bool _isObserved;
    private readonly bool _isSum;
    private readonly string _kind;
    private readonly string _help;
    private int _count;

    private MetricFamily(Instrument instrument, string kind, bool isSum, double[]? bounds)
    {
        (_kind, _isSum, _bounds, _isObserved) = (kind, isSum, bounds, instrument.IsObservable);
        _help = (instrument.Description ?? "").ReplaceLineEndings(" ");
        Name = NameOf(instrument, kind);
    }

    public string Name { get; }

    public static MetricFamily Of(Instrument instrument)
    {
        var type = instrument.GetType();
        var shape = type.IsGenericType ? type.GetGenericTypeDefinition() : type;
        return shape == typeof(Histogram<>) ? new(instrument, "histogram", true, BoundsOf(instrument))
            : shape == typeof(Counter<>) || shape == typeof(ObservableCounter<>) ? new(instrument, "counter", !instrument.IsObservable, null)
            : new(instrument, "gauge", shape == typeof(UpDownCounter<>), null);
    }

    public void Take(double value, ReadOnlySpan<KeyValuePair<string, object?>> labels)
    {
        var hash = default(HashCode);
        foreach (var label in labels)
        {
            hash.Add(label.Value);
        }
        var series = Find(hash.ToHashCode(), labels);
        if (_isSum)
        {
            series.Add(value, _bounds);
        }
        else
        {
            series.Set(value);
        }
    }

    /// <summary>An observed series that is not observed again is gone.</summary>
    public void ForgetObservations()
    {
        if (_isObserved)
        {
            _series.Clear();
            _count = 0;
        }
    }

    public void Write(StringBuilder text)
    {
        if (_series.IsEmpty)
        {
            return;
        }
        text.Append("# HELP ").Append(Name).Append(' ').Append(_help).Append("\n# TYPE ").Append(Name).Append(' ').Append(_kind).Append('\n');
        foreach (var first in _series.Values)
        {
            for (var series = first; series is not null; series = series.Next)
            {
                series.Write(text, Name, _bounds);
            }
        }
    }

    private MetricSeries Find(int hash, ReadOnlySpan<KeyValuePair<string, object?>> labels)
    {
        _series.TryGetValue(hash, out var first);
        for (var series = first; series is not null; series = series.Next)
        {
            if (series.Has(labels))
            {
                return series;
            }
        }
        lock (_series)
        {
            _series.TryGetValue(hash, out first);
            for (var series = first; series is not null; series = series.Next)
            {
                if (series.Has(labels))
                {
                    return series;
                }
            }
            if (_count >= PrometheusText.SeriesMax && labels.Length > 0)
            {
                return Find(0, []);
            }
            _count++;
            return _series[hash] = new MetricSeries(labels.ToArray(), first, _bounds?.Length ?? 0);
        }
    }

    private static double[] BoundsOf(Instrument instrument) => instrument switch
    {
        Histogram<double> { Advice.HistogramBucketBoundaries: { } bounds } => [.. bounds],
        Histogram<long> { Advice.HistogramBucketBoundaries: { } bounds } => [.. bounds.Select(bound => (double)bound)],
        _ => DefaultBounds,
    };

    private static string NameOf(Instrument instrument, string kind)
    {
        var name = new StringBuilder();
        foreach (var c in instrument.Name)
        {
            name.Append(char.IsAsciiLetterOrDigit(c) ? c : '_');
        }
        name.Append(instrument.Unit switch { "s" => "_seconds", "By" => "_bytes", _ => "" });
        return kind == "counter" ? name.Append("_total").ToString() : name.ToString();
    }
}
