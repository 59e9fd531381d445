using System.Text.Json.Serialization;
using Fabric.Contracts.Common;

namespace Fabric.Contracts.Agents;

/// <summary>
/// Registers an agent. <paramref name="Kind"/>: `personal` (<paramref name="Owner"/> is the user it acts for), `shared` (needs an owner and a
/// <paramref name="ReviewAt"/>) or `backend`. <paramref name="Scopes"/> is the ceiling of every session it opens (S3).
/// </summary>
[JsonUnmappedMemberHandling(JsonUnmappedMemberHandling.Disallow)]
public sealed record CreateAgent(
    string Id, string Kind, IReadOnlyList<ScopeDto> Scopes, string? Owner = null, string? Name = null, string? Environment = null,
    DateTimeOffset? ReviewAt = null, bool RequireApproval = false);

/// <summary>An agent as it stands. <paramref name="Status"/>: `active`, `suspended` or `retired`.</summary>
public sealed record AgentInfo(
    string Tenant, string Id, string Kind, string Name, string Status, uint Generation, string? Owner, string? Environment,
    IReadOnlyList<ScopeDto> Scopes, DateTimeOffset? ReviewAt, bool RequireApproval, DateTimeOffset CreatedAt, DateTimeOffset? SuspendedUntil,
    ulong Revision, IReadOnlyList<AgentKeyDto>? Keys = null, IReadOnlyList<string>? RedirectUris = null);

/// <summary>A registered agent with its secret, which is shown this once and stored only as a hash.</summary>
public sealed record AgentWithSecret(AgentInfo Agent, string Secret)
{
    /// <summary>Without the secret: a log is no place for it.</summary>
    public override string ToString() => $"{nameof(AgentWithSecret)} {{ {Agent} }}";
}

/// <summary>Stops an agent until a moment; null: until resumed.</summary>
[JsonUnmappedMemberHandling(JsonUnmappedMemberHandling.Disallow)]
public sealed record SuspendAgent(string Reason, DateTimeOffset? Until = null);

/// <summary>Gives an agent another owner. A personal agent cannot change the user it acts for.</summary>
[JsonUnmappedMemberHandling(JsonUnmappedMemberHandling.Disallow)]
public sealed record TransferAgent(string Owner);

/// <summary>Confirms that a shared agent is still needed, until the next review.</summary>
[JsonUnmappedMemberHandling(JsonUnmappedMemberHandling.Disallow)]
public sealed record ReviewAgent(DateTimeOffset NextReviewAt);

/// <summary>
/// A public key of an agent (RFC 7517; `EC` and `P-256`, for ES256). A key with its private part is refused: `d` is no field of this.
/// </summary>
[JsonUnmappedMemberHandling(JsonUnmappedMemberHandling.Disallow)]
public sealed record AgentKeyDto(string Kid, string X, string Y, string Kty = "EC", string Crv = "P-256", string? Alg = null, string? Use = null);

/// <summary>
/// Replaces the public keys by which an agent proves itself to the token endpoint (`private_key_jwt`, RFC 7523); at most 8. None: it has its secret alone.
/// </summary>
[JsonUnmappedMemberHandling(JsonUnmappedMemberHandling.Disallow)]
public sealed record SetAgentKeys(IReadOnlyList<AgentKeyDto> Keys);

/// <summary>
/// Replaces the redirect URIs that an agent's authorization requests may name (RFC 6749 section 3.1.2); at most 16, `https`, or `http` on `127.0.0.1` or `[::1]`, where any port will do
/// (RFC 8252 section 7.3). None: it makes no such requests.
/// </summary>
[JsonUnmappedMemberHandling(JsonUnmappedMemberHandling.Disallow)]
public sealed record SetAgentRedirects(IReadOnlyList<string> RedirectUris);
