using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using Fabric.Core.Common;
using Fabric.Core.Issuers;
using Fabric.Core.Tokens;
using Fabric.Silo.Federation;
using Fabric.Silo.Hosting;
using Fabric.Silo.Outbound;

namespace Fabric.Silo.OAuth.Documents;

/// <summary>
/// Clients whose `client_id` is the URL of a document (draft-ietf-oauth-client-id-metadata-document). Such a client is the agent whose id is the URL's hash, which an administrator of the tenant has
/// registered, with the ceiling that the tenant gives it; there is no other way into being. Only then is the document fetched, from a host that the operator allows, through the guard of outgoing
/// requests.
/// </summary>
internal sealed class ClientDocuments
{
    /// <summary>What the id of such an agent begins with; then follows the SHA-256 of the URL, in base64url.</summary>
    public const string Prefix = "cimd:";

    /// <summary>The most documents that are kept (B1).</summary>
    public const int DocumentsMax = 1_024;

    /// <summary>How long a document is kept, whatever its host says: not shorter, so that it is not fetched at every request, and not longer, so that a key which was withdrawn is gone.</summary>
    public static readonly TimeSpan FreshMin = TimeSpan.FromMinutes(1);

    /// <inheritdoc cref="FreshMin"/>
    public static readonly TimeSpan FreshMax = TimeSpan.FromMinutes(10);

    private const int UrlLengthMax = 512;
    private const int BytesMax = 16 * 1024;

    private static readonly TimeSpan Retry = TimeSpan.FromSeconds(5);
    private static readonly string[] Types = ["application/json"];
    private static readonly string[] Algorithms = ["ES256"];
    private static readonly Rejection Unavailable = new(Codes.IssuerKeysUnavailable, "client_id", "the client's document cannot be had now, or is none that counts");

    private readonly OutboundHttp _http;
    private readonly KeySets _keys;
    private readonly FetchedOnce<ClientDocument> _documents;
    private readonly HashSet<string> _hosts;

    public ClientDocuments(OutboundHttp http, KeySets keys, SiloOptions options, TimeProvider time)
    {
        (_http, _keys, _hosts) = (http, keys, new HashSet<string>(options.OAuth.DocumentHosts, StringComparer.Ordinal));
        _documents = new FetchedOnce<ClientDocument>(DocumentsMax, Retry, time, FetchAsync);
    }

    /// <summary>
    /// The id of the agent that a client is whose `client_id` is such a URL; null for any other `client_id`. Section 3 of the draft, and stricter: there is one way to write it, without a query.
    /// </summary>
    public string? AgentOf(string? clientId) =>
        _hosts.Count > 0 && clientId is { Length: <= UrlLengthMax } && OutboundUrl.Parse(clientId) is { } url && url.AbsoluteUri == clientId && url.AbsolutePath.Length > 1 && url.Query.Length == 0
            && ((url.Scheme == Uri.UriSchemeHttps && url.IsDefaultPort) || _http.MayBePlain(url)) && _hosts.Contains(url.IdnHost)
            ? Prefix + Base64Url.EncodeToString(SHA256.HashData(Encoding.ASCII.GetBytes(clientId)))
            : null;

    /// <summary>The document of a client, of which the caller has seen that it is an agent of the tenant.</summary>
    public async ValueTask<Outcome<ClientDocument>> OfAsync(string clientId, CancellationToken cancellation) =>
        await _documents.OfAsync(clientId, cancellation) is { } document ? document : Unavailable;

    /// <summary>Whether a client has signed something with a key that its document names; refusal: it cannot be told now.</summary>
    public async ValueTask<Outcome<bool>> IsSignedAsync(string clientId, ForeignJwt jwt, string? kid, CancellationToken cancellation)
    {
        var document = await OfAsync(clientId, cancellation);
        if (!document.IsOk || document.Value.IsPublic)
        {
            return document.IsOk ? false : document.Rejection;
        }
        if (document.Value.Jwks is { } inline)
        {
            return ForeignKeySet.Parse(Encoding.UTF8.GetBytes(inline)) is { } own && own.Verifies(kid, "ES256", jwt.SigningInput, jwt.Signature);
        }
        var source = new TrustedIssuer(Prefix, IssuerKind.None, clientId, document.Value.JwksUri, null, [], Algorithms, "sub", [], CreateUsers: false, Reusable: false);

        // docs/decisions/0048: a key is believed for ten minutes, whatever its host does meanwhile.
        return await _keys.HasSignedAsync(source, jwt, kid, "ES256", cancellation, FreshMax);
    }

    private async Task<(ClientDocument? Value, TimeSpan Fresh)> FetchAsync(string url)
    {
        var reply = await _http.SendAsync(new OutboundRequest(new Uri(url)) { Types = Types, BytesMax = BytesMax }, CancellationToken.None);
        var fresh = reply.MaxAge is { } said ? TimeSpan.FromTicks(Math.Clamp(said.Ticks, FreshMin.Ticks, FreshMax.Ticks)) : FreshMax;
        return (reply.IsOk ? ClientDocument.Parse(reply.Body, url) : null, fresh);
    }
}
