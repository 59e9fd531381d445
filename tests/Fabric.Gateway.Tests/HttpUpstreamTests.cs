using Fabric.McpServer;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using ModelContextProtocol.AspNetCore;

namespace Fabric.Gateway.Tests;

/// <summary>A server behind a URL.</summary>
public sealed class HttpUpstreamTests : GatewaySuite
{
    private readonly List<IHeaderDictionary> _seen = [];
    private WebApplication _behind = null!;

    private protected override async Task<GatewayScene> MakeSceneAsync()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Services.AddMcpServer().WithHttpTransport(options => options.SessionMode = HttpServerSessionMode.StatefulForInitializeClients)
            .WithTools<NoteTools>().WithResources<Notes>().WithPrompts<Notes>();
        _behind = builder.Build();
        _behind.Urls.Add("http://127.0.0.1:0");
        _behind.Use((context, next) =>
        {
            lock (_seen)
            {
                _seen.Add(new HeaderDictionary(context.Request.Headers.ToDictionary(pair => pair.Key, pair => pair.Value, StringComparer.OrdinalIgnoreCase)));
            }

            if (context.Request.Headers.Authorization != "Bearer own-secret")
            {
                context.Response.StatusCode = StatusCodes.Status401Unauthorized;
                context.Response.Headers.WWWAuthenticate = "Bearer resource_metadata=\"https://inner.example/x\"";
                return Task.CompletedTask;
            }

            return next(context);
        });
        _behind.MapMcp("/inner");
        await _behind.StartAsync();
        var address = _behind.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.Single();
        return await GatewayScene.StartAsync((settings, scene) =>
        {
            settings.Upstream.Url = $"{address}/inner";
            settings.Upstream.HeadersFile = Path.Combine(scene.Folder, "headers");
            settings.Limits.SessionsPerCallerMax = 2;
            File.WriteAllText(settings.Upstream.HeadersFile, "# of the gateway's own\nAuthorization: Bearer own-secret\n");
        });
    }

    public override async Task DisposeAsync()
    {
        await base.DisposeAsync();
        await _behind.DisposeAsync();
    }

    [Fact]
    public async Task No_token_proof_or_cookie_of_a_caller_reaches_the_server()
    {
        var (_, token) = await Scene.TokenAsync();
        using var request = new HttpRequestMessage(HttpMethod.Post, Scene.Endpoint)
        {
            Content = new StringContent(Initialize, System.Text.Encoding.UTF8, "application/json"),
        };
        request.Headers.Accept.ParseAdd("application/json, text/event-stream");
        request.Headers.Authorization = new("Bearer", token);
        request.Headers.Add("Cookie", "a=secret");
        request.Headers.Add("X-Forwarded-For", "1.2.3.4");
        request.Headers.Add("Proxy-Authorization", $"Bearer {token}");
        using var answer = await Scene.Http.SendAsync(request);
        Assert.True(answer.IsSuccessStatusCode, $"{answer.StatusCode}: {answer.Headers.WwwAuthenticate} {await answer.Content.ReadAsStringAsync()}");
        Assert.NotEmpty(_seen);
        Assert.All(_seen, headers =>
        {
            Assert.Equal("Bearer own-secret", headers.Authorization.ToString());
            Assert.DoesNotContain(headers, pair => pair.Value.ToString().Contains(token, StringComparison.Ordinal) || pair.Key is "Cookie" or "X-Forwarded-For" or "DPoP");
        });
    }
}
