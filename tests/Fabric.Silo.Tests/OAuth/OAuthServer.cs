using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using Fabric.Client;
using Fabric.Contracts;
using Fabric.Contracts.Agents;
using Fabric.Contracts.Common;
using Fabric.Contracts.Keys;
using Fabric.Contracts.Tenants;
using Fabric.Embedded;
using Fabric.Engine;
using Fabric.Silo.Hosting;
using Fabric.Testing;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.Logging.Abstractions;

namespace Fabric.Silo.Tests.OAuth;

/// <summary>The host around an embedded engine, both on a clock that is driven by hand, as OAuth clients meet it.</summary>
public sealed class OAuthServer : IAsyncLifetime
{
    public const string Address = Browser.Issuer;

    private readonly string _folder = Directory.CreateTempSubdirectory("fabric-oauth-tests-").FullName;
    private EmbeddedEngine _engine = null!;
    private WebApplication _app = null!;

    public ManualTimeProvider Time { get; } = new(DateTimeOffset.UtcNow);

    /// <summary>Whether the clock stays at the moment of the start.</summary>
    public bool HasJustStarted { get; init; }

    /// <summary>Whether requests are taken by reference alone.</summary>
    public bool RequirePushedRequests { get; init; }

    /// <summary>Changes the host's settings.</summary>
    public Action<SiloOptions>? Configure { get; init; }

    public HttpClient Http { get; } = new();

    public IFabricEngine Engine => _engine;

    public IFabric Operator { get; private set; } = null!;

    public async Task InitializeAsync()
    {
        var options = new SiloOptions { Urls = "http://127.0.0.1:0", DataFolder = _folder, Issuer = Address, OAuth = { RequirePushedRequests = RequirePushedRequests } };
        Configure?.Invoke(options);
        _engine = EmbeddedEngine.Open(new EmbeddedOptions { DataFolder = _folder, Issuer = Address }, Time);
        _app = SiloHost.Build(options, _engine, NullLoggerFactory.Instance, Time);
        await _app.StartAsync();
        Http.BaseAddress = new Uri(_app.Urls.First());
        Operator = _engine.As(Caller.Fabric);

        // What was made up to now may have been used before the start.
        if (!HasJustStarted)
        {
            Time.Advance(TimeSpan.FromMinutes(1));
        }
    }

    public async Task DisposeAsync()
    {
        Http.Dispose();
        await _app.StopAsync();
        await _app.DisposeAsync();
        await _engine.DisposeAsync();
        Directory.Delete(_folder, recursive: true);
    }

    /// <summary>What lies in the data folder.</summary>
    public IEnumerable<string> Files() => Directory.EnumerateFiles(_folder);

    /// <summary>The fabric as a caller.</summary>
    public IFabric As(Caller caller) => _engine.As(caller);

    public long Now => Time.GetUtcNow().ToUnixTimeSeconds();

    public async Task<string> TenantAsync()
    {
        var tenant = "t" + Guid.NewGuid().ToString("N");
        await Operator.CreateTenantAsync(new CreateTenant(tenant)).OrThrow();
        return tenant;
    }

    /// <summary>A backend agent that may do everything with `mail` and `files`.</summary>
    public async Task<AgentClient> AgentAsync(string? tenant = null, string? id = null, bool requireApproval = false)
    {
        tenant ??= await TenantAsync();
        id ??= "a" + Guid.NewGuid().ToString("N");
        var made = await Operator.CreateAgentAsync(tenant, new CreateAgent(id, "backend", [new ScopeDto("mail"), new ScopeDto("files")], RequireApproval: requireApproval)).OrThrow();
        return new AgentClient(this, tenant, id, made.Secret);
    }

    public async Task<string> KeyAsync(string role, string? tenant = null) =>
        (await Operator.MakeApiKeyAsync(new MakeApiKey(role, "k" + Guid.NewGuid().ToString("N"), tenant)).OrThrow()).Secret;

    /// <summary>Sends a form; <paramref name="authorization"/>: the header, or null.</summary>
    public async Task<OAuthReply> PostAsync(string tenant, string endpoint, string? authorization, HttpContent body, params (string Name, string Value)[] headers)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, $"/tenants/{tenant}/oauth/{endpoint}") { Content = body };
        if (authorization is not null)
        {
            request.Headers.TryAddWithoutValidation("Authorization", authorization);
        }
        foreach (var (name, value) in headers)
        {
            request.Headers.TryAddWithoutValidation(name, value);
        }
        using var response = await Http.SendAsync(request);
        var text = await response.Content.ReadAsStringAsync();
        var nonce = response.Headers.TryGetValues("DPoP-Nonce", out var found) ? found.Single() : null;
        Assert.True(response.Headers.CacheControl?.NoStore, $"{endpoint} may be cached: {text}");
        return new OAuthReply((int)response.StatusCode, text.Length == 0 ? default : JsonElement.Parse(text), nonce, response.Headers.WwwAuthenticate.FirstOrDefault());
    }

    public Task<OAuthReply> PostAsync(string tenant, string endpoint, string? authorization, params (string Name, string Value)[] fields) =>
        PostAsync(tenant, endpoint, authorization, Form(fields));

    public static FormUrlEncodedContent Form(params (string Name, string Value)[] fields) => new(fields.Select(field => KeyValuePair.Create(field.Name, field.Value)));

    public static ByteArrayContent Raw(string body, string type = "application/x-www-form-urlencoded")
    {
        var content = new ByteArrayContent(Encoding.UTF8.GetBytes(body));
        content.Headers.ContentType = MediaTypeHeaderValue.Parse(type);
        return content;
    }
}
