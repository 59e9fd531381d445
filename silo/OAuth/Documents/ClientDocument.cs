using System.Text.Json;
using Fabric.Core.Agents;
using Fabric.Core.Tokens;

namespace Fabric.Silo.OAuth.Documents;

/// <summary>
/// What a client says of itself at the URL that is its `client_id` (draft-ietf-oauth-client-id-metadata-document section 4), as far as it counts: where its answers go, whether it proves itself
/// at all (<paramref name="IsPublic"/>: by nothing), and else its public keys, at <paramref name="JwksUri"/> or in <paramref name="Jwks"/>. What it may do is not its to say.
/// </summary>
internal sealed record ClientDocument(string ClientId, bool IsPublic, IReadOnlyList<string> RedirectUris, string? JwksUri, string? Jwks)
{
    /// <summary>The one way by which such a client authenticates that does: a secret cannot stand in a document.</summary>
    public const string ByKey = "private_key_jwt";

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
            var method = root.ValueKind == JsonValueKind.Object ? ForeignJwt.Text(root, "token_endpoint_auth_method") : null;
            if (method is not (ByKey or PublicClients.Method) || ForeignJwt.Text(root, "client_id") != url || root.TryGetProperty("client_secret", out _)
                || root.TryGetProperty("client_secret_expires_at", out _)
                || (root.TryGetProperty("token_endpoint_auth_signing_alg", out _) && ForeignJwt.Text(root, "token_endpoint_auth_signing_alg") != "ES256"))
            {
                return null;
            }
            var (hasUri, hasKeys) = (root.TryGetProperty("jwks_uri", out _), root.TryGetProperty("jwks", out var keys));
            if (RedirectsOf(root) is not { } redirects || (hasKeys && !ArePublic(keys)))
            {
                return null;
            }

            // Keys of a client that says to prove itself by nothing prove nothing.
            return method == PublicClients.Method ? new ClientDocument(url, true, redirects, null, null)
                : hasUri == hasKeys || (hasUri && ForeignJwt.Text(root, "jwks_uri") is null) ? null
                : new ClientDocument(url, false, redirects, ForeignJwt.Text(root, "jwks_uri"), hasKeys ? keys.GetRawText() : null);
        }
        catch (Exception fault) when (fault is JsonException or InvalidOperationException)
        {
            // Not JSON, or texts that are no UTF-8.
            return null;
        }
    }

    // What no answer goes to (a scheme of an application's own, `localhost`) is passed over: a document speaks to other servers too.
    private static List<string>? RedirectsOf(JsonElement root)
    {
        if (!root.TryGetProperty("redirect_uris", out var list) || list.ValueKind != JsonValueKind.Array || list.GetArrayLength() > RedirectUri.CountMax)
        {
            return null;
        }
        var texts = list.EnumerateArray().Select(ForeignJwt.Text).ToList();
        return texts.Contains(null) || texts.FindAll(RedirectUri.IsValid) is not { Count: > 0 } good ? null : [.. good.OfType<string>()];
    }

    /// <summary>Whether a JWK set (RFC 7517 section 5) holds nothing but public keys.</summary>
    public static bool ArePublic(JsonElement set) =>
        set.ValueKind == JsonValueKind.Object && set.TryGetProperty("keys", out var keys) && keys.ValueKind == JsonValueKind.Array
        && keys.EnumerateArray().All(key => key.ValueKind == JsonValueKind.Object && !Array.Exists(PrivateMembers, name => key.TryGetProperty(name, out _)));
}
