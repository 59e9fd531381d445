using Fabric.Contracts;

namespace Fabric.Silo.Api;

/// <summary>The issuers of tokens that a tenant trusts.</summary>
internal static class IssuerRoutes
{
    private const string Tag = "Issuers";
    private const string One = "/v1/tenants/{t}/issuers/{id}";

    public static void Map(ApiRoutes routes)
    {
        var json = FabricJson.Default;
        routes.List("/v1/tenants/{t}/issuers", json.PageIssuerInfo, (r, page) => r.Fabric.ListIssuersAsync(r.Tenant, page, r.Cancellation))
            .RequireRoles(RoleSets.Readers)
            .Describe(Tag, "listIssuers", "The issuers that a tenant trusts, by id.");
        routes.Get(One, json.IssuerInfo, r => r.Fabric.GetIssuerAsync(r.Tenant, r.Route("id"), r.Cancellation))
            .RequireRoles(RoleSets.Readers)
            .Describe(Tag, "getIssuer", "An issuer that a tenant trusts.");
        routes.Post(One, json.PutIssuer, json.IssuerInfo, (r, body) => r.Fabric.PutIssuerAsync(r.Tenant, r.Route("id"), body, r.Cancellation), method: "PUT")
            .RequireRoles(RoleSets.Admins)
            .Describe(Tag, "putIssuer", "Trusts an issuer to say who a tenant's users are, or which workload is which agent; in place of what was trusted by this id.");
        routes.Delete(One, json.IssuerInfo, r => r.Fabric.RemoveIssuerAsync(r.Tenant, r.Route("id"), r.Cancellation))
            .RequireRoles(RoleSets.Admins)
            .Describe(Tag, "removeIssuer", "Trusts an issuer no more, at once. What was opened by its tokens goes on: revoke users or agents to end it.");
    }
}
