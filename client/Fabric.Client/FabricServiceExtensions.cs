using Fabric.Client.AspNetCore;
using Fabric.Client.Edges;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Fabric.Client;

/// <summary>Adds an enforcement point to a host.</summary>
public static class FabricServiceExtensions
{
    /// <summary>
    /// Adds an <see cref="Edge"/> that starts and stops with the host. Where its view comes from is said on the builder. The options may come from configuration,
    /// too (`services.Configure&lt;FabricEdgeOptions&gt;(section)`); one out of its bounds ends the start with an <see cref="ArgumentException"/>.
    /// </summary>
    public static FabricBuilder AddFabric(this IServiceCollection services, Action<FabricEdgeOptions>? configure = null)
    {
        services.AddOptions<FabricEdgeOptions>();
        if (configure is not null)
        {
            services.Configure(configure);
        }

        services.TryAddSingleton(TimeProvider.System);
        services.TryAddSingleton(provider => new EdgeClock(provider.GetRequiredService<TimeProvider>()));
        services.TryAddSingleton(provider => new RequestTokens(provider.GetRequiredService<EdgeClock>()));
        services.TryAddSingleton(provider => new Edge(
            (provider.GetService<FabricBuilder.SourceFactory>() ?? throw new InvalidOperationException(
                "AddFabric has no source: say on its builder where the fabric is")).Make(provider),
            provider.GetRequiredService<IOptions<FabricEdgeOptions>>().Value,
            provider.GetRequiredService<EdgeClock>(),
            provider.GetService<ILogger<Edge>>()));
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IHostedService, EdgeHost>());
        return new FabricBuilder(services);
    }
}
