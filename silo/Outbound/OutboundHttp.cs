using System.Net;
using System.Net.Http.Headers;

namespace Fabric.Silo.Outbound;

/// <summary>
/// The one way by which the fabric asks others over HTTP: https, to public addresses or what an operator has allowed, without redirects, proxies, cookies or decompression; one time limit
/// for all of it, a size limit, limits at once. What it is told to ask comes from tenants and from clients, so none of it is trusted.
/// </summary>
internal sealed class OutboundHttp : IDisposable
{
    private readonly HttpMessageInvoker _http;
    private readonly AddressRules _rules;
    private readonly HostSlots _slots;
    private readonly TimeSpan _timeout;
    private readonly TimeProvider _time;

    public OutboundHttp(OutboundSettings settings, TimeProvider time, Func<string, CancellationToken, Task<IPAddress[]>>? resolve = null)
    {
        (_time, _timeout, _slots) = (time, TimeSpan.FromSeconds(settings.TimeoutSeconds), new HostSlots(settings.RequestsMax, settings.RequestsOfHostMax));
        _rules = new AddressRules(settings.AllowedList, settings.PlainHttpList);
        var connector = new GuardedConnector(_rules, resolve ?? Dns.GetHostAddressesAsync);
        _http = new HttpMessageInvoker(new SocketsHttpHandler
        {
            ConnectCallback = connector.ConnectAsync,
            UseProxy = false,
            AllowAutoRedirect = false,
            UseCookies = false,
            AutomaticDecompression = DecompressionMethods.None,
            ActivityHeadersPropagator = null,
            MaxResponseHeadersLength = 16,
            MaxResponseDrainSize = 0,
            ResponseDrainTimeout = TimeSpan.Zero,

            // A name is looked up, and its addresses judged, again before long.
            PooledConnectionLifetime = TimeSpan.FromMinutes(1),
            PooledConnectionIdleTimeout = TimeSpan.FromSeconds(15),
        });
    }

    /// <summary>Asks. Never throws but for a cancellation by the caller.</summary>
    public async ValueTask<OutboundReply> SendAsync(OutboundRequest request, CancellationToken cancellation)
    {
        if (!OutboundUrl.IsValid(request.Url))
        {
            return OutboundReply.Failed(OutboundFault.Url);
        }
        using var timeout = new CancellationTokenSource(_timeout, _time);
        using var both = CancellationTokenSource.CreateLinkedTokenSource(timeout.Token, cancellation);
        try
        {
            using var slot = await _slots.TakeAsync(request.Url.IdnHost, both.Token);
            using var message = MessageOf(request);
            using var answer = await _http.SendAsync(message, both.Token);
            return await ReadAsync(request, answer, both.Token);
        }
        catch (OperationCanceledException) when (!cancellation.IsCancellationRequested)
        {
            return OutboundReply.Failed(timeout.IsCancellationRequested ? OutboundFault.Timeout : OutboundFault.Unreachable);
        }
        catch (Exception fault) when (fault is HttpRequestException or IOException or System.Net.Sockets.SocketException or InvalidOperationException)
        {
            return OutboundReply.Failed(IsRefusal(fault) ? OutboundFault.Address : OutboundFault.Unreachable);
        }
    }

    /// <summary>Whether an operator has allowed plain http to the address that a URL names: a literal one alone, since a name may stand for another one in the reader's network.</summary>
    public bool MayBePlain(Uri url) =>
        url.HostNameType is UriHostNameType.IPv4 or UriHostNameType.IPv6 && IPAddress.TryParse(url.IdnHost.Trim('[', ']'), out var address) && _rules.Allows(address, isTls: false);

    public void Dispose()
    {
        _http.Dispose();
        _slots.Dispose();
    }

    private static HttpRequestMessage MessageOf(OutboundRequest request)
    {
        var message = new HttpRequestMessage(request.Body is null ? HttpMethod.Get : HttpMethod.Post, request.Url);
        message.Headers.UserAgent.Add(new ProductInfoHeaderValue("Fabric", "1"));
        foreach (var type in request.Types)
        {
            message.Headers.Accept.Add(new MediaTypeWithQualityHeaderValue(type));
        }
        if (request.Authorization is { } authorization)
        {
            message.Headers.TryAddWithoutValidation("Authorization", authorization);
        }
        if (request.Body is { } body)
        {
            message.Content = new ByteArrayContent(body);
            message.Content.Headers.ContentType = MediaTypeHeaderValue.Parse(request.BodyType);
        }
        return message;
    }

    private static async ValueTask<OutboundReply> ReadAsync(OutboundRequest request, HttpResponseMessage answer, CancellationToken cancellation)
    {
        var status = answer.StatusCode;
        if ((int)status is >= 300 and < 400)
        {
            return OutboundReply.Failed(OutboundFault.Redirected, status);
        }
        if (status != HttpStatusCode.OK && !request.Statuses.Contains((int)status))
        {
            return OutboundReply.Failed(OutboundFault.Status, status);
        }

        // What was asked to come plain and comes packed is not unpacked.
        if (status == HttpStatusCode.OK && request.Types.Count > 0 && (!IsOf(request.Types, answer.Content.Headers.ContentType) || answer.Content.Headers.ContentEncoding.Count > 0))
        {
            return OutboundReply.Failed(OutboundFault.ContentType, status);
        }
        if (answer.Content.Headers.ContentLength > request.BytesMax)
        {
            return OutboundReply.Failed(OutboundFault.TooLarge, status);
        }
        await using var stream = await answer.Content.ReadAsStreamAsync(cancellation);
        var (buffer, length) = (new byte[Math.Min(request.BytesMax, 8 * 1024) + 1], 0);
        while (true)
        {
            var read = await stream.ReadAsync(buffer.AsMemory(length), cancellation);
            if (read == 0)
            {
                return new OutboundReply(null, status, buffer[..length], answer.Headers.CacheControl?.MaxAge);
            }
            length += read;
            if (length > request.BytesMax)
            {
                return OutboundReply.Failed(OutboundFault.TooLarge, status);
            }
            if (length == buffer.Length)
            {
                Array.Resize(ref buffer, Math.Min(2 * length, request.BytesMax + 1));
            }
        }
    }

    private static bool IsOf(IReadOnlyList<string> types, MediaTypeHeaderValue? type) =>
        type?.MediaType is { } media && types.Contains(media, StringComparer.OrdinalIgnoreCase)
        && (type.CharSet is null || type.CharSet.Trim('"').Equals("utf-8", StringComparison.OrdinalIgnoreCase));

    private static bool IsRefusal(Exception fault) => fault is RefusedAddressException || (fault.InnerException is { } inner && IsRefusal(inner));
}
