using System.Text.Json;
using Fabric.Core.Tokens;
using Fabric.Silo.Outbound;

namespace Fabric.Silo.Federation;

/// <summary>
/// What an OpenID provider says of itself (OpenID Connect Discovery section 3), as far as users sign in at it. <paramref name="NamesItself"/>: each of its authorization responses has `iss` (RFC
/// 9207 section 3). <paramref name="Methods"/>: how clients authenticate at its token endpoint.
/// </summary>
internal sealed record ProviderMetadata(Uri Authorization, Uri Token, bool NamesItself, IReadOnlyList<string> Methods)
{
    /// <summary>RFC 6749 section 2.3.1, by header; what a provider takes that does not say (OpenID Connect Discovery section 3).</summary>
    public const string Basic = "client_secret_basic";

    /// <summary>RFC 6749 section 2.3.1, in the form.</summary>
    public const string Post = "client_secret_post";

    private const int MethodsMax = 32;

    private static readonly JsonDocumentOptions Strict = new() { AllowDuplicateProperties = false, MaxDepth = 16 };

    /// <summary>
    /// The metadata that a document is; null when it is none, is another issuer's, or leads somewhere that no browser is sent. <paramref name="mayBePlain"/>: whether plain http to a URL is allowed.
    /// </summary>
    public static ProviderMetadata? Parse(byte[] json, string issuer, Func<Uri, bool> mayBePlain)
    {
        try
        {
            using var document = JsonDocument.Parse(json, Strict);
            var root = document.RootElement;
            return root.ValueKind == JsonValueKind.Object && ForeignJwt.Text(root, "issuer") == issuer
                && OutboundUrl.Parse(ForeignJwt.Text(root, "authorization_endpoint")) is { } authorization && (authorization.Scheme == Uri.UriSchemeHttps || mayBePlain(authorization))
                && OutboundUrl.Parse(ForeignJwt.Text(root, "token_endpoint")) is { } token && MethodsOf(root) is { } methods
                ? new ProviderMetadata(authorization, token, IsTrue(root, "authorization_response_iss_parameter_supported"), methods)
                : null;
        }
        catch (JsonException)
        {
            return null;
        }
    }

    private static bool IsTrue(JsonElement root, string name) => root.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.True;

    private static string[]? MethodsOf(JsonElement root) =>
        !root.TryGetProperty("token_endpoint_auth_methods_supported", out var list) ? [Basic]
        : list.ValueKind == JsonValueKind.Array && list.GetArrayLength() <= MethodsMax ? [.. list.EnumerateArray().Select(ForeignJwt.Text).OfType<string>()]
        : null;
}
