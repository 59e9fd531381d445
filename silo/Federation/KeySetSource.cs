using System.Net;
using System.Text.Json;
using Fabric.Core.Tokens;
using Fabric.Silo.Outbound;
using Microsoft.Extensions.Logging.Abstractions;

namespace Fabric.Silo.Federation;

/// <summary>Where an issuer's keys are: at an address that the tenant gave, or where the issuer's own metadata says. Why they cannot be had stands in the log, for who runs the host.</summary>
internal sealed class KeySetSource(OutboundHttp http, string issuer, string? jwksUri, ILogger? log = null)
{
    private static readonly string[] KeyTypes = ["application/json", "application/jwk-set+json"];
    private static readonly string[] MetadataTypes = ["application/json"];
    private static readonly JsonDocumentOptions Strict = new() { AllowDuplicateProperties = false, MaxDepth = 16 };

    private readonly ILogger _log = log ?? NullLogger.Instance;

    /// <summary>The keys, and how long they may be kept; null when they cannot be had.</summary>
    public async Task<(ForeignKeySet? Keys, TimeSpan? MaxAge)> FetchAsync(CancellationToken cancellation)
    {
        var named = jwksUri ?? await DiscoverAsync(cancellation);
        if (named is null)
        {
            return default;
        }
        if (OutboundUrl.Parse(named) is not { } address)
        {
            _log.KeysUnavailable(issuer, "key set", nameof(OutboundFault.Url));
            return default;
        }
        var reply = await http.SendAsync(new OutboundRequest(address) { Types = KeyTypes }, cancellation);
        if (!reply.IsOk)
        {
            _log.KeysUnavailable(issuer, "key set", Text(reply));
            return default;
        }
        if (ForeignKeySet.Parse(reply.Body) is not { } keys)
        {
            _log.KeysUnavailable(issuer, "key set", "no key in it verifies");
            return default;
        }
        return (keys, reply.MaxAge);
    }

    // OpenID Connect Discovery section 4, then RFC 8414 section 3; whichever there is must be this issuer's (section 3.3 of it), or another one could speak for it.
    private async Task<string?> DiscoverAsync(CancellationToken cancellation)
    {
        foreach (var address in AddressesOf(issuer))
        {
            var reply = await http.SendAsync(new OutboundRequest(address) { Types = MetadataTypes }, cancellation);
            if (reply.IsOk)
            {
                var named = JwksUriOf(reply.Body, issuer);
                if (named is null)
                {
                    _log.KeysUnavailable(issuer, "metadata", "they are another issuer's, or name no key set");
                }
                return named;
            }
            if (reply is not { Fault: OutboundFault.Status, Status: HttpStatusCode.NotFound })
            {
                _log.KeysUnavailable(issuer, "metadata", Text(reply));
                return null;
            }
        }
        _log.KeysUnavailable(issuer, "metadata", "there are none");
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

    private static string Text(OutboundReply reply) => reply.Fault == OutboundFault.Status ? $"status {(int)reply.Status}" : reply.Fault.ToString()!;
}
