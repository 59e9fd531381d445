using Fabric.Contracts;

namespace Fabric.Silo.Api;

/// <summary>API keys.</summary>
internal static class ApiKeyRoutes
{
    private const string Tag = "Keys";

    public static void Map(ApiRoutes routes)
    {
        var json = FabricJson.Default;
        routes.Post("/v1/keys", json.MakeApiKey, json.ApiKeyWithSecret, (r, body) => r.Fabric.MakeApiKeyAsync(body, r.Cancellation), StatusCodes.Status201Created)
            .RequireRoles(RoleSets.Admins)
            .Describe(Tag, "makeApiKey", "Makes an API key. Its secret is shown this once.");
        routes.List("/v1/keys", json.PageApiKeyInfo, (r, page) => r.Fabric.ListApiKeysAsync(page, r.Cancellation))
            .RequireRoles(RoleSets.Admins)
            .Describe(Tag, "listApiKeys", "The API keys that the caller may manage.");
        routes.Post("/v1/keys/{id}/revoke", json.ApiKeyInfo, r => r.Fabric.RevokeApiKeyAsync(r.Route("id"), r.Cancellation))
            .RequireRoles(RoleSets.Admins)
            .Describe(Tag, "revokeApiKey", "Revokes an API key at once.");
    }
}
