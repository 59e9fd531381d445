using System.Text.Json.Serialization;
using Fabric.Contracts.Common;

namespace Fabric.Contracts.Registrations;

/// <summary>
/// Makes an initial access token (RFC 7591 section 1.2): whoever has it registers clients, each an agent of the tenant with this <paramref name="Kind"/>, <paramref name="Owner"/>, <paramref name="Environment"/>,
/// <paramref name="ReviewAt"/> and <paramref name="RequireApproval"/>, as for any agent, and at most these <paramref name="Scopes"/>. <paramref name="Name"/> is what the agents are called for people.
/// <paramref name="GrantTypes"/>: which of them clients may ask for; null: `client_credentials` and token exchange for backend agents, `authorization_code` and `refresh_token` for others.
/// <paramref name="RedirectHosts"/> (at most 16): where redirect URIs may be; null: anywhere. <paramref name="Registrations"/> (1 to 1,000): how many clients.
/// <paramref name="ExpiresAt"/>: until when, at most 90 days ahead; null: for a day.
/// </summary>
[JsonUnmappedMemberHandling(JsonUnmappedMemberHandling.Disallow)]
public sealed record MakeRegistrationToken(
    string Name, string Kind, IReadOnlyList<ScopeDto> Scopes, string? Owner = null, string? Environment = null, DateTimeOffset? ReviewAt = null, bool RequireApproval = false,
    IReadOnlyList<string>? GrantTypes = null, IReadOnlyList<string>? RedirectHosts = null, int Registrations = 1, DateTimeOffset? ExpiresAt = null);

/// <summary>An initial access token without itself. <paramref name="Remaining"/>: how many clients may still register. <paramref name="Key"/>: the id of the API key that it is.</summary>
public sealed record RegistrationTokenInfo(
    string Tenant, string Id, string Name, string Kind, IReadOnlyList<ScopeDto> Scopes, string? Owner, string? Environment, DateTimeOffset? ReviewAt, bool RequireApproval,
    IReadOnlyList<string> GrantTypes, IReadOnlyList<string>? RedirectHosts, int Registrations, int Remaining, DateTimeOffset CreatedAt, DateTimeOffset ExpiresAt, string MadeBy, string Key);

/// <summary>A new initial access token with its secret, which is shown this once and stored only as a hash.</summary>
public sealed record RegistrationTokenWithSecret(RegistrationTokenInfo Token, string Secret)
{
    /// <summary>Without the secret: a log is no place for it.</summary>
    public override string ToString() => $"{nameof(RegistrationTokenWithSecret)} {{ {Token} }}";
}

/// <summary>
/// A client that has registered itself. <paramref name="Id"/>: its `client_id`, and the id of the agent that it is. <paramref name="ClientName"/>: what it calls itself. <paramref name="Status"/>: the agent's, or
/// `none` when the registration was not finished. <paramref name="Token"/>: the id of the initial access token that it came by.
/// </summary>
public sealed record RegisteredClientInfo(
    string Tenant, string Id, string? ClientName, string Status, string Token, string AuthMethod, IReadOnlyList<string> GrantTypes, DateTimeOffset RegisteredAt);
