using Fabric.Contracts;
using Fabric.Engine;

namespace Fabric.Silo.Api;

/// <summary>Tenants and their signing keys.</summary>
internal static class TenantRoutes
{
    private const string Tag = "Tenants";

    public static void Map(ApiRoutes routes)
    {
        var json = FabricJson.Default;
        routes.Post("/v1/tenants", json.CreateTenant, json.TenantInfo, (r, body) => r.Fabric.CreateTenantAsync(body, r.Cancellation), StatusCodes.Status201Created)
            .RequireRoles(Role.Operator)
            .Describe(Tag, "createTenant", "Creates a tenant with its first signing key.");
        routes.List("/v1/tenants", json.PageTenantInfo, (r, page) => r.Fabric.ListTenantsAsync(page, r.Cancellation))
            .RequireRoles(RoleSets.Readers)
            .Describe(Tag, "listTenants", "The tenants that the caller may see, by id.");
        routes.Get("/v1/tenants/{t}", json.TenantInfo, r => r.Fabric.GetTenantAsync(r.Tenant, r.Cancellation))
            .RequireRoles(RoleSets.Readers)
            .Describe(Tag, "getTenant", "A tenant.");
        routes.Post(
                "/v1/tenants/{t}", json.UpdateTenant, json.TenantInfo, (r, body) => r.Fabric.UpdateTenantAsync(r.Tenant, body, r.Cancellation),
                method: "PATCH")
            .RequireRoles(Role.Operator)
            .Describe(Tag, "updateTenant", "Changes a tenant; what is left out stays.");
        routes.Post("/v1/tenants/{t}/keys/rotate", json.JsonWebKeySetDto, r => r.Fabric.RotateSigningKeyAsync(r.Tenant, r.Cancellation))
            .RequireRoles(RoleSets.Admins)
            .Describe(Tag, "rotateSigningKey", "Makes a new signing key; the old ones verify until nothing that they signed is unexpired.");
        routes.Post(
                "/v1/tenants/{t}/keys/{kid}/revoke", json.EndNode, json.Receipt,
                (r, body) => r.Fabric.RevokeSigningKeyAsync(r.Tenant, r.Route("kid"), body, r.Cancellation))
            .RequireRoles(RoleSets.Admins)
            .Describe(Tag, "revokeSigningKey", "Revokes a signing key at once: nothing that it signed is allowed any more. Another one signs from then on.");
        routes.Get("/v1/tenants/{t}/jwks.json", json.JsonWebKeySetDto, r => r.Fabric.GetSigningKeysAsync(r.Tenant, r.Cancellation))
            .Open()
            .Describe(Tag, "getSigningKeys", "A tenant's public signing keys (RFC 7517 section 5), without revoked ones.");
    }
}
