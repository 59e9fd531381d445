using System.Text.Json.Serialization;
using Fabric.Contracts.Common;

namespace Fabric.Contracts.Sessions;

/// <summary>
/// Opens a session: one task of one agent. <paramref name="User"/>: for whom (a personal agent's owner is implied; a backend agent has none).
/// The lifetime is clamped to the tenant's limit, and the answer says so (S2). <paramref name="RequireApproval"/> may add an approval, never drop one. <paramref name="Audience"/>: all its
/// credentials are for that one; <paramref name="ProofKey"/>: all are bound to that key (RFC 7638 thumbprint). Left out: each issuance says.
/// </summary>
[JsonUnmappedMemberHandling(JsonUnmappedMemberHandling.Disallow)]
public sealed record OpenSession(
    string Agent, string Purpose, IReadOnlyList<ScopeDto> Scopes, string? User = null, long? LifetimeSeconds = null, bool RequireApproval = false,
    string? Audience = null, string? ProofKey = null);

/// <summary>
/// Hands a narrower part of a session to another agent, also of another tenant (along an accepted trust grant). <paramref name="Token"/>: a credential of the
/// session that it is handed over by: what comes of it lies within that credential, ends with it and dies with it. <paramref name="Audience"/>: all credentials of the new session are for that one;
/// <paramref name="ProofKey"/>: all are bound to that key (RFC 7638 thumbprint). Left out: each issuance says.
/// </summary>
[JsonUnmappedMemberHandling(JsonUnmappedMemberHandling.Disallow)]
public sealed record DelegateSession(
    string Agent, string Purpose, IReadOnlyList<ScopeDto> Scopes, string? Tenant = null, long? LifetimeSeconds = null,
    string? Token = null, string? Audience = null, string? ProofKey = null)
{
    /// <summary>Without the token: a log is no place for it.</summary>
    public override string ToString() => $"{nameof(DelegateSession)} {{ {Agent} {Tenant} }}";
}

/// <summary>Approves a requested session. The approver is the caller; it cannot be the requester.</summary>
[JsonUnmappedMemberHandling(JsonUnmappedMemberHandling.Disallow)]
public sealed record ApproveSession(string? Note = null, long? LifetimeSeconds = null);

/// <summary>Denies a requested session.</summary>
[JsonUnmappedMemberHandling(JsonUnmappedMemberHandling.Disallow)]
public sealed record DenySession(string Reason);

/// <summary>A session as it stands. <paramref name="Status"/>: `requested`, `active`, `completed`, `expired`, `denied` or `revoked`.</summary>
public sealed record SessionInfo(
    string Id, string Tenant, string Agent, string? User, string Purpose, string Status, IReadOnlyList<ScopeDto> Scopes,
    string RequestedBy, string? ApprovedBy, DateTimeOffset OpenedAt, DateTimeOffset ExpiresAt, string? DelegatedFrom, int Depth,
    long CredentialsIssued, ClampDto? Clamped, ulong Revision);

/// <summary>A lifetime that was cut (S2): what was asked for, what was given, and which ancestor set the limit.</summary>
public sealed record ClampDto(long RequestedSeconds, long GrantedSeconds, string LimitedBy);

/// <summary>Which sessions to list: those with <paramref name="Ancestor"/> in their lineage, of one status or (null) all that are live.</summary>
public sealed record SessionQuery(NodeDto Ancestor, string? Status = null, string? Cursor = null, int Limit = 100);
