using Fabric.Contracts;
using Fabric.Contracts.Common;
using Fabric.Contracts.Credentials;
using Fabric.Contracts.Sessions;
using Fabric.Core.Common;
using Fabric.Engine;

namespace Fabric.Silo.Api;

/// <summary>Sessions: open, approve, deny, complete, delegate, list.</summary>
internal static class SessionRoutes
{
    private const string Tag = "Sessions";
    private const string One = "/v1/sessions/{s}";

    public static void Map(ApiRoutes routes)
    {
        var json = FabricJson.Default;
        routes.Post(
                "/v1/tenants/{t}/sessions", json.OpenSession, json.SessionInfo, (r, body) => r.Fabric.OpenSessionAsync(r.Tenant, body, r.Cancellation),
                StatusCodes.Status201Created)
            .RequireRoles(RoleSets.Workers)
            .Describe(Tag, "openSession", "Opens a session; `requested` when it waits for an approval, else `active`.");
        routes.Get(
                "/v1/tenants/{t}/sessions", json.PageSessionInfo, ListAsync,
                [new("ancestor", "A node in the lineage, as `KIND/TENANT/ID`; the tenant itself when left out."),
                 new("status", "Only this status; all that are live when left out."), .. QueryField.Page])
            .RequireRoles(RoleSets.Readers | Role.Agent)
            .Describe(Tag, "listSessions", "Sessions by any ancestor.");
        routes.Get(One, json.SessionInfo, r => r.Fabric.GetSessionAsync(r.Route("s"), r.Cancellation))
            .RequireRoles(RoleSets.Readers | Role.Agent)
            .Describe(Tag, "getSession", "A session. Ended ones are answered for as long as the fabric retains them.");
        MapApproval(routes, json);
        MapLife(routes, json);
    }

    private static void MapApproval(ApiRoutes routes, FabricJson json)
    {
        routes.Post(
                One + "/approve", json.ApproveSession, json.SessionInfo, (r, body) => r.Fabric.ApproveSessionAsync(r.Route("s"), body, r.Cancellation),
                whenEmpty: new ApproveSession())
            .RequireRoles(RoleSets.Admins | Role.Approver)
            .Describe(Tag, "approveSession", "Approves a requested session. The approver is the caller; it cannot be the requester.");
        routes.Post(One + "/deny", json.DenySession, json.SessionInfo, (r, body) => r.Fabric.DenySessionAsync(r.Route("s"), body, r.Cancellation))
            .RequireRoles(RoleSets.Admins | Role.Approver)
            .Describe(Tag, "denySession", "Denies a requested session.");
    }

    private static void MapLife(ApiRoutes routes, FabricJson json)
    {
        routes.Post(One + "/complete", json.Receipt, r => r.Fabric.CompleteSessionAsync(r.Route("s"), r.Cancellation))
            .RequireRoles(RoleSets.Workers)
            .Describe(Tag, "completeSession", "Ends a session whose task is done; everything under it is revoked.");
        routes.Post(
                One + "/delegations", json.DelegateSession, json.SessionInfo, (r, body) => r.Fabric.DelegateSessionAsync(r.Route("s"), body, r.Cancellation),
                StatusCodes.Status201Created)
            .RequireRoles(RoleSets.Workers)
            .Describe(Tag, "delegateSession", "Delegates a narrower part of a session to another agent, also of another tenant along a trust grant.");
        routes.Post(
                One + "/credentials", json.IssueCredentials, json.IssuedCredentials,
                (r, body) => r.Fabric.IssueCredentialsAsync(r.Route("s"), body, r.Cancellation), StatusCodes.Status201Created, new IssueCredentials())
            .RequireRoles(RoleSets.Workers)
            .Describe("Credentials", "issueCredentials", "Issues one credential of a session, or a batch of up to 1,000. Tokens are shown this once.");
    }

    private static async ValueTask<Outcome<Page<SessionInfo>>> ListAsync(ApiRequest request)
    {
        var page = request.Page();
        var ancestor = request.QueryNode("ancestor");
        if ((page.Rejection ?? ancestor.Rejection) is { } fault)
        {
            return fault;
        }
        var node = ancestor.Value ?? new NodeDto("tenant", request.Tenant);
        return node.Tenant != request.Tenant
            ? new Rejection(Codes.InvalidField, "ancestor", "the node is not of the tenant in the path")
            : await request.Fabric.ListSessionsAsync(
                new SessionQuery(node, request.Query("status"), page.Value.Cursor, page.Value.Limit), request.Cancellation);
    }
}
