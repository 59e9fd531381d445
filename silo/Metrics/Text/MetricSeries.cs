using System.Globalization;
using System.Text;

namespace Fabric.Silo.Metrics;

/// <summary>One set of labels with its number, and with its buckets for a histogram.</summary>
internal sealed class MetricSeries(KeyValuePair<string, object?>[] labels, MetricSeries? next, int bounds)
{
    private readonly Lock _lock = new();
    private readonly long[] _buckets = new long[bounds + 1];
    private readonly string _labels = TextOf(labels);
    private double _value;
    private long _count;

    public MetricSeries? Next { get; } = next;

    public bool Has(ReadOnlySpan<KeyValuePair<string, object?>> others)
    {
        if (others.Length != labels.Length)
        {
            return false;
        }
        for (var i = 0; i < labels.Length; i++)
        {
            if (!Equals(labels[i].Value, others[i].Value) || labels[i].Key != others[i].Key)
            {
                return false;
            }
        }
        return true;
    }

    public void Set(double value)
    {
        lock (_lock)
        {
            _value = value;
        }
    }

    public void Add(double value, double[]? upTo)
    {
        lock (_lock)
        {
            _value += value;
            _count++;
            if (upTo is not null)
            {
                var at = Array.BinarySearch(upTo, value);
                _buckets[at < 0 ? ~at : at]++;
            }
        }
    }

    public void Write(StringBuilder text, string name, double[]? upTo)
    {
        lock (_lock)
        {
            if (upTo is null)
            {
                Line(text, name, "", _labels, _value);
                return;
            }
            var sum = 0L;
            for (var i = 0; i < _buckets.Length; i++)
            {
                sum += _buckets[i];
                var le = $"le=\"{(i < upTo.Length ? upTo[i].ToString(CultureInfo.InvariantCulture) : "+Inf")}\"";
                Line(text, name, "_bucket", _labels.Length == 0 ? le : $"{_labels},{le}", sum);
            }
            Line(text, name, "_sum", _labels, _value);
            Line(text, name, "_count", _labels, _count);
        }
    }

    private static void Line(StringBuilder text, string name, string suffix, string labels, double value)
    {
        text.Append(name).Append(suffix);
        if (labels.Length > 0)
        {
            text.Append('{').Append(labels).Append('}');
        }
        text.Append(' ').Append(value.ToString(CultureInfo.InvariantCulture)).Append('\n');
    }

    private static string TextOf(KeyValuePair<string, object?>[] labels) =>
        string.Join(',', labels.Select(label => $"{Plain(label.Key)}=\"{Escaped(label.Value?.ToString() ?? "")}\""));

    private static string Plain(string key) => new([.. key.Select(c => char.IsAsciiLetterOrDigit(c) ? c : '_')]);

    private static string Escaped(string value) =>
        value.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("\"", "\\\"", StringComparison.Ordinal).Replace("\n", "\\n", StringComparison.Ordinal);
}
