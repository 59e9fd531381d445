using System.Net;
using Fabric.Silo.Outbound;

namespace Fabric.Silo.Federation;

/// <summary>
/// The metadata of OpenID providers, fetched once however many ask and kept for minutes. Public data by address, so tenants share it; where it leads, the guard of outgoing requests judges again.
/// </summary>
internal sealed class ProviderDirectory
{
    /// <summary>The most providers that are kept (B1); those that were not asked for the longest give way.</summary>
    public const int ProvidersMax = 1_024;

    /// <summary>How long metadata are kept.</summary>
    public static readonly TimeSpan Fresh = TimeSpan.FromMinutes(10);

    /// <summary>How long after a fetch that failed none is made.</summary>
    public static readonly TimeSpan Retry = TimeSpan.FromSeconds(5);

    private static readonly string[] Types = ["application/json"];

    private readonly OutboundHttp _http;
    private readonly ILogger? _log;
    private readonly FetchedOnce<ProviderMetadata> _providers;

    public ProviderDirectory(OutboundHttp http, TimeProvider time, ILoggerFactory? logs = null)
    {
        (_http, _log) = (http, logs?.CreateLogger("Fabric.Silo.Federation"));
        _providers = new FetchedOnce<ProviderMetadata>(ProvidersMax, Retry, time, async issuer => (await DiscoverAsync(issuer), Fresh));
    }

    /// <summary>A provider's metadata; null: they cannot be had now.</summary>
    public ValueTask<ProviderMetadata?> OfAsync(string issuer, CancellationToken cancellation) => _providers.OfAsync(issuer, cancellation);

    // OpenID Connect Discovery section 4, then RFC 8414 section 3. Whichever there is must be this issuer's (section 4.3): or another one could say where its users go.
    private async ValueTask<ProviderMetadata?> DiscoverAsync(string issuer)
    {
        foreach (var address in KeySetSource.AddressesOf(issuer))
        {
            var reply = await _http.SendAsync(new OutboundRequest(address) { Types = Types }, CancellationToken.None);
            if (reply.IsOk)
            {
                var read = ProviderMetadata.Parse(reply.Body, issuer, _http.MayBePlain);
                if (read is null)
                {
                    _log?.LoginFailed(issuer, "its metadata are another issuer's, or name no endpoint that can be used");
                }
                return read;
            }
            if (reply is not { Fault: OutboundFault.Status, Status: HttpStatusCode.NotFound })
            {
                _log?.LoginFailed(issuer, $"its metadata cannot be had: {reply.Fault}");
                return null;
            }
        }
        _log?.LoginFailed(issuer, "it has no metadata");
        return null;
    }
}
