using System.Net.Http.Headers;
using System.Text.Json;
using System.Text.Json.Nodes;
using Fabric.Client;
using Fabric.Contracts;
using Fabric.Contracts.Common;
using Fabric.Contracts.Registrations;
using Fabric.Contracts.Users;

namespace Fabric.Silo.Tests.OAuth.Registration;

/// <summary>Who has an initial access token of a tenant, and the administrator who made it.</summary>
public sealed record Registrar(OAuthServer Server, string Tenant, string Token, string Id, string AdminKey)
{
    public const string Redirect = "https://app.example/cb";

    public static string Path(string tenant) => $"/tenants/{tenant}/oauth/register";

    /// <summary>A new token, for backend agents with `mail` and up to 50 calls of `files`, unless changed.</summary>
    public static async Task<Registrar> MakeAsync(OAuthServer server, Func<MakeRegistrationToken, MakeRegistrationToken>? change = null, string? tenant = null)
    {
        tenant ??= await server.TenantAsync();
        var key = await server.KeyAsync("tenant_admin", tenant);
        var command = new MakeRegistrationToken("Build pipelines", "backend", [new ScopeDto("mail"), new ScopeDto("files", MaxCalls: 50)], Registrations: 3);
        var made = await MintAsync(server, key, tenant, change?.Invoke(command) ?? command);
        Assert.True(made.Status == 201, $"{made.Status} {made.Body}");
        return new Registrar(server, tenant, made.Text("secret")!, made.Body.GetProperty("token").GetProperty("id").GetString()!, key);
    }

    /// <summary>A token for personal agents of a new user, who has a password.</summary>
    public static async Task<(Registrar Registrar, string User)> OfUserAsync(OAuthServer server, params string[] grants)
    {
        var (tenant, user) = (await server.TenantAsync(), "u" + Guid.NewGuid().ToString("N"));
        await server.Operator.CreateUserAsync(tenant, new CreateUser(user)).OrThrow();
        await server.Operator.SetUserSignInAsync(tenant, user, new SetUserSignIn(CodeClient.Password)).OrThrow();
        return (await MakeAsync(server, command => command with { Kind = "personal", Owner = user, GrantTypes = grants.Length == 0 ? null : grants }, tenant), user);
    }

    public static Task<OAuthReply> MintAsync(OAuthServer server, string key, string tenant, MakeRegistrationToken command) =>
        SendAsync(server, "POST", $"/v1/tenants/{tenant}/registration-tokens", key, JsonSerializer.Serialize(command, FabricJson.Default.MakeRegistrationToken));

    /// <summary>Registers a client with `client_credentials`, or with what is said instead of it.</summary>
    public Task<OAuthReply> RegisterAsync(JsonObject? metadata = null) => SendAsync(Server, "POST", Path(Tenant), Token, (metadata ?? Machine()).ToJsonString());

    /// <summary>A registered client.</summary>
    public async Task<Registered> ClientAsync(JsonObject? metadata = null)
    {
        var reply = await RegisterAsync(metadata);
        Assert.True(reply.Status == 201, $"{reply.Status} {reply.Body}");
        return Registered.Of(this, reply);
    }

    public Task<OAuthReply> AdminAsync(string method, string path = "", string? key = null) =>
        SendAsync(Server, method, $"/v1/tenants/{Tenant}/registration-tokens{path}", key ?? AdminKey, null);

    public async Task<List<JsonElement>> ClientsAsync() => [.. (await AdminAsync("GET", $"/{Id}/clients")).Ok().Body.GetProperty("items").EnumerateArray()];

    public async Task<int> RemainingAsync() => (await AdminAsync("GET")).Ok().Body.GetProperty("items").EnumerateArray().Single(token => token.GetProperty("id").GetString() == Id).GetProperty("remaining").GetInt32();

    public static JsonObject Machine() => new() { ["client_name"] = "pipeline 7", ["grant_types"] = new JsonArray("client_credentials") };

    public static JsonObject Application() => new()
    {
        ["client_name"] = "Root of all", ["redirect_uris"] = new JsonArray(Redirect), ["grant_types"] = new JsonArray("authorization_code", "refresh_token"), ["response_types"] = new JsonArray("code"),
    };

    /// <summary>The tenant's server metadata.</summary>
    public static async Task<JsonElement> MetadataAsync(OAuthServer server, string tenant) =>
        JsonElement.Parse(await server.Http.GetStringAsync(new Uri($"/.well-known/oauth-authorization-server/tenants/{tenant}", UriKind.Relative)));

    public static async Task<OAuthReply> SendAsync(OAuthServer server, string method, string path, string? token, string? body, string type = "application/json")
    {
        using var request = new HttpRequestMessage(new HttpMethod(method), path);
        if (token is not null)
        {
            request.Headers.TryAddWithoutValidation("Authorization", $"Bearer {token}");
        }
        if (body is not null)
        {
            request.Content = new StringContent(body);
            request.Content.Headers.ContentType = MediaTypeHeaderValue.Parse(type);
        }
        using var response = await server.Http.SendAsync(request);
        var text = await response.Content.ReadAsStringAsync();
        Assert.True(response.Headers.CacheControl?.NoStore == true || path.StartsWith("/v1/", StringComparison.Ordinal), $"{path} may be cached: {text}");
        return new OAuthReply((int)response.StatusCode, text.Length == 0 ? default : JsonElement.Parse(text), null, response.Headers.WwwAuthenticate.FirstOrDefault());
    }
}
