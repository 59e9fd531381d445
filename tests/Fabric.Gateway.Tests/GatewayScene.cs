using System.Net.Http.Headers;
using System.Text;
using Fabric.Client;
using Fabric.Client.Embedded;
using Fabric.Contracts;
using Fabric.Contracts.Common;
using Fabric.Embedded;
using Fabric.Engine;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.Extensions.DependencyInjection;
using ModelContextProtocol.Client;

namespace Fabric.Gateway.Tests;

/// <summary>A gateway over an embedded fabric.</summary>
public sealed class GatewayScene : IAsyncDisposable
{
    public const string Resource = "https://gateway.example/mcp";

    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("fabric-gateway-");
    private readonly EmbeddedEngine _engine;
    private WebApplication _app = null!;

    private GatewayScene() => _engine = EmbeddedEngine.Open(new EmbeddedOptions { DataFolder = Path.Combine(_folder.FullName, "data"), Issuer = "https://fabric.example" });

    public string Folder => _folder.FullName;

    public HttpClient Http { get; private set; } = null!;

    public Uri Endpoint { get; private set; } = null!;

    public IFabric Operator => _engine.As(new Caller(Role.Operator, null, "root"));

    /// <summary>The built test server as a program.</summary>
    internal static void UseProgram(GatewaySettings settings)
    {
        settings.Upstream.Command = "dotnet";
        settings.Upstream.Arguments.Add(Path.Combine(AppContext.BaseDirectory, "Fabric.McpServer.dll"));
        settings.Upstream.Arguments.Add("stdio");
    }

    internal static async Task<GatewayScene> StartAsync(Action<GatewaySettings, GatewayScene> configure)
    {
        var scene = new GatewayScene();
        await scene.BeginAsync(configure);
        return scene;
    }

    private async Task BeginAsync(Action<GatewaySettings, GatewayScene> configure)
    {
        foreach (var tenant in new[] { "acme", "evil" })
        {
            await Operator.CreateTenantAsync(new(tenant)).OrThrow();
            await Operator.CreateAgentAsync(tenant, new("bot", "backend", [new("*")])).OrThrow();
            await Operator.CreateAgentAsync(tenant, new("other", "backend", [new("*")])).OrThrow();
        }

        var settings = new GatewaySettings { Urls = "http://127.0.0.1:0" };
        settings.Fabric.Tenant = "acme";
        settings.Guard.Resource = Resource;
        settings.Guard.Tool = "notes";
        settings.Guard.AuthorizationServers.Add("https://fabric.example/tenants/acme");
        settings.Guard.Tools.Add(new ToolRuleSettings { Name = "write", Resource = "notes/{*path}" });
        configure(settings, this);
        _app = GatewayHost.Build(settings, services => services.AddFabric().FromEngine(_ => _engine));
        await _app.StartAsync();
        Endpoint = new Uri(new Uri(_app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.Single()), "mcp");
        Http = new HttpClient { BaseAddress = Endpoint };
    }

    public async Task<(NodeDto Session, string Token)> TokenAsync(string action = "*", string resource = "*", string tenant = "acme", string agent = "bot", string audience = Resource, bool readOnly = false)
    {
        var session = await Operator.OpenSessionAsync(tenant, new(agent, "test", [new("notes", action, resource, ReadOnly: readOnly)])).OrThrow();
        var issued = await Operator.IssueCredentialsAsync(session.Id, new(Audience: audience)).OrThrow();
        return (new NodeDto("session", tenant, session.Id), issued.Credentials[0].Token);
    }

    public async Task<McpClient> ClientAsync(string token, McpClientOptions? options = null)
    {
        options ??= new McpClientOptions();

        // The program behind the gateway starts at the first request, however long that takes: the client takes that for no answer at all after five seconds.
        options.DiscoverProbeTimeout = Timeout.InfiniteTimeSpan;
        return await McpClient.CreateAsync(
            new HttpClientTransport(new HttpClientTransportOptions
            {
                Endpoint = Endpoint, TransportMode = HttpTransportMode.StreamableHttp, AdditionalHeaders = new Dictionary<string, string> { ["Authorization"] = $"Bearer {token}" },
            }),
            options);
    }

    public async Task<HttpResponseMessage> PostAsync(string body, string? token, string? session = null, params (string Name, string Value)[] headers)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, Endpoint) { Content = new StringContent(body, Encoding.UTF8, "application/json") };
        request.Headers.Accept.ParseAdd("application/json, text/event-stream");
        request.Headers.Authorization = token is null ? null : new AuthenticationHeaderValue("Bearer", token);
        if (session is not null)
        {
            request.Headers.Add("Mcp-Session-Id", session);
        }

        foreach (var (name, value) in headers)
        {
            request.Headers.Add(name, value);
        }

        return await Http.SendAsync(request);
    }

    public async ValueTask DisposeAsync()
    {
        Http.Dispose();
        await _app.DisposeAsync();
        await _engine.DisposeAsync();
        _folder.Delete(recursive: true);
    }
}
