using Fabric.Contracts;
using Fabric.Contracts.Changes;
using Fabric.Core.Common;
using Fabric.Engine;
using Microsoft.Net.Http.Headers;

namespace Fabric.Silo.Api;

/// <summary>The change stream: pulled by cursor as JSON, or pushed as server-sent events.</summary>
internal static class ChangeRoutes
{
    private const string LastEventId = "Last-Event-ID";

    private static readonly QueryField[] Fields =
    [
        new("tenant", "Only changes of this tenant."), new("node", "Only changes of this node, as `KIND/TENANT/ID`."),
        new("kind", "Only changes of this kind, e.g. `session.opened`; may stand there several times.", IsMany: true), .. QueryField.Page,
    ];

    public static void Map(ApiRoutes routes) =>
        routes.Map(HttpMethods.Get, "/v1/changes", StatusCodes.Status200OK, typeof(ChangePage), Fields, context => AnswerAsync(routes, context))
            .RequireRoles(RoleSets.Admins | Role.Auditor)
            .WithMetadata(new LongLived())
            .Describe(
                "Changes", "changes",
                "Changes after a cursor. With `Accept: text/event-stream` they are pushed as they happen, and `Last-Event-ID` resumes; a subscriber that is too slow gets an event `gap`.");

    private static async Task AnswerAsync(ApiRoutes routes, HttpContext context)
    {
        var request = routes.RequestOf(context);
        var query = QueryOf(request);
        if (!query.IsOk)
        {
            JsonAnswer.Refuse(context, query.Rejection);
            return;
        }
        if (WantsEvents(context))
        {
            var lastSeen = context.Request.Headers[LastEventId];
            await EventStream.WriteAsync(request, lastSeen.Count > 0 ? query.Value with { Cursor = lastSeen[0] } : query.Value);
            return;
        }
        ApiRoutes.Reply(
            context, StatusCodes.Status200OK, await request.Fabric.PullChangesAsync(query.Value, request.Cancellation), FabricJson.Default.ChangePage);
    }

    private static Outcome<ChangeQuery> QueryOf(ApiRequest request)
    {
        var page = request.Page();
        var node = request.QueryNode("node");
        return (request.UnknownQuery(Fields) ?? page.Rejection ?? node.Rejection) is { } fault
            ? fault
            : new ChangeQuery(page.Value.Cursor, request.Query("tenant"), node.Value, request.QueryList("kind"), page.Value.Limit);
    }

    private static bool WantsEvents(HttpContext context)
    {
        foreach (var accept in context.Request.Headers[HeaderNames.Accept])
        {
            if (accept?.Contains("text/event-stream", StringComparison.OrdinalIgnoreCase) == true)
            {
                return true;
            }
        }
        return false;
    }
}
