using System.Text.Json;
using System.Text.Json.Nodes;

namespace Fabric.Silo.Tests.OAuth.Registration;

/// <summary>A client that has registered itself, with all that it was told.</summary>
public sealed record Registered(Registrar Registrar, AgentClient Client, string Token, JsonElement Answer)
{
    public string Id => Client.Id;

    public string Address => $"{Registrar.Path(Client.Tenant)}/{Id}";

    public static Registered Of(Registrar registrar, OAuthReply reply) => new(
        registrar, new AgentClient(registrar.Server, registrar.Tenant, reply.Text("client_id")!, reply.Text("client_secret") ?? ""), reply.Text("registration_access_token")!, reply.Body);

    public Task<OAuthReply> ReadAsync(string? token = null) => SendAsync("GET", null, token ?? Token);

    /// <summary>An update with what the client is, and some of it changed; null takes it away.</summary>
    public Task<OAuthReply> UpdateAsync(JsonObject metadata, string? token = null)
    {
        var body = (JsonObject)metadata.DeepClone();
        body["client_id"] ??= Id;
        return SendAsync("PUT", body.ToJsonString(), token ?? Token);
    }

    public Task<OAuthReply> DeleteAsync(string? token = null) => SendAsync("DELETE", null, token ?? Token);

    public Task<OAuthReply> SendAsync(string method, string? body, string? token) => Registrar.SendAsync(Registrar.Server, method, Address, token, body);

    /// <summary>The client after an update.</summary>
    public Registered After(OAuthReply reply)
    {
        var secret = reply.Ok().Text("client_secret") ?? Client.Secret;
        return this with { Client = Client with { Secret = secret }, Token = reply.Text("registration_access_token")!, Answer = reply.Body };
    }

    public Task<OAuthReply> TokenAsync(string scope = "mail:send") => Client.TokenAsync(("scope", scope));
}
