using System.Net.Http.Headers;
using System.Text;
using System.Text.Json.Nodes;
using Fabric.Conformance.Suite;
using Fabric.Contracts.Agents;
using Fabric.Contracts.Common;
using Fabric.Contracts.Keys;
using Fabric.Engine;
using Fabric.Grains;
using Fabric.Silo.Hosting;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.Logging.Abstractions;

namespace Fabric.Cluster.Tests.Http;

/// <summary>Two silos of one cluster in this process, each with its own HTTP host.</summary>
internal sealed class SiloPair : IAsyncDisposable
{
    internal const string Issuer = "https://fabric.local";
    internal const string Tenant = "acme";

    private readonly List<(ClusterEngine Engine, WebApplication App, HttpClient Http)> _silos = [];

    private SiloPair()
    {
    }

    internal static async Task<SiloPair> StartAsync(string database, Action<SiloOptions>? configure = null)
    {
        var pair = new SiloPair();
        for (var i = 0; i < 2; i++)
        {
            var engine = await ClusterEngine.OpenAsync(ClusterFixture.Options(database) with { Issuer = Issuer }, NullLoggerFactory.Instance);
            var options = new SiloOptions { Engine = "orleans", Urls = "http://127.0.0.1:0", Issuer = Issuer, MasterKey = Convert.ToBase64String(ClusterFixture.MasterKey.Span), Outbound = { PlainHttpNetworks = "127.0.0.0/8" } };
            configure?.Invoke(options);
            var app = SiloHost.Build(options, engine, NullLoggerFactory.Instance);
            await app.StartAsync();
            pair._silos.Add((engine, app, new HttpClient { BaseAddress = new Uri(app.Urls.First()) }));
        }

        Scene.Ok(await pair.Operator(0).CreateTenantAsync(new(Tenant)));
        return pair;
    }

    internal Uri Address(int silo) => _silos[silo].Http.BaseAddress!;

    internal ClusterEngine Engine(int silo) => _silos[silo].Engine;

    internal Contracts.IFabric Operator(int silo) => _silos[silo].Engine.As(Caller.Fabric);

    /// <summary>Waits until a silo knows all that the other does.</summary>
    internal Task MeetAsync(int silo) => Engine(silo).Parts.Relay.WaitAsync(Engine(1 - silo).Parts.Relay.Sequence);

    /// <summary>Stops a silo's host and what it does by itself; its engine stays.</summary>
    internal Task StopHostAsync(int silo) => _silos[silo].App.StopAsync();

    internal async Task<string> AgentAsync(string id)
    {
        var made = Scene.Ok(await Operator(0).CreateAgentAsync(Tenant, new CreateAgent(id, "backend", [new ScopeDto("mail")])));
        await MeetAsync(1);
        return made.Secret;
    }

    internal async Task<string> KeyAsync(string role, string subject)
    {
        var made = Scene.Ok(await Operator(0).MakeApiKeyAsync(new MakeApiKey(role, subject, Tenant)));
        await MeetAsync(1);
        return made.Secret;
    }

    /// <summary>Sends JSON; the answer's status and body.</summary>
    internal Task<(int Status, JsonNode? Body)> JsonAsync(int silo, string method, string path, string secret, JsonNode? body = null) => SendAsync(
        silo, method, path, body is null ? null : new StringContent(body.ToJsonString(), Encoding.UTF8, "application/json"), ("Authorization", "Bearer " + secret));

    /// <summary>Sends a form to an OAuth endpoint of the tenant.</summary>
    internal Task<(int Status, JsonNode? Body)> FormAsync(int silo, string endpoint, (string Name, string Value)[] headers, params (string Name, string Value)[] fields) => SendAsync(
        silo, "POST", $"/tenants/{Tenant}/oauth/{endpoint}", new FormUrlEncodedContent(fields.Select(field => KeyValuePair.Create(field.Name, field.Value))), headers);

    /// <summary>The nonce that a silo gives for proofs.</summary>
    internal async Task<string> NonceAsync(int silo, string secret)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, $"/tenants/{Tenant}/oauth/token") { Content = new FormUrlEncodedContent([new("grant_type", "client_credentials")]) };
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", secret);
        request.Headers.TryAddWithoutValidation("DPoP", "x");
        using var answer = await _silos[silo].Http.SendAsync(request);
        return answer.Headers.GetValues("DPoP-Nonce").Single();
    }

    private async Task<(int Status, JsonNode? Body)> SendAsync(int silo, string method, string path, HttpContent? content, params (string Name, string Value)[] headers)
    {
        using var request = new HttpRequestMessage(new HttpMethod(method), path) { Content = content };
        foreach (var (name, value) in headers)
        {
            request.Headers.TryAddWithoutValidation(name, value);
        }

        using var answer = await _silos[silo].Http.SendAsync(request);
        var text = await answer.Content.ReadAsStringAsync();
        return ((int)answer.StatusCode, text.Length == 0 ? null : JsonNode.Parse(text));
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var (engine, app, http) in _silos)
        {
            http.Dispose();
            await app.StopAsync();
            await app.DisposeAsync();
            await engine.DisposeAsync();
        }
    }
}
