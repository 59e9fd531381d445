using System.Collections.Concurrent;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace Fabric.Silo.Tests.ExtAuthz;

/// <summary>A service that asks nobody: it answers whatever reaches it, and keeps what did.</summary>
internal sealed class Upstream : IAsyncDisposable
{
    private readonly WebApplication _app;

    private Upstream(WebApplication app) => _app = app;

    public ConcurrentQueue<(string Method, string Target, string? Agent, string? User)> Seen { get; } = new();

    public Uri Address => new(_app.Urls.First());

    public static async Task<Upstream> StartAsync()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        var upstream = new Upstream(builder.Build());
        upstream._app.Run(upstream.AnswerAsync);
        await upstream._app.StartAsync();
        return upstream;
    }

    public ValueTask DisposeAsync() => _app.DisposeAsync();

    private Task AnswerAsync(HttpContext context)
    {
        var headers = context.Request.Headers;
        Seen.Enqueue((context.Request.Method, context.Request.Path, Of("X-Fabric-Agent"), Of("X-Fabric-User")));
        return context.Response.WriteAsync("served");

        string? Of(string name) => headers[name].Count == 0 ? null : headers[name].ToString();
    }
}
