using System.Text.Json.Serialization;
using Fabric.Contracts.Common;
using Fabric.Contracts.Sessions;

namespace Fabric.Contracts.Credentials;

/// <summary>
/// Issues <paramref name="Count"/> (1 to 1,000) credentials of a session. <paramref name="Scopes"/> null: the session's own (S3).
/// <paramref name="Audience"/> null: the fabric's default audience. <paramref name="ProofKey"/>: the thumbprint (RFC 7638) of the key whose holder alone may use them (`cnf.jkt`).
/// </summary>
[JsonUnmappedMemberHandling(JsonUnmappedMemberHandling.Disallow)]
public sealed record IssueCredentials(
    int Count = 1, long? LifetimeSeconds = null, IReadOnlyList<ScopeDto>? Scopes = null, string? Audience = null, string? ProofKey = null);

/// <summary>One credential: the id (`jti`) that revokes it, and the token (RFC 9068), shown this once.</summary>
public sealed record IssuedCredential(string Id, string Token)
{
    /// <summary>Without the token: a log is no place for it.</summary>
    public override string ToString() => $"{nameof(IssuedCredential)} {{ Id = {Id} }}";
}

/// <summary>What an issuance gave.</summary>
public sealed record IssuedCredentials(
    string Session, IReadOnlyList<IssuedCredential> Credentials, DateTimeOffset ExpiresAt, ClampDto? Clamped, ulong Revision)
{
    /// <summary>RFC 6750: how the token is presented.</summary>
    public string TokenType { get; } = "Bearer";
}
