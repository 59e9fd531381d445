using Fabric.Client.AspNetCore;
using Fabric.Client.Edges;
using Fabric.Client.Mcp.Http;
using Fabric.Client.Mcp.Mapping;
using Fabric.Client.Mcp.Server;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Options;
using ModelContextProtocol.Server;

namespace Fabric.Client.Mcp;

/// <summary>Guards MCP servers.</summary>
public static class FabricMcpServerExtensions
{
    /// <summary>
    /// Has every call of a tool, and by the options every reading of a resource and every prompt, decided by the host's enforcement point (<see cref="FabricServiceExtensions.AddFabric"/>)
    /// before it runs, and cancelled when its authority ends. Over HTTP the endpoint is <see cref="MapFabricMcp"/>: what does not come through it is denied.
    /// </summary>
    public static IMcpServerBuilder WithFabricGuard(this IMcpServerBuilder builder, Action<FabricMcpOptions> configure)
    {
        builder.Services.Configure(configure);
        builder.Services.TryAddSingleton(provider => new CallMapper(Options(provider), NameOf(provider)));
        builder.Services.TryAddSingleton(provider => new GuardFilters(Checked(provider, isHttp: false), TenantOf(provider), provider.GetRequiredService<Edge>(), provider.GetRequiredService<CallMapper>()));
        builder.Services.AddSingleton<IPostConfigureOptions<McpServerOptions>, GuardSetup>();
        return builder;
    }

    /// <summary>
    /// Maps the MCP endpoint of the host's server with the guard in front, and its protected resource metadata (RFC 9728). Throws <see cref="ArgumentException"/> for options that do not hold.
    /// </summary>
    public static IEndpointConventionBuilder MapFabricMcp(this IEndpointRouteBuilder endpoints, string pattern = "")
    {
        var provider = endpoints.ServiceProvider;
        var options = Checked(provider, isHttp: true);
        var metadata = new ResourceMetadata(options, NameOf(provider));
        var guard = new McpHttpGuard(
            options, TenantOf(provider), provider.GetRequiredService<Edge>(), provider.GetRequiredService<RequestTokens>(),
            new RequestCalls(provider.GetRequiredService<CallMapper>(), new ServerToolClasses(provider.GetRequiredService<IOptions<McpServerOptions>>())), new McpAnswers(metadata));
        endpoints.MapGet(metadata.Path, metadata.AnswerAsync);
        var mcp = endpoints.MapMcp(pattern);
        mcp.Finally(endpoint =>
        {
            if (endpoint.RequestDelegate is { } guarded)
            {
                endpoint.RequestDelegate = context => guard.InvokeAsync(context, (inner, _) => guarded(inner));
            }
        });
        return mcp;
    }

    private static FabricMcpOptions Options(IServiceProvider provider) => provider.GetRequiredService<IOptions<FabricMcpOptions>>().Value;

    private static FabricMcpOptions Checked(IServiceProvider provider, bool isHttp)
    {
        var options = Options(provider);
        options.Validate(isHttp, TenantOf(provider));
        return options;
    }

    private static string? TenantOf(IServiceProvider provider) => provider.GetRequiredService<IOptions<FabricEdgeOptions>>().Value.Tenant;

    private static string NameOf(IServiceProvider provider) => provider.GetRequiredService<IOptions<McpServerOptions>>().Value.ServerInfo?.Name ?? "mcp";
}
