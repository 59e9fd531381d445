using System.Buffers.Text;
using System.Net;
using System.Net.Http.Headers;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Fabric.Client.AspNetCore;
using Fabric.Client.Tests.Edges;
using Fabric.Core.Common;
using Fabric.Core.Scopes;
using Fabric.Core.Tokens;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.Extensions.DependencyInjection;

namespace Fabric.Client.Tests.AspNetCore;

/// <summary>Tokens that are bound to a key at a guarded endpoint (RFC 9449 section 7).</summary>
public sealed class ProvenEndpointTests : IAsyncLifetime, IDisposable
{
    private readonly FakeSource _fabric = FakeSource.Make();
    private readonly ECDsa _key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
    private WebApplication _app = null!;
    private HttpClient _http = null!;
    private string _token = "";

    public async Task InitializeAsync()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Services.AddSingleton<TimeProvider>(_fabric.Time).AddSingleton(_fabric.Clock);
        builder.Services.AddFabric(options => options.Origin = new Uri("https://api.example")).From(_ => _fabric);
        _app = builder.Build();
        _app.Urls.Add("http://127.0.0.1:0");
        _app.MapGet("/orders/{id}", (string id) => id).RequireFabric("airline", "read", "order/{id}", ActionClass.Read);
        await _app.StartAsync();
        _http = new HttpClient { BaseAddress = new Uri(_app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.Single()) };
        var q = _key.ExportParameters(false).Q;
        _token = _fabric.Issue(_fabric.Claims() with { ProofKey = Thumbprints.Of(q.X, q.Y) });
    }

    public void Dispose()
    {
        _http.Dispose();
        _key.Dispose();
    }

    public async Task DisposeAsync()
    {
        await _app.DisposeAsync();
        await _fabric.DisposeAsync();
    }

    [Fact]
    public async Task A_bound_token_goes_with_a_proof_for_the_stated_origin_once()
    {
        var proof = Proof("https://api.example/orders/a%20b");
        Assert.Equal((HttpStatusCode.OK, null), await SendAsync("/orders/a%20b?page=2", "DPoP", proof));
        Assert.Equal((HttpStatusCode.Unauthorized, "DPoP error=\"invalid_dpop_proof\", error_description=\"auth.replayed\", algs=\"ES256\""), await SendAsync("/orders/a%20b", "DPoP", proof));
    }

    [Fact]
    public async Task A_proof_for_an_origin_that_the_request_made_up_is_none()
    {
        var invalid = (HttpStatusCode.Unauthorized, "DPoP error=\"invalid_dpop_proof\", error_description=\"token.proof_invalid\", algs=\"ES256\"");
        Assert.Equal(invalid, await SendAsync("/orders/a", "DPoP", Proof("https://evil.example/orders/a"), "evil.example"));
        Assert.Equal(invalid, await SendAsync("/orders/a", "DPoP", Proof("https://api.example/orders/b")));
        Assert.Equal(invalid, await SendAsync("/orders/a", "DPoP", null));
    }

    [Fact]
    public async Task A_bound_token_is_no_bearer_token() =>
        Assert.Equal(
            (HttpStatusCode.Unauthorized, $"DPoP error=\"invalid_token\", error_description=\"{Codes.TokenProof}\", algs=\"ES256\""),
            await SendAsync("/orders/a", "Bearer", Proof("https://api.example/orders/a")));

    private async Task<(HttpStatusCode Status, string? Challenge)> SendAsync(string path, string scheme, string? proof, string? host = null)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, new Uri(path, UriKind.Relative));
        request.Headers.Authorization = new AuthenticationHeaderValue(scheme, _token);
        request.Headers.Host = host;
        if (proof is not null)
        {
            request.Headers.Add("DPoP", proof);
        }

        using var answer = await _http.SendAsync(request);
        return (answer.StatusCode, answer.Headers.WwwAuthenticate.Count == 0 ? null : answer.Headers.WwwAuthenticate.ToString());
    }

    private string Proof(string url)
    {
        var q = _key.ExportParameters(false).Q;
        var jwk = new JsonObject { ["kty"] = "EC", ["crv"] = "P-256", ["x"] = Base64Url.EncodeToString(q.X), ["y"] = Base64Url.EncodeToString(q.Y) };
        var claims = new JsonObject
        {
            ["jti"] = Guid.NewGuid().ToString("N"), ["htm"] = "GET", ["htu"] = url, ["iat"] = _fabric.Time.GetUtcNow().ToUnixTimeSeconds(),
            ["ath"] = Base64Url.EncodeToString(SHA256.HashData(Encoding.ASCII.GetBytes(_token))),
        };
        var input = $"{Part(new JsonObject { ["alg"] = "ES256", ["typ"] = "dpop+jwt", ["jwk"] = jwk })}.{Part(claims)}";
        return $"{input}.{Base64Url.EncodeToString(_key.SignData(Encoding.ASCII.GetBytes(input), HashAlgorithmName.SHA256))}";
    }

    private static string Part(JsonObject value) => Base64Url.EncodeToString(JsonSerializer.SerializeToUtf8Bytes(value));
}
