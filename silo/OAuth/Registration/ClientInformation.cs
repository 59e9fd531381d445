using Fabric.Contracts.Agents;
using Fabric.Silo.OAuth.Documents;

namespace Fabric.Silo.OAuth.Registration;

/// <summary>
/// A client as it is registered (RFC 7591 section 3.2.1, RFC 7592 section 3). <paramref name="ClientSecret"/>: only when it has just been made, since its hash alone is kept; it does not end by itself.
/// </summary>
internal sealed record ClientInformation(
    string ClientId, long ClientIdIssuedAt, string? ClientSecret, long? ClientSecretExpiresAt, string RegistrationAccessToken, string RegistrationClientUri, string? ClientName,
    IReadOnlyList<string>? RedirectUris, IReadOnlyList<string> GrantTypes, IReadOnlyList<string> ResponseTypes, string TokenEndpointAuthMethod, string? TokenEndpointAuthSigningAlg, string? Scope,
    ClientKeySet? Jwks, bool? DpopBoundAccessTokens)
{
    /// <summary>What a client is told. Redirect URIs, keys and scope are the agent's, which is what counts.</summary>
    public static ClientInformation Of(string address, RegisteredClient client, AgentInfo agent, string token, string? secret)
    {
        var usesKeys = client.Method == ClientDocument.ByKey;
        return new ClientInformation(
            client.Id, client.RegisteredAtMs / 1000, secret, secret is null ? null : 0, token, $"{address}/{client.Id}", client.Name, agent.RedirectUris is { Count: > 0 } uris ? uris : null, client.Grants,
            client.MayUse(OAuth.GrantTypes.AuthorizationCode) ? ["code"] : [], client.Method, usesKeys ? "ES256" : null, ScopeText.Write(agent.Scopes),
            usesKeys && agent.Keys is { } keys ? new ClientKeySet(keys) : null, client.NeedsProof ? true : null);
    }

    /// <summary>Without the secrets: a log is no place for them.</summary>
    public override string ToString() => $"{nameof(ClientInformation)} {{ {ClientId} }}";
}

/// <summary>A client's public keys (RFC 7517 section 5).</summary>
internal sealed record ClientKeySet(IReadOnlyList<AgentKeyDto> Keys);
