using System.Net;
using System.Text.Json;
using Fabric.Silo.OAuth;
using Fabric.Silo.Outbound;

namespace Fabric.Silo.Federation;

/// <summary>Where an issuer's keys are: at an address that the tenant gave, or where the issuer's own metadata says.</summary>
internal sealed class KeySetSource(OutboundHttp http, string issuer, string? jwksUri)
{
    private static readonly string[] KeyTypes = ["application/json", "application/jwk-set+json"];
    private static readonly string[] MetadataTypes = ["application/json"];
    private static readonly JsonDocumentOptions Strict = new() { AllowDuplicateProperties = false, MaxDepth = 16 };

    /// <summary>The keys, and how long they may be kept; null when they cannot be had.</summary>
    public async Task<(ForeignKeySet? Keys, TimeSpan? MaxAge)> FetchAsync(CancellationToken cancellation)
    {
        var address = OutboundUrl.Parse(jwksUri ?? await DiscoverAsync(cancellation));
        if (address is null)
        {
            return default;
        }
        var reply = await http.SendAsync(new OutboundRequest(address) { Types = KeyTypes }, cancellation);
        return reply.IsOk ? (ForeignKeySet.Parse(reply.Body), reply.MaxAge) : default;
    }

    // OpenID Connect Discovery section 4, then RFC 8414 section 3; whichever there is must be this issuer's (section 3.3 of it), or another one could speak for it.
    private async Task<string?> DiscoverAsync(CancellationToken cancellation)
    {
        foreach (var address in AddressesOf(issuer))
        {
            var reply = await http.SendAsync(new OutboundRequest(address) { Types = MetadataTypes }, cancellation);
            if (reply.IsOk)
            {
                return JwksUriOf(reply.Body, issuer);
            }
            if (reply is not { Fault: OutboundFault.Status, Status: HttpStatusCode.NotFound })
            {
                return null;
            }
        }
        return null;
    }

    /// <summary>Where an issuer's metadata may be.</summary>
    public static IReadOnlyList<Uri> AddressesOf(string issuer)
    {
        if (OutboundUrl.Parse(issuer) is not { } url)
        {
            return [];
        }
        var (root, path) = (url.GetLeftPart(UriPartial.Authority), url.AbsolutePath.TrimEnd('/'));
        return [new Uri($"{root}{path}/.well-known/openid-configuration"), new Uri($"{root}/.well-known/oauth-authorization-server{path}")];
    }

    private static string? JwksUriOf(byte[] json, string issuer)
    {
        try
        {
            using var document = JsonDocument.Parse(json, Strict);
            var root = document.RootElement;
            return root.ValueKind == JsonValueKind.Object && ForeignJwt.Text(root, "issuer") == issuer ? ForeignJwt.Text(root, "jwks_uri") : null;
        }
        catch (JsonException)
        {
            return null;
        }
    }
}
