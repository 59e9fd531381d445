using Fabric.Contracts;
using Fabric.Contracts.Keys;
using Fabric.Engine;

namespace Fabric.Silo.Api;

/// <summary>Tenants and their signing keys.</summary>
internal static class TenantRoutes
{
    /// <summary>How long verifiers may keep the keys: a key that was revoked is believed by those that hold no lease for this long at most.</summary>
    public static readonly TimeSpan KeysMaxAge = TimeSpan.FromMinutes(1);

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
        routes.Map(HttpMethods.Get, "/v1/tenants/{t}/jwks.json", StatusCodes.Status200OK, typeof(JsonWebKeySetDto), [], context => KeysAsync(routes.RequestOf(context)))
            .Open()
            .Describe(Tag, "getSigningKeys", "A tenant's public signing keys (RFC 7517 section 5), without revoked ones.");
    }

    private static async Task KeysAsync(ApiRequest request)
    {
        var keys = await request.Fabric.GetSigningKeysAsync(request.Tenant, request.Cancellation);
        if ((request.UnknownQuery([]) ?? keys.Rejection) is { } refused)
        {
            JsonAnswer.Refuse(request.Context, refused);
            return;
        }
        CachedAnswer.Write(request.Context, keys.Value, FabricJson.Default.JsonWebKeySetDto, KeysMaxAge);
    }
}
