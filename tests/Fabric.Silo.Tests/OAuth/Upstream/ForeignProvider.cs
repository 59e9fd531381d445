using System.Buffers.Text;
using System.Collections.Concurrent;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using System.Web;
using Fabric.Contracts.Issuers;
using Fabric.Silo.Tests.Federation;
using Fabric.Silo.Tests.Outbound;
using Microsoft.AspNetCore.Http;

namespace Fabric.Silo.Tests.OAuth.Upstream;

/// <summary>An OpenID provider of somebody else on loopback: it lets in whomever a test says, checks what its client sends, and can be dishonest.</summary>
public sealed class ForeignProvider(ForeignIssuer issuer) : IAsyncDisposable
{
    public const string ClientId = "fabric-client";
    public const string Secret = "s:3cr%t+of/the=tests";

    private readonly ConcurrentDictionary<string, Grant> _grants = new();

    public ForeignIssuer Issuer => issuer;

    /// <summary>Requests at the token endpoint that it has refused, and why.</summary>
    public ConcurrentQueue<string> Faults { get; } = new();

    /// <summary>What its token endpoint answers instead.</summary>
    public RequestDelegate? Broken { get; set; }

    /// <summary>Whether it knows the client as a public one too, which has no secret.</summary>
    public bool TakesPublicClients { get; set; }

    /// <summary>Whether a code may be used again, which an honest provider never allows.</summary>
    public bool IsCareless { get; set; }

    public static async Task<ForeignProvider> StartAsync()
    {
        var provider = new ForeignProvider(await ForeignIssuer.StartAsync());
        provider.Issuer.Metadata["authorization_endpoint"] = $"{provider.Issuer.Url}/authorize";
        provider.Issuer.Metadata["token_endpoint"] = $"{provider.Issuer.Url}/token";
        provider.Issuer.TokenEndpoint = provider.TokenAsync;
        return provider;
    }

    public static PutIssuer Command(string url) => new("login", url, ClientId: ClientId, ClientSecret: Secret, Algorithms: ["ES256"]);

    /// <summary>A user signs in and the browser is sent back: the query that it comes with. <paramref name="change"/> and the others make the ID token a dishonest one.</summary>
    public string SignIn(
        string authorization, string user, DateTimeOffset now, Action<JsonObject>? change = null, Action<JsonObject>? head = null, string algorithm = "ES256", string kid = "e1", string? iss = null)
    {
        var asked = HttpUtility.ParseQueryString(new Uri(authorization).Query);
        Assert.StartsWith($"{issuer.Url}/authorize?", authorization, StringComparison.Ordinal);
        Assert.Equal(("code", "S256", "openid", ClientId), (asked["response_type"], asked["code_challenge_method"], asked["scope"], asked["client_id"]));
        var code = Guid.NewGuid().ToString("N");
        const string access = "an access token that nobody uses";
        var token = issuer.Token(user, ClientId, now, algorithm, kid, claims =>
        {
            claims["nonce"] = asked["nonce"];
            claims["at_hash"] = Base64Url.EncodeToString(SHA256.HashData(Encoding.ASCII.GetBytes(access)).AsSpan(0, 16));
            change?.Invoke(claims);
        }, head);
        _grants[code] = new Grant(asked["code_challenge"]!, asked["redirect_uri"]!, new JsonObject { ["access_token"] = access, ["token_type"] = "Bearer", ["id_token"] = token }.ToJsonString());
        return $"?code={code}&state={asked["state"]}{(iss is null ? "" : $"&iss={Uri.EscapeDataString(iss)}")}";
    }

    public ValueTask DisposeAsync() => issuer.DisposeAsync();

    private async Task TokenAsync(HttpContext context)
    {
        if (Broken is { } broken)
        {
            await broken(context);
            return;
        }
        var form = await context.Request.ReadFormAsync();
        var basic = "Basic " + Convert.ToBase64String(Encoding.ASCII.GetBytes($"{ClientId}:{Uri.EscapeDataString(Secret)}"));
        Grant? grant = null;
        var isPublic = TakesPublicClients && form["client_id"] == ClientId && form["client_secret"].Count == 0 && context.Request.Headers.Authorization.Count == 0;
        var fault = !isPublic && context.Request.Headers.Authorization != basic && (form["client_id"] != ClientId || form["client_secret"] != Secret) ? "client"
            : !(IsCareless ? _grants.TryGetValue(form["code"]!, out grant) : _grants.TryRemove(form["code"]!, out grant)) ? "code"
            : grant!.RedirectUri != form["redirect_uri"] ? "redirect_uri"
            : grant.Challenge != Base64Url.EncodeToString(SHA256.HashData(Encoding.ASCII.GetBytes(form["code_verifier"]!))) ? "code_verifier"
            : form["grant_type"] != "authorization_code" ? "grant_type"
            : null;
        if (fault is not null)
        {
            Faults.Enqueue(fault);
            context.Response.StatusCode = StatusCodes.Status400BadRequest;
            await LocalWeb.JsonAsync(context, """{"error":"invalid_grant"}""");
            return;
        }
        await LocalWeb.JsonAsync(context, grant!.Answer);
    }

    private sealed record Grant(string Challenge, string RedirectUri, string Answer);
}
