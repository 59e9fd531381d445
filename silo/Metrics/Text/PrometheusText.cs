using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using System.Text;

namespace Fabric.Silo.Metrics;

/// <summary>
/// Collects the process's meters and writes them in the Prometheus text format 0.0.4. Reads meters whose name begins with `Fabric`, and the
/// runtime's own. Series an instrument are limited (B1); past the limit further label sets are counted under no labels at all.
/// </summary>
internal sealed class PrometheusText : IDisposable
{
    /// <summary>Series an instrument.</summary>
    public const int SeriesMax = 2_000;

    private readonly MeterListener _listener = new();
    private readonly ConcurrentDictionary<Instrument, MetricFamily> _families = new();
    private readonly Lock _observing = new();
    private readonly IMeterFactory _meters;

    public PrometheusText(IMeterFactory meters)
    {
        _meters = meters;
        _listener.InstrumentPublished = (instrument, listener) =>
        {
            if (IsOurs(instrument.Meter))
            {
                listener.EnableMeasurementEvents(instrument, _families.GetOrAdd(instrument, MetricFamily.Of));
            }
        };
        _listener.MeasurementsCompleted = (instrument, _) => _families.TryRemove(instrument, out MetricFamily? _);
        _listener.SetMeasurementEventCallback<long>(static (_, value, tags, family) => ((MetricFamily)family!).Take(value, tags));
        _listener.SetMeasurementEventCallback<int>(static (_, value, tags, family) => ((MetricFamily)family!).Take(value, tags));
        _listener.SetMeasurementEventCallback<double>(static (_, value, tags, family) => ((MetricFamily)family!).Take(value, tags));
        _listener.Start();
    }

    /// <summary>Answers a scrape.</summary>
    public Task AnswerAsync(HttpContext context)
    {
        context.Response.ContentType = "text/plain; version=0.0.4; charset=utf-8";
        return context.Response.WriteAsync(Write());
    }

    /// <summary>Everything measured so far, observable instruments read now.</summary>
    public string Write()
    {
        var text = new StringBuilder(16 * 1024);
        lock (_observing)
        {
            foreach (var family in _families.Values)
            {
                family.ForgetObservations();
            }
            _listener.RecordObservableInstruments();
            foreach (var family in _families.Values.OrderBy(family => family.Name, StringComparer.Ordinal))
            {
                family.Write(text);
            }
        }
        return text.ToString();
    }

    /// <inheritdoc/>
    public void Dispose() => _listener.Dispose();

    // Another host in the same process has its own factory; meters without one belong to everybody.
    private bool IsOurs(Meter meter) =>
        (meter.Scope is null || ReferenceEquals(meter.Scope, _meters))
        && (meter.Name.StartsWith("Fabric", StringComparison.Ordinal) || meter.Name == "System.Runtime");
}
