using OpenTelemetry.Metrics;

namespace Fabric.Silo.Metrics;

/// <summary>
/// The scrape endpoint of the build with the cluster engine: OpenTelemetry's Prometheus exporter, over the fabric's own meters, the runtime's and Orleans'. Series an
/// instrument are limited (B1); past the limit further label sets are counted under `otel_metric_overflow`.
/// </summary>
internal static class Scrape
{
    private const int SeriesMax = 2_000;

    /// <summary>What collects the host's meters.</summary>
    public static void Add(IServiceCollection services) => services.AddOpenTelemetry().WithMetrics(metrics => metrics
        .AddMeter("Fabric*", "System.Runtime", "Microsoft.Orleans")
        .AddView("*", new MetricStreamConfiguration { CardinalityLimit = SeriesMax })
        .AddPrometheusExporter(exporter => exporter.ScrapeResponseCacheDurationMilliseconds = 0));

    /// <summary>Begins to collect, before the first measurement.</summary>
    public static void Begin(IServiceProvider services) => services.GetRequiredService<MeterProvider>();

    /// <summary>Answers a scrape in the format that the scraper asks for.</summary>
    public static RequestDelegate Of(IServiceProvider services)
    {
        var branch = new ApplicationBuilder(services);
        branch.UseOpenTelemetryPrometheusScrapingEndpoint(null, _ => true, null, null, null);
        return branch.Build();
    }
}
