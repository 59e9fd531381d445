using Fabric.Client;
using Fabric.Client.AspNetCore;
using Fabric.Client.Edges;
using Fabric.Client.Feed;
using Fabric.Client.Mcp.Http;
using Fabric.Client.Mcp.Mapping;
using Fabric.Gateway.Tools;
using Fabric.Gateway.Upstreams;

namespace Fabric.Gateway;

/// <summary>Puts the gateway together: an enforcement point, the guard, and the server behind.</summary>
internal static class GatewayHost
{
    /// <summary>The gateway. <paramref name="configure"/> may say otherwise where the fabric is.</summary>
    public static WebApplication Build(GatewaySettings settings, Action<IServiceCollection>? configure = null)
    {
        var options = SettingsReader.OptionsOf(settings);
        var builder = WebApplication.CreateSlimBuilder(new WebApplicationOptions { Args = [] });
        builder.WebHost.UseUrls(settings.Urls.Split(';')).ConfigureKestrel(kestrel => kestrel.Limits.MaxRequestBodySize = settings.Limits.MessageBytesMax + 1L);
        builder.Logging.ClearProviders().AddSimpleConsole(console => console.SingleLine = true).AddFilter("Microsoft.AspNetCore", LogLevel.Warning).AddFilter("System.Net.Http", LogLevel.Warning);
        var fabric = builder.Services.AddFabric(edge => (edge.Name, edge.Tenant, edge.Audience) = (settings.Fabric.Name, settings.Fabric.Tenant, options.Resource));
        if (configure is null)
        {
            fabric.FromFabric(_ => new FeedConnectionOptions
            {
                Addresses = [.. settings.Fabric.Address.Split(';').Select(address => new Uri(address))], Secret = SettingsReader.SecretOf(settings.Fabric.SecretFile),
            });
        }

        builder.Services.AddSingleton(settings.Limits);
        builder.Services.AddSingleton<IUpstream>(provider => settings.Upstream.Command is null
            ? new HttpUpstream(settings.Upstream, settings.Limits, provider.GetRequiredService<TimeProvider>())
            : new StdioUpstream(settings.Upstream, settings.Limits, provider.GetRequiredService<TimeProvider>(), provider.GetRequiredService<ILogger<StdioUpstream>>()));
        builder.Services.AddSingleton<ToolCatalogue>();
        configure?.Invoke(builder.Services);
        var app = builder.Build();
        Map(app, settings, options);
        return app;
    }

    private static void Map(WebApplication app, GatewaySettings settings, Client.Mcp.FabricMcpOptions options)
    {
        var metadata = new ResourceMetadata(options, settings.Guard.Tool);
        var guard = new McpHttpGuard(
            options, settings.Fabric.Tenant, app.Services.GetRequiredService<Edge>(), app.Services.GetRequiredService<RequestTokens>(),
            new RequestCalls(new CallMapper(options, settings.Guard.Tool), app.Services.GetRequiredService<ToolCatalogue>()), new McpAnswers(metadata));
        var upstream = app.Services.GetRequiredService<IUpstream>();
        var room = new SemaphoreSlim(settings.Limits.RequestsMax);
        app.MapGet(metadata.Path, metadata.AnswerAsync);
        app.MapGet("/healthz", () => app.Services.GetRequiredService<Edge>().IsReady ? Results.Text("ready") : Results.Text("not ready", statusCode: StatusCodes.Status503ServiceUnavailable));
        app.Map(settings.Path, async context =>
        {
            if (!await room.WaitAsync(TimeSpan.Zero, context.RequestAborted))
            {
                await McpAnswers.WriteRefusedAsync(context, StatusCodes.Status503ServiceUnavailable, -32000, "the gateway serves as many requests as it may");
                return;
            }

            try
            {
                await guard.InvokeAsync(context, upstream.ForwardAsync);
            }
            finally
            {
                room.Release();
            }
        });
    }
}
