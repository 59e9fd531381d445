using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using Fabric.Client.Edges;
using Fabric.Client.Embedded;
using Fabric.Contracts;
using Fabric.Contracts.Common;
using Fabric.Embedded;
using Fabric.Engine;
using Fabric.Testing;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.Extensions.DependencyInjection;
using ModelContextProtocol.AspNetCore;
using ModelContextProtocol.Client;

namespace Fabric.Client.Mcp.Tests;

/// <summary>A real MCP server behind the guard, over an embedded fabric with two tenants and time by hand.</summary>
public sealed class GuardedServer : IAsyncDisposable
{
    public const string Resource = "https://files.example/mcp";
    public const string Issuer = "https://fabric.example";

    private readonly string _folder = Path.Combine(Path.GetTempPath(), $"fabric-mcp-{Guid.NewGuid():n}");
    private readonly EmbeddedEngine _engine;
    private WebApplication _app = null!;

    private GuardedServer() => _engine = EmbeddedEngine.Open(new EmbeddedOptions { DataFolder = _folder, Issuer = Issuer }, Time);

    public ManualTimeProvider Time { get; } = new(DateTimeOffset.UtcNow);

    internal ToolLog Log { get; } = new();

    public HttpClient Http { get; private set; } = null!;

    public Uri Endpoint { get; private set; } = null!;

    public IFabric Operator => _engine.As(new Caller(Role.Operator, null, "root"));

    public Edge Edge => _app.Services.GetRequiredService<Edge>();

    public static async Task<GuardedServer> StartAsync(Action<FabricMcpOptions>? configure = null, bool stateful = false, string? tenant = "acme", Action<IMcpServerBuilder>? more = null)
    {
        var server = new GuardedServer();
        await server.BeginAsync(configure, stateful, tenant, more);
        return server;
    }

    private async Task BeginAsync(Action<FabricMcpOptions>? configure, bool stateful, string? tenant, Action<IMcpServerBuilder>? more)
    {
        foreach (var name in new[] { "acme", "evil" })
        {
            await Operator.CreateTenantAsync(new(name)).OrThrow();
            await Operator.CreateUserAsync(name, new("mia")).OrThrow();
            await Operator.CreateAgentAsync(name, new("bot", "backend", [new("*")])).OrThrow();
        }

        var builder = WebApplication.CreateSlimBuilder();
        builder.Services.AddSingleton<TimeProvider>(Time).AddSingleton(Log);
        builder.Services.AddFabric(options => options.Tenant = tenant).FromEngine(_ => _engine);
        var mcp = builder.Services.AddMcpServer(options => options.ServerInfo = new ModelContextProtocol.Protocol.Implementation { Name = "files", Version = "1" })
            .WithHttpTransport(options => options.SessionMode = stateful ? HttpServerSessionMode.StatefulForInitializeClients : HttpServerSessionMode.Stateless)
            .WithTools<FileTools>()
            .WithFabricGuard(options =>
            {
                options.Resource = Resource;
                options.AuthorizationServers.Add($"{Issuer}/tenants/acme");
                options.ScopesSupported.Add("files:read_file");
                options.Tools["read_file"] = new McpToolRule("files/{*path}");
                options.Tools["write_file"] = new McpToolRule("files/{path}");
                options.Tools["delete_file"] = new McpToolRule("files/{*path}");
                configure?.Invoke(options);
            });
        more?.Invoke(mcp);
        _app = builder.Build();
        _app.Urls.Add("http://127.0.0.1:0");
        _app.MapFabricMcp("/mcp");
        _app.MapMcp("/unguarded");
        await _app.StartAsync();
        Endpoint = new Uri(new Uri(_app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.Single()), "mcp");
        Http = new HttpClient { BaseAddress = Endpoint };
    }

    /// <summary>A token of a session of its own.</summary>
    public async Task<(NodeDto Session, string Token)> TokenAsync(
        string tool = "files", string action = "*", string resource = "*", string tenant = "acme", string audience = Resource, string? proofKey = null, int? maxCalls = null)
    {
        var session = await Operator.OpenSessionAsync(tenant, new("bot", "test", [new(tool, action, resource, MaxCalls: maxCalls)])).OrThrow();
        var issued = await Operator.IssueCredentialsAsync(session.Id, new(Audience: audience, ProofKey: proofKey)).OrThrow();
        return (new NodeDto("session", tenant, session.Id), issued.Credentials[0].Token);
    }

    /// <summary>A client that other people wrote.</summary>
    public async Task<McpClient> ClientAsync(string token, McpClientOptions? options = null)
    {
        options ??= new McpClientOptions();

        // A slow machine is not a server of an older revision, for which the client takes one that says nothing for five seconds.
        options.DiscoverProbeTimeout = Timeout.InfiniteTimeSpan;
        return await McpClient.CreateAsync(
            new HttpClientTransport(new HttpClientTransportOptions
            {
                Endpoint = Endpoint, TransportMode = HttpTransportMode.StreamableHttp, AdditionalHeaders = new Dictionary<string, string> { ["Authorization"] = $"Bearer {token}" },
            }),
            options);
    }

    /// <summary>Sends one message as it stands.</summary>
    public async Task<HttpResponseMessage> PostAsync(string body, string? token, string path = "/mcp", Action<HttpRequestMessage>? change = null)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, new Uri(path, UriKind.Relative)) { Content = new StringContent(body, Encoding.UTF8, "application/json") };
        request.Headers.Accept.ParseAdd("application/json, text/event-stream");
        request.Headers.Add("MCP-Protocol-Version", "2025-06-18");
        request.Headers.Authorization = token is null ? null : new AuthenticationHeaderValue("Bearer", token);
        change?.Invoke(request);
        return await Http.SendAsync(request);
    }

    /// <summary>A tool call as JSON-RPC.</summary>
    public static string CallOf(string name, string arguments) =>
        $$$"""{"jsonrpc":"2.0","id":7,"method":"tools/call","params":{"name":{{{JsonSerializer.Serialize(name)}}},"arguments":{{{arguments}}}}}""";

    public async ValueTask DisposeAsync()
    {
        Http.Dispose();
        await _app.DisposeAsync();
        await _engine.DisposeAsync();
        Directory.Delete(_folder, recursive: true);
    }
}
