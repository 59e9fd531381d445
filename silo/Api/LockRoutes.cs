using Fabric.Contracts;
using Fabric.Contracts.Common;
using Fabric.Contracts.Revocations;
using Fabric.Core.Common;

namespace Fabric.Silo.Api;

/// <summary>Locks: reversible stops with an end.</summary>
internal static class LockRoutes
{
    private const string Tag = "Locks";

    public static void Map(ApiRoutes routes)
    {
        var json = FabricJson.Default;
        routes.Post("/v1/locks", json.LockRequest, json.Receipt, (r, body) => r.Fabric.LockAsync(body, r.Cancellation))
            .RequireRoles(RoleSets.Admins)
            .Describe(Tag, "lock", "Locks a node until a moment.");
        routes.Post("/v1/locks/release", json.UnlockRequest, json.Receipt, (r, body) => r.Fabric.UnlockAsync(body, r.Cancellation))
            .RequireRoles(RoleSets.Admins)
            .Describe(Tag, "unlock", "Lifts a lock.");
        routes.Get("/v1/locks", json.PageLockInfo, ListAsync, [new("tenant", "Whose locks; needed."), .. QueryField.Page])
            .RequireRoles(RoleSets.Readers)
            .Describe(Tag, "listLocks", "The locks in force in a tenant.");
    }

    private static async ValueTask<Outcome<Page<LockInfo>>> ListAsync(ApiRequest request)
    {
        var page = request.Page();
        if (!page.IsOk)
        {
            return page.Rejection;
        }
        return request.Query("tenant") is { } tenant
            ? await request.Fabric.ListLocksAsync(tenant, page.Value, request.Cancellation)
            : new Rejection(Codes.InvalidField, "tenant", "the query must name a tenant");
    }
}
