using System.Text.Json.Serialization;

namespace Fabric.Contracts.Audit;

/// <summary>Which audit records; what is null does not filter. Newest first unless <paramref name="OldestFirst"/>. Limit 1 to 1,000.</summary>
public sealed record AuditQuery(
    string? Tenant = null, string? User = null, string? Agent = null, string? Session = null, string? Credential = null, string? Tool = null,
    string? Kind = null, DateTimeOffset? From = null, DateTimeOffset? To = null, string? Cursor = null, int Limit = 100, bool OldestFirst = false);

/// <summary>One audit record (A1). For `usage`: <paramref name="Count"/> calls between <paramref name="FirstAt"/> and <paramref name="LastAt"/>.</summary>
public sealed record AuditEntry(
    string Id, DateTimeOffset At, string Kind, string Tenant, string? User, string? Agent, string? Session, string? Credential, string? Tool,
    string? Action, string? Resource, string? Purpose, string? Reason, string? By, string? DelegatedFrom, ulong Revision, long Count,
    DateTimeOffset? FirstAt, DateTimeOffset? LastAt, string? Detail);

/// <summary>What an enforcement point saw in a window: one line a credential, tool, action, resource and outcome. At most 10,000 lines.</summary>
[JsonUnmappedMemberHandling(JsonUnmappedMemberHandling.Disallow)]
public sealed record UsageReport(string Edge, IReadOnlyList<UsageLine> Lines, string? ReportId = null);

/// <summary>
/// Calls of one credential on one tool, action and resource with one outcome. <paramref name="Code"/> null: allowed. Every field is stated, also null.
/// </summary>
[JsonUnmappedMemberHandling(JsonUnmappedMemberHandling.Disallow)]
public sealed record UsageLine(
    string Tenant, [property: JsonIgnore(Condition = JsonIgnoreCondition.Never)] string? User, string Agent, string Session, string Credential,
    string Tool, string Action, string Resource, [property: JsonIgnore(Condition = JsonIgnoreCondition.Never)] string? Code, bool BestEffort, long Count, DateTimeOffset FirstAt, DateTimeOffset LastAt, ulong Revision);

/// <summary>That a usage report is in the audit: the revision that its record carries.</summary>
public sealed record UsageReceipt(ulong Revision);
