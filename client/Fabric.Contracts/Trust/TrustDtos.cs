using System.Text.Json.Serialization;
using Fabric.Contracts.Common;

namespace Fabric.Contracts.Trust;

/// <summary>
/// Offers another tenant that sessions of this one may be delegated to its agents, within <paramref name="Scopes"/>, until
/// <paramref name="ExpiresAt"/>. In force only once the other tenant has accepted; either may end it.
/// </summary>
[JsonUnmappedMemberHandling(JsonUnmappedMemberHandling.Disallow)]
public sealed record ProposeTrust(string Grantee, IReadOnlyList<ScopeDto> Scopes, DateTimeOffset ExpiresAt);

/// <summary>A trust grant as it stands. <paramref name="Status"/>: `proposed`, `accepted`, `ended` or `expired`.</summary>
public sealed record TrustInfo(
    string Id, string Grantor, string Grantee, IReadOnlyList<ScopeDto> Scopes, string Status, DateTimeOffset CreatedAt,
    DateTimeOffset ExpiresAt, ulong Revision);
