using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using Fabric.Client;
using Fabric.Contracts.Agents;
using Fabric.Contracts.Common;
using Fabric.Contracts.Users;

namespace Fabric.Silo.Tests.OAuth;

/// <summary>A user with a password, an agent of the user's, and all that an authorization request needs.</summary>
public sealed record CodeClient(AgentClient Client, string User)
{
    public const string Password = "correct horse battery";
    public const string Redirect = "https://app.example/cb";
    public const string Verifier = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";

    public static string Challenge { get; } = Hash(Verifier);

    public OAuthServer Server => Client.Server;

    public string Tenant => Client.Tenant;

    public static string Hash(string text) => Base64Url.EncodeToString(SHA256.HashData(Encoding.ASCII.GetBytes(text)));

    public static async Task<CodeClient> MakeAsync(OAuthServer server, string? tenant = null, string kind = "personal", bool requireApproval = false, bool approves = false)
    {
        tenant ??= await server.TenantAsync();
        var user = "u" + Guid.NewGuid().ToString("N");
        await server.Operator.CreateUserAsync(tenant, new CreateUser(user, "Mia <Lane>")).OrThrow();
        await server.Operator.SetUserSignInAsync(tenant, user, new SetUserSignIn(Password, approves)).OrThrow();
        return await MakeForAsync(server, tenant, user, kind, requireApproval);
    }

    public static async Task<CodeClient> MakeForAsync(OAuthServer server, string tenant, string user, string kind = "personal", bool requireApproval = false)
    {
        var id = "a" + Guid.NewGuid().ToString("N");
        var made = await server.Operator.CreateAgentAsync(tenant, new CreateAgent(
            id, kind, [new ScopeDto("mail"), new ScopeDto("files", MaxCalls: 50)], kind == "backend" ? null : user, "Mia's <helper>",
            ReviewAt: kind == "shared" ? server.Time.GetUtcNow().AddDays(30) : null, RequireApproval: requireApproval)).OrThrow();
        await server.Operator.SetAgentRedirectsAsync(tenant, id, new SetAgentRedirects([Redirect, "https://app.example/other?x=1", "http://127.0.0.1/cb", "http://[::1]:1234/cb"])).OrThrow();
        return new CodeClient(new AgentClient(server, tenant, id, made.Secret), user);
    }

    /// <summary>The parameters of a request, with some of them set, or (null) left out.</summary>
    public Dictionary<string, string> Parameters(params (string Name, string? Value)[] fields)
    {
        var parameters = new Dictionary<string, string>(StringComparer.Ordinal)
        {
            ["client_id"] = Client.Id, ["response_type"] = "code", ["redirect_uri"] = Redirect, ["code_challenge"] = Challenge, ["code_challenge_method"] = "S256", ["scope"] = "mail:send",
            ["state"] = "s t&a=te", ["purpose"] = "send the <report>",
        };
        foreach (var (name, value) in fields)
        {
            _ = value is null ? parameters.Remove(name) : (parameters[name] = value) is not null;
        }
        return parameters;
    }

    public static string Query(Dictionary<string, string> parameters) => string.Join('&', parameters.Select(pair => $"{Uri.EscapeDataString(pair.Key)}={Uri.EscapeDataString(pair.Value)}"));

    public string Path(params (string Name, string? Value)[] fields) => $"/tenants/{Tenant}/oauth/authorize?{Query(Parameters(fields))}";

    /// <summary>Goes all the way to the client's address, saying yes.</summary>
    public async Task<Browser.Page> ApproveAsync(Browser browser, params (string Name, string? Value)[] fields)
    {
        var consent = await browser.OpenAsync(Path(fields), User, Password);
        return await browser.SubmitAsync(consent, "/consent", ("decision", "approve"));
    }

    /// <summary>A fresh code.</summary>
    public async Task<string> CodeAsync(params (string Name, string? Value)[] fields)
    {
        using var browser = new Browser(Server);
        var answer = await ApproveAsync(browser, fields);
        return answer["code"] ?? throw new InvalidOperationException($"no code: {answer.Status} {answer.Location} {answer.Text}");
    }

    public Task<OAuthReply> RedeemAsync(string code, params (string Name, string? Value)[] fields) => RedeemAsync(Client, code, [], fields);

    public static Task<OAuthReply> RedeemAsync(AgentClient client, string code, (string Name, string Value)[] headers, params (string Name, string? Value)[] fields)
    {
        var form = new Dictionary<string, string>(StringComparer.Ordinal) { ["grant_type"] = "authorization_code", ["code"] = code, ["redirect_uri"] = Redirect, ["code_verifier"] = Verifier };
        foreach (var (name, value) in fields)
        {
            _ = value is null ? form.Remove(name) : (form[name] = value) is not null;
        }
        return client.Server.PostAsync(client.Tenant, "token", client.BasicHeader, new FormUrlEncodedContent(form), headers);
    }

    public Task<OAuthReply> RefreshAsync(string token, params (string Name, string Value)[] fields) =>
        Server.PostAsync(Tenant, "token", Client.BasicHeader, [("grant_type", "refresh_token"), ("refresh_token", token), .. fields]);

    public async Task<bool> IsLiveAsync(string token) => (await Client.IntrospectAsync(token)).Ok().Body.GetProperty("active").GetBoolean();
}
