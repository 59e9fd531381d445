using Fabric.Contracts;

namespace Fabric.Silo.Api;

/// <summary>Trust grants between tenants.</summary>
internal static class TrustRoutes
{
    private const string Tag = "Trust";

    public static void Map(ApiRoutes routes)
    {
        var json = FabricJson.Default;
        routes.Post("/v1/tenants/{t}/trust", json.ProposeTrust, json.TrustInfo, (r, body) => r.Fabric.ProposeTrustAsync(r.Tenant, body, r.Cancellation), StatusCodes.Status201Created)
            .RequireRoles(RoleSets.Admins)
            .Describe(Tag, "proposeTrust", "Offers a trust grant to another tenant.");
        routes.List("/v1/tenants/{t}/trust", json.PageTrustInfo, (r, page) => r.Fabric.ListTrustAsync(r.Tenant, page, r.Cancellation))
            .RequireRoles(RoleSets.Readers)
            .Describe(Tag, "listTrust", "The trust grants that a tenant gave or was given.");
        routes.Post("/v1/tenants/{t}/trust/{id}/accept", json.TrustInfo, r => r.Fabric.AcceptTrustAsync(r.Tenant, r.Route("id"), r.Cancellation))
            .RequireRoles(RoleSets.Admins)
            .Describe(Tag, "acceptTrust", "Accepts a trust grant, as the grantee.");
    }
}
