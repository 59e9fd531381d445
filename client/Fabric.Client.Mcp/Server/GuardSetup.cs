using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using ModelContextProtocol.Server;

namespace Fabric.Client.Mcp.Server;

/// <summary>Puts the guard around whatever else the server has been given: the first filter is the outermost.</summary>
internal sealed class GuardSetup(IServiceProvider provider) : IPostConfigureOptions<McpServerOptions>
{
    public void PostConfigure(string? name, McpServerOptions options)
    {
        // Made at the first use: what the guard is made of needs these options itself.
        var guard = new Lazy<GuardFilters>(provider.GetRequiredService<GuardFilters>);
        var filters = options.Filters.Request;
        filters.CallToolFilters.Insert(0, next => (context, cancellation) => guard.Value.Tools(next)(context, cancellation));
        filters.ReadResourceFilters.Insert(0, next => (context, cancellation) => guard.Value.Resources(next)(context, cancellation));
        filters.SubscribeToResourcesFilters.Insert(0, next => (context, cancellation) => guard.Value.Subscriptions(next)(context, cancellation));
        filters.GetPromptFilters.Insert(0, next => (context, cancellation) => guard.Value.Prompts(next)(context, cancellation));
        filters.ListToolsFilters.Insert(0, next => (context, cancellation) => guard.Value.Lists(next)(context, cancellation));
    }
}
