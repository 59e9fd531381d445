using System.Net;
using System.Text;
using System.Text.Json;
using Fabric.Core.Common;
using Fabric.Core.Tokens;
using Fabric.Silo.Outbound;

namespace Fabric.Silo.Signals.Push;

/// <summary>Sends one event to its receiver (RFC 8935 section 2). Limits of its own, so that receivers who answer slowly hold up nothing else that the host asks of others.</summary>
internal sealed class PushSender : IDisposable
{
    /// <summary>Events on their way at once, in all and of one tenant (B1): a tenant with slow receivers holds up itself.</summary>
    public const int SendsMax = 512;

    /// <inheritdoc cref="SendsMax"/>
    public const int SendsOfTenantMax = 16;

    private const int AnswerBytesMax = 4 * 1024;
    private const int DescriptionCharsMax = 256;
    private const string TokenType = "application/secevent+jwt";

    // The registry of RFC 8935 section 7.1.2 and RFC 8936. What else a receiver makes up is not repeated.
    private static readonly string[] Errors = ["invalid_request", "invalid_key", "invalid_issuer", "invalid_audience", "authentication_failed", "access_denied"];
    private static readonly string[] Types = ["application/json"];
    private static readonly int[] Statuses = [(int)HttpStatusCode.Accepted, (int)HttpStatusCode.BadRequest];
    private static readonly JsonDocumentOptions Strict = new() { AllowDuplicateProperties = false, MaxDepth = 8 };

    private readonly HostSlots _tenants = new(SendsMax, SendsOfTenantMax);
    private readonly OutboundHttp _http;
    private readonly PushEndpoints _endpoints;
    private readonly TimeProvider _time;

    public PushSender(OutboundSettings settings, PushEndpoints endpoints, TimeProvider time, Func<string, CancellationToken, Task<IPAddress[]>>? resolve = null)
    {
        (_endpoints, _time) = (endpoints, time);
        _http = new OutboundHttp(
            new OutboundSettings
            {
                AllowedNetworks = settings.AllowedNetworks, PlainHttpNetworks = settings.PlainHttpNetworks, TimeoutSeconds = settings.TimeoutSeconds, RequestsMax = SendsMax,
                RequestsOfHostMax = SendsMax,
            },
            time, resolve);
    }

    /// <summary>Waits until the tenant may send one more.</summary>
    public ValueTask<IDisposable> TakeSlotAsync(string tenant, CancellationToken cancellation) => _tenants.TakeAsync(tenant, cancellation);

    /// <summary>Sends. Over within the time that a request of the host's has, whatever the receiver does. Throws for a cancellation alone.</summary>
    public async ValueTask<PushResult> SendAsync(SignalStream stream, string jti, string token, CancellationToken cancellation)
    {
        if (!_endpoints.TryOpen(stream, out var authorization))
        {
            return Failed("unsealed", null);
        }
        var request = new OutboundRequest(new Uri(stream.Push!.EndpointUrl))
        {
            Body = Encoding.ASCII.GetBytes(token), BodyType = TokenType, Types = Types, Statuses = Statuses, Authorization = authorization, BytesMax = AnswerBytesMax,
        };
        var reply = await _http.SendAsync(request, cancellation);
        if (reply.Status == HttpStatusCode.Accepted)
        {
            // Taken, also when more is said about it than is read here.
            return default;
        }
        if (reply is { IsOk: true, Status: HttpStatusCode.BadRequest })
        {
            var (err, description) = ErrorOf(reply.Body, authorization);

            // About this event alone; the others are about the key, the address or the secret, which somebody can put right.
            return Failed(err, description, isFinal: err == "invalid_request");
        }
        return Failed(NameOf(reply), null);

        PushResult Failed(string err, string? description, bool isFinal = false) => new(new PushFailure(_time.GetUtcNow(), jti, err, description), isFinal);
    }

    public void Dispose()
    {
        _http.Dispose();
        _tenants.Dispose();
    }

    private static string NameOf(OutboundReply reply) => reply.Fault switch
    {
        OutboundFault.Unreachable => "unreachable",
        OutboundFault.Timeout => "timeout",
        OutboundFault.Redirected => "redirected",
        OutboundFault.Address or OutboundFault.Url => "address",
        _ => $"http_{(int)reply.Status}",
    };

    private static (string Err, string? Description) ErrorOf(byte[] body, string? authorization)
    {
        try
        {
            using var document = JsonDocument.Parse(body, Strict);
            var root = document.RootElement;
            if (root.ValueKind == JsonValueKind.Object && ForeignJwt.Text(root, "err") is { } err && Errors.Contains(err, StringComparer.Ordinal))
            {
                var said = ForeignJwt.Text(root, "description");
                return (err, said is { Length: > 0 and <= DescriptionCharsMax } && PlainText.Is(said) && !Repeats(said, authorization) ? said : null);
            }
        }
        catch (JsonException)
        {
            // No error of the standard: the status says it.
        }
        return ("http_400", null);
    }

    // A receiver that repeats the secret makes nobody else see it.
    private static bool Repeats(string text, string? authorization) =>
        authorization is not null && authorization.Split(' ', StringSplitOptions.RemoveEmptyEntries).Any(part => part.Length >= 8 && text.Contains(part, StringComparison.OrdinalIgnoreCase));
}
