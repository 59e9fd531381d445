using System.Text.Json.Serialization;
using Fabric.Silo.Federation;
using Fabric.Silo.OAuth.Registration;

namespace Fabric.Silo.OAuth;

/// <summary>What a tenant's authorization server can do (RFC 8414 section 2, RFC 9396 section 10, RFC 9701 section 7, RFC 9449 section 5.1, RFC 9126 section 5, RFC 9207 section 3, OpenID CIBA core section 4, draft-ietf-oauth-client-id-metadata-document section 5). Only what is there is named.</summary>
internal sealed record ServerMetadata(
    string Issuer,
    string AuthorizationEndpoint,
    string TokenEndpoint,
    string PushedAuthorizationRequestEndpoint,
    bool RequirePushedAuthorizationRequests,
    string BackchannelAuthenticationEndpoint,
    IReadOnlyList<string> BackchannelTokenDeliveryModesSupported,
    bool BackchannelUserCodeParameterSupported,
    string JwksUri,
    string IntrospectionEndpoint,
    string RevocationEndpoint,
    string? RegistrationEndpoint,
    IReadOnlyList<string> ResponseTypesSupported,
    IReadOnlyList<string> ResponseModesSupported,
    IReadOnlyList<string> CodeChallengeMethodsSupported,
    bool AuthorizationResponseIssParameterSupported,
    bool RequestParameterSupported,
    bool RequestUriParameterSupported,
    IReadOnlyList<string> GrantTypesSupported,
    IReadOnlyList<string> TokenEndpointAuthMethodsSupported,
    IReadOnlyList<string> TokenEndpointAuthSigningAlgValuesSupported,
    IReadOnlyList<string> IntrospectionEndpointAuthMethodsSupported,
    IReadOnlyList<string> IntrospectionEndpointAuthSigningAlgValuesSupported,
    IReadOnlyList<string> IntrospectionSigningAlgValuesSupported,
    IReadOnlyList<string> RevocationEndpointAuthMethodsSupported,
    IReadOnlyList<string> RevocationEndpointAuthSigningAlgValuesSupported,
    IReadOnlyList<string> AuthorizationDetailsTypesSupported,
    IReadOnlyList<string> DpopSigningAlgValuesSupported,
    bool ClientIdMetadataDocumentSupported)
{
    private static readonly string[] Es256 = ["ES256"];
    private static readonly string[] Clients = ["client_secret_basic", "client_secret_post", "private_key_jwt", WorkloadAssertions.SpiffeMethod];

    // `Bearer` is a registered access token type, which RFC 8414 allows here: the fabric's own secrets in `Authorization: Bearer`.
    private static readonly string[] Resources = [.. Clients, "Bearer"];

    /// <summary>The metadata of a tenant. <paramref name="registers"/>: whether clients may register themselves with it.</summary>
    public static ServerMetadata Of(Issuers issuers, OAuthSettings settings, string tenant, bool registers) => Of(issuers, settings, tenant, registers, registers || settings.DocumentHosts.Count > 0);

    // Public clients are those whose documents say so, and those that register as such.
    private static ServerMetadata Of(Issuers issuers, OAuthSettings settings, string tenant, bool registers, bool hasPublic) => new(
        issuers.Of(tenant), issuers.AuthorizationOf(tenant), issuers.TokenOf(tenant), issuers.PushedOf(tenant), settings.RequirePushedRequests, issuers.BackchannelOf(tenant), ["poll"], false,
        issuers.KeysOf(tenant), issuers.IntrospectionOf(tenant), issuers.RevocationOf(tenant), registers ? issuers.RegistrationOf(tenant) : null, ["code"], ["query"], ["S256"], true, false, false,
        GrantTypes.All, hasPublic ? [.. Clients, PublicClients.Method] : Clients, Es256, Resources, Es256, Es256, hasPublic ? [.. Resources, PublicClients.Method] : Resources, Es256,
        [DetailsText.Type], Es256, settings.DocumentHosts.Count > 0);
}

/// <summary>How documents and answers of the OAuth endpoints are written: snake_case, nulls left out, source-generated; what is read is read strictly.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull, NumberHandling = JsonNumberHandling.Strict,
    MaxDepth = 8, AllowDuplicateProperties = false, RespectNullableAnnotations = true, RespectRequiredConstructorParameters = true)]
[JsonSerializable(typeof(ServerMetadata)), JsonSerializable(typeof(OAuthError)), JsonSerializable(typeof(TokenAnswer)), JsonSerializable(typeof(IntrospectionAnswer))]
[JsonSerializable(typeof(List<ToolCallDetail>)), JsonSerializable(typeof(PushedAnswer)), JsonSerializable(typeof(BackchannelAnswer)), JsonSerializable(typeof(ClientInformation))]
internal sealed partial class OAuthJson : JsonSerializerContext;
