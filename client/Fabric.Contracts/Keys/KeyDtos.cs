using System.Text.Json.Serialization;

namespace Fabric.Contracts.Keys;

/// <summary>
/// Makes an API key. <paramref name="Role"/>: `operator`, `tenant_admin`, `approver`, `enforcement_point`, `auditor`, `provisioner` or `registrar` (what a
/// registration token is; one that is made here registers nothing). <paramref name="Tenant"/> is required for `tenant_admin`, `approver`, `provisioner` and `registrar`, optional for the others (null: all tenants). <paramref name="Subject"/> names who holds it.
/// <paramref name="BestEffortSeconds"/> (1 to 3,600; operators only, for role `enforcement_point`): how old a lease of the key's enforcement points may be
/// for reads, where they opt in to best effort. Everybody's receipts wait that long while such an enforcement point is cut off.
/// </summary>
[JsonUnmappedMemberHandling(JsonUnmappedMemberHandling.Disallow)]
public sealed record MakeApiKey(string Role, string Subject, string? Tenant = null, DateTimeOffset? ExpiresAt = null, int? BestEffortSeconds = null);

/// <summary>An API key without its secret.</summary>
public sealed record ApiKeyInfo(
    string Id, string Role, string Subject, string? Tenant, DateTimeOffset CreatedAt, DateTimeOffset? ExpiresAt, DateTimeOffset? RevokedAt,
    int? BestEffortSeconds = null);

/// <summary>A new API key with its secret, which is shown this once and stored only as a hash.</summary>
public sealed record ApiKeyWithSecret(ApiKeyInfo Key, string Secret)
{
    /// <summary>Without the secret: a log is no place for it.</summary>
    public override string ToString() => $"{nameof(ApiKeyWithSecret)} {{ {Key} }}";
}

/// <summary>A tenant's public signing key (RFC 7517).</summary>
public sealed record JsonWebKeyDto(string Kty, string Crv, string X, string Y, string Kid, string Alg, string Use);

/// <summary>A tenant's public signing keys (RFC 7517 section 5).</summary>
public sealed record JsonWebKeySetDto(IReadOnlyList<JsonWebKeyDto> Keys);
