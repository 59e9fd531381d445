using Fabric.Silo.Api;
using Fabric.Silo.OAuth.Registration;

namespace Fabric.Silo.OAuth;

/// <summary>What clients find out by themselves, given an issuer. Open, like the signing keys: it says nothing of a tenant but that it exists.</summary>
internal static class MetadataRoutes
{
    /// <summary>How long the document may be kept: it changes with the program, and when a tenant begins or ends to let clients register.</summary>
    public static readonly TimeSpan MaxAge = TimeSpan.FromMinutes(5);

    private const string Tag = "OAuth";

    public static void Map(ApiRoutes routes, Issuers issuers, OAuthSettings settings, InitialTokens initial)
    {
        MapOne(routes, issuers, settings, initial, issuers.ServerMetadataPath, "getServerMetadata", "A tenant's authorization server metadata (RFC 8414).");
        MapOne(routes, issuers, settings, initial, issuers.OpenIdPaths[0], "getServerMetadataByOpenIdName", "The same document, by the name of OpenID Connect Discovery (RFC 8414 section 5).");
        MapOne(routes, issuers, settings, initial, issuers.OpenIdPaths[1], "getServerMetadataBelowIssuer", "The same document, where OpenID Connect Discovery puts it.");
    }

    private static void MapOne(ApiRoutes routes, Issuers issuers, OAuthSettings settings, InitialTokens initial, string path, string name, string summary) =>
        routes.Map(HttpMethods.Get, path, StatusCodes.Status200OK, typeof(ServerMetadata), [], context => AnswerAsync(routes.RequestOf(context), issuers, settings, initial))
            .Open()
            .Describe(Tag, name, summary);

    private static async Task AnswerAsync(ApiRequest request, Issuers issuers, OAuthSettings settings, InitialTokens initial)
    {
        // A tenant without keys does not exist: asked of the engine in the one way that is open to all.
        var keys = await request.Fabric.GetSigningKeysAsync(request.Tenant, request.Cancellation);
        if ((request.UnknownQuery([]) ?? keys.Rejection) is { } refused)
        {
            JsonAnswer.Refuse(request.Context, refused);
            return;
        }
        var registers = await initial.HasAnyAsync(request.Tenant, request.Cancellation);
        CachedAnswer.Write(request.Context, ServerMetadata.Of(issuers, settings, request.Tenant, registers), OAuthJson.Default.ServerMetadata, MaxAge);
    }
}
