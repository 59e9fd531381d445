using System.Text.Json;
using Fabric.Core.Agents;
using Fabric.Core.Tokens;

namespace Fabric.Silo.OAuth.Documents;

/// <summary>
/// What a client says of itself at the URL that is its `client_id` (draft-ietf-oauth-client-id-metadata-document section 4), as far as it counts: where its answers go, and its public keys, at
/// <paramref name="JwksUri"/> or in <paramref name="Jwks"/>. What it may do is not its to say.
/// </summary>
internal sealed record ClientDocument(string ClientId, IReadOnlyList<string> RedirectUris, string? JwksUri, string? Jwks)
{
    /// <summary>The one way by which such a client authenticates: it has no secret, and one that anybody could be is nobody.</summary>
    public const string Method = "private_key_jwt";

    private static readonly JsonDocumentOptions Strict = new() { AllowDuplicateProperties = false, MaxDepth = 8 };

    // RFC 7517 sections 9.3 and 6: private and symmetric keys.
    private static readonly string[] PrivateMembers = ["d", "p", "q", "dp", "dq", "qi", "oth", "k"];

    /// <summary>The document at <paramref name="url"/> that these bytes are; null when they are none, are another client's, or hold what must not be there.</summary>
    public static ClientDocument? Parse(byte[] json, string url)
    {
        try
        {
            using var document = JsonDocument.Parse(json, Strict);
            var root = document.RootElement;
            if (root.ValueKind != JsonValueKind.Object || ForeignJwt.Text(root, "client_id") != url || root.TryGetProperty("client_secret", out _)
                || root.TryGetProperty("client_secret_expires_at", out _) || ForeignJwt.Text(root, "token_endpoint_auth_method") != Method
                || (root.TryGetProperty("token_endpoint_auth_signing_alg", out _) && ForeignJwt.Text(root, "token_endpoint_auth_signing_alg") != "ES256"))
            {
                return null;
            }
            var (hasUri, hasKeys) = (root.TryGetProperty("jwks_uri", out _), root.TryGetProperty("jwks", out var keys));
            return hasUri != hasKeys && RedirectsOf(root) is { } redirects && (hasUri ? ForeignJwt.Text(root, "jwks_uri") is not null : ArePublic(keys))
                ? new ClientDocument(url, redirects, ForeignJwt.Text(root, "jwks_uri"), hasKeys ? keys.GetRawText() : null)
                : null;
        }
        catch (Exception fault) when (fault is JsonException or InvalidOperationException)
        {
            // Not JSON, or texts that are no UTF-8.
            return null;
        }
    }

    private static List<string>? RedirectsOf(JsonElement root)
    {
        if (!root.TryGetProperty("redirect_uris", out var list) || list.ValueKind != JsonValueKind.Array || list.GetArrayLength() is 0 or > RedirectUri.CountMax)
        {
            return null;
        }
        var uris = list.EnumerateArray().Select(ForeignJwt.Text).ToList();
        return uris.TrueForAll(RedirectUri.IsValid) ? [.. uris.OfType<string>()] : null;
    }

    /// <summary>Whether a JWK set (RFC 7517 section 5) holds nothing but public keys.</summary>
    public static bool ArePublic(JsonElement set) =>
        set.ValueKind == JsonValueKind.Object && set.TryGetProperty("keys", out var keys) && keys.ValueKind == JsonValueKind.Array
        && keys.EnumerateArray().All(key => key.ValueKind == JsonValueKind.Object && !Array.Exists(PrivateMembers, name => key.TryGetProperty(name, out _)));
}
