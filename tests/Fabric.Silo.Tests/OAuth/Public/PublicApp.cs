using System.Text.Json.Nodes;
using Fabric.Client;
using Fabric.Contracts.Agents;
using Fabric.Contracts.Checks;
using Fabric.Contracts.Common;
using Fabric.Contracts.Users;
using Fabric.Silo.Tests.Outbound;

namespace Fabric.Silo.Tests.OAuth.Public;

/// <summary>An application that keeps no secret: the document that it publishes, the agent that its tenant has registered for it, and the user whose it is.</summary>
public sealed class PublicApp : IAsyncDisposable
{
    public const string Redirect = "https://app.example/cb";
    public const string Loopback = "http://127.0.0.1/cb";

    private readonly LocalWeb _web;

    private PublicApp(OAuthServer server, LocalWeb web, string tenant, string user)
    {
        (Server, _web, Tenant, User) = (server, web, tenant, user);
        Document = new JsonObject
        {
            ["client_id"] = Url, ["client_name"] = "Root of all", ["redirect_uris"] = new JsonArray(Redirect, Loopback, "http://[::1]:1234/cb", "http://localhost/cb", "app.example:/cb"),
            ["token_endpoint_auth_method"] = "none", ["grant_types"] = new JsonArray("authorization_code", "refresh_token"), ["response_types"] = new JsonArray("code"),
        };
        web.Answer = context =>
        {
            context.Response.Headers.CacheControl = "max-age=1";
            return LocalWeb.JsonAsync(context, Document.ToJsonString());
        };
    }

    public OAuthServer Server { get; }

    public string Tenant { get; }

    public string User { get; }

    /// <summary>What the application says of itself, from the next fetch on.</summary>
    public JsonObject Document { get; }

    public string Url => $"{_web.Address}/client.json";

    public string Host => new Uri(_web.Address).Authority;

    public string AgentId => "cimd:" + CodeClient.Hash(Url);

    /// <summary>The secret that every agent has, and that nobody keeps.</summary>
    public string Secret { get; private set; } = "";

    public int Fetches => _web.Asked.Count;

    /// <summary>An application of a new user, or of another application's.</summary>
    public static async Task<PublicApp> StartAsync(DocumentServer documents, PublicApp? sibling = null)
    {
        var server = documents.Server;
        var app = new PublicApp(server, await LocalWeb.StartAsync(), sibling?.Tenant ?? await server.TenantAsync(), sibling?.User ?? "u" + Guid.NewGuid().ToString("N"));
        if (sibling is null)
        {
            await server.Operator.CreateUserAsync(app.Tenant, new CreateUser(app.User)).OrThrow();
            await server.Operator.SetUserSignInAsync(app.Tenant, app.User, new SetUserSignIn(CodeClient.Password)).OrThrow();
        }
        app.Secret = (await server.Operator.CreateAgentAsync(app.Tenant, new CreateAgent(app.AgentId, "personal", [new ScopeDto("mail"), new ScopeDto("files")], app.User, "Helper of Mia")).OrThrow()).Secret;
        return app;
    }

    /// <summary>Publishes that it proves itself by a key, or by nothing, and lets the fabric's copy grow old.</summary>
    public void SwitchTo(SigningClient? key)
    {
        Document["token_endpoint_auth_method"] = key is null ? "none" : "private_key_jwt";
        Document.Remove("jwks");
        if (key is not null)
        {
            var jwk = key.Jwk;
            (jwk["kid"], jwk["alg"]) = ("k1", "ES256");
            Document["jwks"] = new JsonObject { ["keys"] = new JsonArray(jwk) };
        }
        Forget();
    }

    /// <summary>Lets the fabric's copy of the document grow old, which is kept for a minute at least.</summary>
    public void Forget() => Server.Time.Advance(TimeSpan.FromSeconds(61));

    public string Path(params (string Name, string? Value)[] fields)
    {
        var parameters = Changed(
            new(StringComparer.Ordinal)
            {
                ["client_id"] = Url, ["response_type"] = "code", ["redirect_uri"] = Redirect, ["code_challenge"] = CodeClient.Challenge, ["code_challenge_method"] = "S256", ["scope"] = "mail:send",
                ["state"] = "s1",
            },
            fields);
        return $"/tenants/{Tenant}/oauth/authorize?{CodeClient.Query(parameters)}";
    }

    /// <summary>Says yes as the user; where the browser is sent to.</summary>
    public async Task<Browser.Page> ApproveAsync(params (string Name, string? Value)[] fields)
    {
        using var browser = new Browser(Server);
        var consent = await browser.OpenAsync(Path(fields), User, CodeClient.Password);
        return await browser.SubmitAsync(consent, "/consent", ("decision", "approve"));
    }

    /// <summary>A fresh code.</summary>
    public async Task<string> CodeAsync(params (string Name, string? Value)[] fields)
    {
        var answer = await ApproveAsync(fields);
        return answer["code"] ?? throw new InvalidOperationException($"no code: {answer.Status} {answer.Location} {answer.Text}");
    }

    /// <summary>Sends a form as the application does: with its name, and nothing else that would say who it is; unless fields say otherwise.</summary>
    public Task<OAuthReply> PostAsync(string endpoint, params (string Name, string? Value)[] fields) => PostAsync(endpoint, [], fields);

    public Task<OAuthReply> PostAsync(string endpoint, (string Name, string Value)[] headers, (string Name, string? Value)[] fields) => Server.PostAsync(
        Tenant, endpoint, null, new FormUrlEncodedContent(Changed(new(StringComparer.Ordinal) { ["client_id"] = Url }, fields)), headers);

    public Task<OAuthReply> RedeemAsync(string code, params (string Name, string? Value)[] fields) => RedeemAsync(code, [], fields);

    public Task<OAuthReply> RedeemAsync(string code, (string Name, string Value)[] headers, (string Name, string? Value)[] fields) => PostAsync(
        "token", headers, [("grant_type", "authorization_code"), ("code", code), ("redirect_uri", Redirect), ("code_verifier", CodeClient.Verifier), .. fields]);

    public Task<OAuthReply> RefreshAsync(string token, params (string Name, string? Value)[] fields) => RefreshAsync(token, [], fields);

    public Task<OAuthReply> RefreshAsync(string token, (string Name, string Value)[] headers, (string Name, string? Value)[] fields) =>
        PostAsync("token", headers, [("grant_type", "refresh_token"), ("refresh_token", token), .. fields]);

    /// <summary>The first tokens of a session.</summary>
    public async Task<OAuthReply> StartSessionAsync() => (await RedeemAsync(await CodeAsync())).Ok();

    /// <summary>Whether the fabric allows a call with a token.</summary>
    public async Task<bool> IsAllowedAsync(string token) => (await Server.Operator.CheckAsync(new CheckRequest(token, "mail", "send", "x", "read")).OrThrow()).Allowed;

    public ValueTask DisposeAsync() => _web.DisposeAsync();

    private static Dictionary<string, string> Changed(Dictionary<string, string> form, (string Name, string? Value)[] fields)
    {
        foreach (var (name, value) in fields)
        {
            _ = value is null ? form.Remove(name) : (form[name] = value) is not null;
        }
        return form;
    }
}
