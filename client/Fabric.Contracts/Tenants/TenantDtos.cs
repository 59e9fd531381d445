using System.Text.Json.Serialization;

namespace Fabric.Contracts.Tenants;

/// <summary>Creates a tenant. Unstated limits take the fabric's defaults.</summary>
[JsonUnmappedMemberHandling(JsonUnmappedMemberHandling.Disallow)]
public sealed record CreateTenant(string Id, string? Name = null, TenantLimitsDto? Limits = null, bool RequireApproval = false);

/// <summary>Changes a tenant; what is null stays.</summary>
[JsonUnmappedMemberHandling(JsonUnmappedMemberHandling.Disallow)]
public sealed record UpdateTenant(string? Name = null, TenantLimitsDto? Limits = null, bool? RequireApproval = null);

/// <summary>A tenant's limits; null takes the fabric's default. Lifetimes in seconds.</summary>
[JsonUnmappedMemberHandling(JsonUnmappedMemberHandling.Disallow)]
public sealed record TenantLimitsDto(
    long? SessionSecondsMax = null,
    long? CredentialSecondsMax = null,
    int? DelegationDepthMax = null,
    int? LiveSessionsMax = null,
    long? ApprovalSecondsMax = null);

/// <summary>A tenant as it stands.</summary>
public sealed record TenantInfo(
    string Id, string Name, string Status, uint Generation, TenantLimitsDto Limits, bool RequireApproval,
    DateTimeOffset CreatedAt, DateTimeOffset? LockedUntil, ulong Revision);
