using System.Text;

namespace Fabric.Silo.Tests.OAuth;

/// <summary>An agent as an OAuth client.</summary>
public sealed record AgentClient(OAuthServer Server, string Tenant, string Id, string Secret)
{
    public string Issuer => $"{OAuthServer.Address}/tenants/{Tenant}";

    public string BasicHeader => Basic(Id, Secret);

    public static string Basic(string id, string secret) =>
        "Basic " + Convert.ToBase64String(Encoding.UTF8.GetBytes($"{Uri.EscapeDataString(id)}:{Uri.EscapeDataString(secret)}"));

    public Task<OAuthReply> TokenAsync(params (string Name, string Value)[] fields) =>
        Server.PostAsync(Tenant, "token", BasicHeader, [("grant_type", "client_credentials"), .. fields]);

    public Task<OAuthReply> ExchangeAsync(string subject, params (string Name, string Value)[] fields) => Server.PostAsync(
        Tenant, "token", BasicHeader,
        [("grant_type", "urn:ietf:params:oauth:grant-type:token-exchange"), ("subject_token", subject), ("subject_token_type", "urn:ietf:params:oauth:token-type:access_token"), .. fields]);

    public Task<OAuthReply> IntrospectAsync(string token) => Server.PostAsync(Tenant, "introspect", BasicHeader, ("token", token));

    public Task<OAuthReply> RevokeAsync(string token) => Server.PostAsync(Tenant, "revoke", BasicHeader, ("token", token));
}
