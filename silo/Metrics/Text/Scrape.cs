namespace Fabric.Silo.Metrics;

/// <summary>The scrape endpoint of the build without the cluster engine.</summary>
internal static class Scrape
{
    /// <summary>What collects the host's meters.</summary>
    public static void Add(IServiceCollection services) => services.AddSingleton<PrometheusText>();

    /// <summary>Begins to collect, before the first measurement.</summary>
    public static void Begin(IServiceProvider services) => services.GetRequiredService<PrometheusText>();

    /// <summary>Answers a scrape in the Prometheus text format.</summary>
    public static RequestDelegate Of(IServiceProvider services) => services.GetRequiredService<PrometheusText>().AnswerAsync;
}
