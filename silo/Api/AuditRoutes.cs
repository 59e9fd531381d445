using Fabric.Contracts;
using Fabric.Contracts.Audit;
using Fabric.Contracts.Common;
using Fabric.Core.Common;
using Fabric.Engine;

namespace Fabric.Silo.Api;

/// <summary>Audit queries, and the usage that enforcement points report.</summary>
internal static class AuditRoutes
{
    private const string Tag = "Audit";

    private static readonly QueryField[] Fields =
    [
        new("tenant", "Only records of this tenant."), new("user", "Only records of this user."), new("agent", "Only records of this agent."),
        new("session", "Only records of this session."), new("credential", "Only records of this credential."), new("tool", "Only calls of this tool."),
        new("kind", "Only records of this kind, e.g. `usage`."), new("from", "Not before this moment."), new("to", "Before this moment."),
        new("oldestFirst", "`true`: oldest first; else newest first."), .. QueryField.Page,
    ];

    public static void Map(ApiRoutes routes)
    {
        var json = FabricJson.Default;
        routes.Get("/v1/audit", json.PageAuditEntry, QueryAsync, Fields)
            .RequireRoles(RoleSets.Admins | Role.Auditor)
            .Describe(Tag, "queryAudit", "Which agent used which credential where, under whose delegation and for what.");
        routes.Post("/v1/usage", json.UsageReport, json.UsageReceipt, ReportAsync)
            .WithMetadata(new BodyLimit(RevocationRoutes.BodyBytesMax))
            .RequireRoles(Role.Operator | Role.EnforcementPoint)
            .Describe(Tag, "reportUsage", "Takes an enforcement point's usage, up to 10,000 lines. Idempotent by `reportId`.");
    }

    private static async ValueTask<Outcome<Page<AuditEntry>>> QueryAsync(ApiRequest request)
    {
        var page = request.Page();
        var from = request.QueryMoment("from");
        var to = request.QueryMoment("to");
        var oldestFirst = request.QueryFlag("oldestFirst");
        if ((page.Rejection ?? from.Rejection ?? to.Rejection ?? oldestFirst.Rejection) is { } fault)
        {
            return fault;
        }
        var query = new AuditQuery(
            request.Query("tenant"), request.Query("user"), request.Query("agent"), request.Query("session"), request.Query("credential"),
            request.Query("tool"), request.Query("kind"), from.Value, to.Value, page.Value.Cursor, page.Value.Limit, oldestFirst.Value);
        return await request.Fabric.QueryAuditAsync(query, request.Cancellation);
    }

    private static async ValueTask<Outcome<UsageReceipt>> ReportAsync(ApiRequest request, UsageReport body)
    {
        var revision = await request.Fabric.ReportUsageAsync(body, request.Cancellation);
        return revision.IsOk ? new UsageReceipt(revision.Value) : revision.Rejection;
    }
}
