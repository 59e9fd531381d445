using Fabric.Contracts;

namespace Fabric.Silo.Api;

/// <summary>Users of a tenant.</summary>
internal static class UserRoutes
{
    private const string Tag = "Users";

    public static void Map(ApiRoutes routes)
    {
        var json = FabricJson.Default;
        routes.Post("/v1/tenants/{t}/users", json.CreateUser, json.UserInfo, (r, body) => r.Fabric.CreateUserAsync(r.Tenant, body, r.Cancellation), StatusCodes.Status201Created)
            .RequireRoles(RoleSets.Admins)
            .Describe(Tag, "createUser", "Registers a user.");
        routes.List("/v1/tenants/{t}/users", json.PageUserInfo, (r, page) => r.Fabric.ListUsersAsync(r.Tenant, page, r.Cancellation))
            .RequireRoles(RoleSets.Readers)
            .Describe(Tag, "listUsers", "A tenant's users, by id.");
        routes.Get("/v1/tenants/{t}/users/{u}", json.UserInfo, r => r.Fabric.GetUserAsync(r.Tenant, r.Route("u"), r.Cancellation))
            .RequireRoles(RoleSets.Readers)
            .Describe(Tag, "getUser", "A user.");
        routes.Post(
                "/v1/tenants/{t}/users/{u}", json.UpdateUser, json.UserInfo,
                (r, body) => r.Fabric.UpdateUserAsync(r.Tenant, r.Route("u"), body, r.Cancellation), method: "PATCH")
            .RequireRoles(RoleSets.Admins)
            .Describe(Tag, "updateUser", "Changes a user; what is left out stays.");
        routes.Post(
                "/v1/tenants/{t}/users/{u}/sign-in", json.SetUserSignIn, json.UserInfo,
                (r, body) => r.Fabric.SetUserSignInAsync(r.Tenant, r.Route("u"), body, r.Cancellation), method: "PUT")
            .RequireRoles(RoleSets.Admins)
            .Describe(Tag, "setUserSignIn", "Sets or takes away the password that a user signs in with.");
        routes.Post(
                "/v1/tenants/{t}/users/{u}/offboard", json.EndNode, json.Receipt,
                (r, body) => r.Fabric.OffboardUserAsync(r.Tenant, r.Route("u"), body, r.Cancellation))
            .RequireRoles(RoleSets.Admins)
            .Describe(Tag, "offboardUser", "Ends a user for good: every credential and session under it is dead, its personal agents' sessions end.");
    }
}
