using System.Net;
using Fabric.Contracts.Signals;
using Fabric.Core.Common;
using Fabric.Engine;
using Fabric.Silo.Outbound;

namespace Fabric.Silo.Signals.Push;

/// <summary>Where receivers have their events pushed to: what may be named, and the secret that goes with it.</summary>
internal sealed class PushEndpoints(HostSecrets secrets, OutboundSettings settings)
{
    /// <summary>How push delivery is called (SSF 1.0 section 6.1.1).</summary>
    public const string Method = "urn:ietf:rfc:8935";

    private const int HeaderCharsMax = 2_048;
    private const string Purpose = "ssf-push";

    private readonly AddressRules _rules = new(settings.AllowedList, settings.PlainHttpList);

    /// <summary>
    /// Refuses what can be told now to be no endpoint. What a name stands for is judged at each connection, by <see cref="OutboundHttp"/>.
    /// </summary>
    public Rejection? Check(SsfDelivery delivery)
    {
        if (OutboundUrl.Parse(delivery.EndpointUrl) is not { } url || (url.Scheme != Uri.UriSchemeHttps && settings.PlainHttpList.Count == 0))
        {
            return Bad("endpoint_url", $"an https URL of at most {OutboundUrl.LengthMax} characters, without user and fragment");
        }
        if (IPAddress.TryParse(url.DnsSafeHost, out var address) && !_rules.Allows(address, url.Scheme == Uri.UriSchemeHttps))
        {
            return Bad("endpoint_url", "an address that this host does not connect to");
        }
        return delivery.AuthorizationHeader is { } header && (header.Length is 0 or > HeaderCharsMax || header.AsSpan().ContainsAnyExceptInRange(' ', '~') || header.Trim() != header)
            ? Bad("authorization_header", $"1 to {HeaderCharsMax} printable ASCII characters")
            : null;
    }

    /// <summary>
    /// The delivery that a stream has from now on. A secret goes with the endpoint that it was given for: another endpoint does not get it.
    /// </summary>
    public PushDelivery Make(SignalStream stream, SsfDelivery delivery, bool keepsSecret)
    {
        var known = stream.Push is { } push && push.EndpointUrl == delivery.EndpointUrl ? push : null;
        var @sealed = delivery.AuthorizationHeader is { } header ? secrets.Seal(header, Purpose, stream.Tenant, stream.Id) : keepsSecret ? known?.SealedAuthorization : null;
        return known is null ? new PushDelivery(delivery.EndpointUrl!, @sealed) : known with { SealedAuthorization = @sealed, Failures = 0, RetryAt = null };
    }

    /// <summary>The secret of a stream; null: it has none. False: it has one that does not open, and nothing may be sent without it.</summary>
    public bool TryOpen(SignalStream stream, out string? authorization)
    {
        authorization = stream.Push?.SealedAuthorization is { } @sealed ? secrets.Open(@sealed, Purpose, stream.Tenant, stream.Id) : null;
        return authorization is not null || stream.Push?.SealedAuthorization is null;
    }

    private static Rejection Bad(string field, string detail) => new(Codes.InvalidField, "delivery." + field, detail);
}
