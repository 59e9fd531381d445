using Fabric.Contracts.Common;

namespace Fabric.Silo.OAuth.Registration;

/// <summary>
/// What an initial access token gives (RFC 7591 section 1.2). The token itself is the API key <paramref name="Key"/>, of which the engine has the hash alone. <paramref name="Remaining"/> clients may still
/// register. <paramref name="IsRevoked"/>: it is being revoked, and gives nothing any more.
/// </summary>
internal sealed record InitialToken(
    string Id, string Key, string Name, string Kind, IReadOnlyList<ScopeDto> Scopes, string? Owner, string? Environment, long? ReviewAtMs, bool RequireApproval,
    IReadOnlyList<string> Grants, IReadOnlyList<string>? Hosts, int Registrations, int Remaining, string MadeBy, long MadeAtMs, bool IsRevoked = false);
