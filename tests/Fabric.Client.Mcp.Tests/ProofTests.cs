using System.Net;
using System.Net.Http.Headers;
using System.Text.Json;
using System.Text.Json.Nodes;
using Fabric.Client.AspNetCore;
using Fabric.Core.Common;

namespace Fabric.Client.Mcp.Tests;

/// <summary>Tokens that are bound to a key (RFC 9449 section 7) at the guard.</summary>
public sealed class ProofTests : IAsyncLifetime, IDisposable
{
    private readonly CallerKey _key = new();
    private GuardedServer _server = null!;
    private string _token = "";

    public async Task InitializeAsync()
    {
        _server = await GuardedServer.StartAsync();
        _token = (await _server.TokenAsync(proofKey: _key.Thumbprint)).Token;
    }

    public async Task DisposeAsync() => await _server.DisposeAsync();

    public void Dispose() => _key.Dispose();

    [Fact]
    public async Task A_bound_token_goes_with_a_proof_of_its_key_once_each()
    {
        var proof = Proof();
        using var first = await SendAsync(_token, proof);
        Assert.Equal(HttpStatusCode.OK, first.StatusCode);
        await RefusedAsync(Codes.Replayed, "invalid_dpop_proof", _token, proof);
        using var second = await SendAsync(_token, Proof());
        Assert.Equal(HttpStatusCode.OK, second.StatusCode);
        Assert.Equal(2, _server.Log.Lines.Count);
    }

    [Fact]
    public async Task A_bound_token_is_nothing_as_a_bearer_token_or_with_another_key()
    {
        using var bearer = await _server.PostAsync(GuardedServer.CallOf("who", "{}"), _token);
        Assert.Equal(HttpStatusCode.Unauthorized, bearer.StatusCode);
        Assert.StartsWith("DPoP error=\"invalid_token\", error_description=\"token.proof_needed\", algs=\"ES256\"", bearer.Headers.WwwAuthenticate.ToString(), StringComparison.Ordinal);
        using var withProof = await _server.PostAsync(GuardedServer.CallOf("who", "{}"), _token, change: request => request.Headers.Add("DPoP", Proof()));
        Assert.Equal(HttpStatusCode.Unauthorized, withProof.StatusCode);
        using var other = new CallerKey();
        await RefusedAsync(Codes.TokenProof, "invalid_token", _token, other.Proof(GuardedServer.Resource, _token, _server.Time.GetUtcNow()));
        Assert.Empty(_server.Log.Lines);
    }

    [Fact]
    public async Task A_bearer_token_gains_nothing_by_a_proof()
    {
        var (_, plain) = await _server.TokenAsync();
        await RefusedAsync(Codes.ProofInvalid, "invalid_dpop_proof", plain, _key.Proof(GuardedServer.Resource, plain, _server.Time.GetUtcNow()));
        Assert.Empty(_server.Log.Lines);
    }

    public static TheoryData<string> Wrongs =>
        ["none", "two", "htm", "htu", "htu:path", "ath:none", "ath:other", "iat:old", "iat:future", "jti:none", "alg:none", "typ:JWT", "jwk:none", "nonsense"];

    [Theory]
    [MemberData(nameof(Wrongs))]
    public async Task A_proof_with_anything_wrong_opens_nothing(string wrong)
    {
        var now = _server.Time.GetUtcNow();
        var proof = wrong == "nonsense" ? "a.b.c" : _key.Proof(GuardedServer.Resource, _token, now, claims => Change(claims, wrong), head => Head(head, wrong));
        using var answer = await _server.PostAsync(GuardedServer.CallOf("who", "{}"), null, change: request =>
        {
            request.Headers.Authorization = new AuthenticationHeaderValue("DPoP", _token);
            if (wrong != "none")
            {
                request.Headers.TryAddWithoutValidation("DPoP", wrong == "two" ? [proof, Proof()] : [proof]);
            }
        });
        Assert.Equal(HttpStatusCode.Unauthorized, answer.StatusCode);
        Assert.StartsWith("DPoP error=\"invalid_dpop_proof\", error_description=\"token.proof_invalid\", algs=\"ES256\"", answer.Headers.WwwAuthenticate.ToString(), StringComparison.Ordinal);
        Assert.Empty(_server.Log.Lines);
    }

    [Fact]
    public void The_memory_of_proofs_is_bounded_and_outlives_every_proof()
    {
        var memory = new ProofMemory(TimeSpan.FromSeconds(10), max: 4, perKeyMax: 3);
        Assert.Null(memory.Use("a", "1", 0));
        Assert.Equal(Codes.Replayed, memory.Use("a", "1", 9_999));
        Assert.Null(memory.Use("b", "1", 9_999));
        Assert.Null(memory.Use("a", "2", 9_999));
        Assert.Null(memory.Use("a", "3", 9_999));
        Assert.Equal(Codes.LimitReached, memory.Use("a", "4", 9_999));
        Assert.Equal(Codes.LimitReached, memory.Use("c", "1", 9_999));
        Assert.Equal(Codes.Replayed, memory.Use("a", "3", 19_998));
        Assert.Null(memory.Use("a", "4", 19_998));
        Assert.Null(memory.Use("a", "3", 29_999));
    }

    private static void Change(JsonObject claims, string wrong)
    {
        switch (wrong)
        {
            case "htm": claims["htm"] = "GET"; break;
            case "htu": claims["htu"] = "https://other.example/mcp"; break;
            case "htu:path": claims["htu"] = "https://files.example/mcp/other"; break;
            case "ath:none": claims.Remove("ath"); break;
            case "ath:other": claims["ath"] = "AAAA"; break;
            case "iat:old": claims["iat"] = (long)claims["iat"]! - 70; break;
            case "iat:future": claims["iat"] = (long)claims["iat"]! + 70; break;
            case "jti:none": claims.Remove("jti"); break;
        }
    }

    private static void Head(JsonObject head, string wrong)
    {
        switch (wrong)
        {
            case "alg:none": head["alg"] = "none"; break;
            case "typ:JWT": head["typ"] = "JWT"; break;
            case "jwk:none": head.Remove("jwk"); break;
        }
    }

    private string Proof() => _key.Proof(GuardedServer.Resource, _token, _server.Time.GetUtcNow());

    private Task<HttpResponseMessage> SendAsync(string token, string proof) => _server.PostAsync(GuardedServer.CallOf("who", "{}"), null, change: request =>
    {
        request.Headers.Authorization = new AuthenticationHeaderValue("DPoP", token);
        request.Headers.Add("DPoP", proof);
    });

    private async Task RefusedAsync(string code, string error, string token, string proof)
    {
        using var answer = await SendAsync(token, proof);
        using var body = JsonDocument.Parse(await answer.Content.ReadAsStringAsync());
        Assert.Equal(HttpStatusCode.Unauthorized, answer.StatusCode);
        Assert.Equal(code, body.RootElement.GetProperty("error").GetProperty("data").GetProperty("code").GetString());
        Assert.StartsWith($"DPoP error=\"{error}\"", answer.Headers.WwwAuthenticate.ToString(), StringComparison.Ordinal);
    }
}
