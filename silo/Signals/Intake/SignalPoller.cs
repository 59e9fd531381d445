using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Fabric.Core.Tokens;
using Fabric.Silo.Hosting;
using Fabric.Silo.Outbound;

namespace Fabric.Silo.Signals.Intake;

/// <summary>
/// Polls one transmitter (RFC 8936) and does what its events say. An event is acknowledged once it is done with, or kept; one that is cut off in between comes again and does nothing the second time.
/// </summary>
internal sealed class SignalPoller(PollSources sources, SignalIntake intake, SiloOptions options, TimeProvider time, ILoggerFactory logs) : IDisposable
{
    /// <summary>How long after a poll that found nothing the next is made.</summary>
    public static readonly TimeSpan Every = TimeSpan.FromSeconds(5);

    /// <summary>The longest wait after polls that failed.</summary>
    public static readonly TimeSpan RetryMax = TimeSpan.FromMinutes(5);

    private const int EventsMax = 50;
    private const int RoundsMax = 20;
    private const int AnswerBytesMax = 1 << 20;

    private const int PollsMax = 64;

    private static readonly string[] Types = ["application/json"];
    private static readonly JsonDocumentOptions Strict = new() { AllowDuplicateProperties = false, MaxDepth = 8 };

    // Slots of its own: transmitters that answer slowly hold up nothing else that the host asks of others.
    private readonly OutboundHttp _http = new(
        new OutboundSettings
        {
            AllowedNetworks = options.Outbound.AllowedNetworks, PlainHttpNetworks = options.Outbound.PlainHttpNetworks, TimeoutSeconds = options.Outbound.TimeoutSeconds, RequestsMax = PollsMax,
            RequestsOfHostMax = PollsMax,
        },
        time);

    private readonly ILogger _log = logs.CreateLogger("Fabric.Silo.Signals");

    public void Dispose() => _http.Dispose();

    /// <summary>Polls where that is due and nobody else does. What fails is recorded, and tried again later.</summary>
    public async ValueTask PollAsync(string tenant, string issuer, CancellationToken cancellation)
    {
        var found = await sources.FindAsync(tenant, issuer, cancellation);
        if (!found.IsOk || found.Value is not { } held || !IsDue(held.Value))
        {
            return;
        }

        // Of several silos the one that moves the moment on makes the poll; should it die, another does once that has passed.
        var taken = await sources.ReplaceAsync(held, held.Value with { NextAtMs = NowMs + TakenMs }, cancellation);
        if (!taken.IsOk || taken.Value is null)
        {
            return;
        }
        held = taken.Value;
        var error = await PollAsync(tenant, issuer, held.Value, cancellation);
        if (error is not null && held.Value.Failures == 0)
        {
            _log.PollFailed(issuer, tenant, error);
        }
        var failures = error is null ? 0 : held.Value.Failures + 1;
        var wait = TimeSpan.FromTicks(Math.Min(Every.Ticks << Math.Min(failures, 10), RetryMax.Ticks));
        await sources.ReplaceAsync(held, held.Value with
        {
            NextAtMs = NowMs + (long)wait.TotalMilliseconds,
            Failures = failures,
            LastError = error ?? held.Value.LastError,
            LastErrorAtMs = error is null ? held.Value.LastErrorAtMs : NowMs,
            PolledAtMs = error is null ? NowMs : held.Value.PolledAtMs,
        }, cancellation);
    }

    private long NowMs => time.GetUtcNow().ToUnixTimeMilliseconds();

    // A moment further ahead than any wait is one of a clock that was wrong: events do not wait until it is right.
    private bool IsDue(PollSource source) => source.NextAtMs - NowMs is var left && (left <= 0 || left > Math.Max((long)RetryMax.TotalMilliseconds, TakenMs));

    private long TakenMs => 2_000L * options.Outbound.TimeoutSeconds;

    // Null: it went well.
    private async ValueTask<string?> PollAsync(string tenant, string issuer, PollSource source, CancellationToken cancellation)
    {
        if (!sources.TryOpen(tenant, issuer, source, out var authorization))
        {
            return "unsealed";
        }
        var (done, refused, isHeld) = (new JsonArray(), new JsonObject(), false);
        for (var round = 0; round < RoundsMax; round++)
        {
            var body = new JsonObject { ["maxEvents"] = isHeld ? 0 : EventsMax, ["returnImmediately"] = true, ["ack"] = done };
            if (refused.Count > 0)
            {
                body["setErrs"] = refused;
            }
            var reply = await _http.SendAsync(new OutboundRequest(new Uri(source.EndpointUrl))
            {
                Body = Encoding.UTF8.GetBytes(body.ToJsonString()), Types = Types, Authorization = authorization, BytesMax = AnswerBytesMax,
            }, cancellation);
            if (!reply.IsOk)
            {
                return reply.Fault == OutboundFault.Status ? $"http_{(int)reply.Status}" : reply.Fault.ToString()!.ToLowerInvariant();
            }
            if (isHeld)
            {
                // That was to acknowledge the others.
                return "not_taken";
            }
            if (SetsOf(reply.Body) is not { } sets)
            {
                return "invalid_answer";
            }
            (done, refused) = (new JsonArray(), new JsonObject());
            foreach (var (jti, token) in sets)
            {
                var bad = token is null ? EventRefusals.NoToken : await intake.TakeAsync(tenant, token, isPolled: true, cancellation);
                if (bad is null)
                {
                    done.Add(jti);
                }
                else if (EventRefusals.AreFinal(bad.Code))
                {
                    refused[jti] = new JsonObject { ["err"] = bad.Code, ["description"] = bad.Detail };
                }
                else
                {
                    // It comes again.
                    isHeld = true;
                }
            }
            if (sets.Count == 0)
            {
                return null;
            }
        }
        return null;
    }

    // Without a token: the event is none that anybody could take (RFC 8936 section 2.4), and the others are not refused with it.
    private static List<(string Jti, string? Token)>? SetsOf(byte[] json)
    {
        try
        {
            using var document = JsonDocument.Parse(json, Strict);
            if (document.RootElement.ValueKind != JsonValueKind.Object || !document.RootElement.TryGetProperty("sets", out var sets) || sets.ValueKind != JsonValueKind.Object)
            {
                return null;
            }
            var found = new List<(string, string?)>();
            foreach (var set in sets.EnumerateObject().Take(EventsMax))
            {
                found.Add((set.Name, set.Name.Length is 0 or > ForeignJwt.JtiLengthMax ? null : ForeignJwt.Text(set.Value)));
            }
            return found;
        }
        catch (Exception fault) when (fault is JsonException or InvalidOperationException)
        {
            // Not JSON, or names that are no UTF-16.
            return null;
        }
    }
}
