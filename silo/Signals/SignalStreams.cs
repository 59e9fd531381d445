using System.Text.Json;
using System.Text.Json.Nodes;
using Fabric.Contracts;
using Fabric.Contracts.Changes;
using Fabric.Contracts.Signals;
using Fabric.Core.Common;
using Fabric.Engine;
using Fabric.Silo.Signals.Push;

namespace Fabric.Silo.Signals;

/// <summary>Streams and what their receivers do with them (SSF 1.0 section 8.1). A stream is its receiver's: for every other caller there is none.</summary>
internal sealed class SignalStreams(ISignalStore store, SignalToken token, PushEndpoints endpoints, TimeProvider time)
{
    public const string Poll = "urn:ietf:rfc:8936";

    /// <summary>Streams of a receiver, and of a tenant (B1).</summary>
    private const int StreamsOfReceiverMax = 16;
    private const int StreamsMax = 1_000;

    /// <summary>Streams of a tenant that are pushed (B1): each has a worker, and a claim that is renewed.</summary>
    private const int PushedMax = 100;
    private const int RemovedMax = 1_000;
    private const int SubjectCharsMax = 1_024;
    private const int TextCharsMax = 1_024;
    private const int VerifyEverySeconds = 5;

    private static readonly Rejection Missing = new(Codes.NotFound, "stream_id", "there is no such stream");

    /// <summary>A stream of the caller's.</summary>
    public async ValueTask<Outcome<SignalStream>> FindAsync(string tenant, string? id, Caller caller, CancellationToken cancellation) =>
        id is null ? new Rejection(Codes.InvalidField, "stream_id", "is required")
        : await store.FindAsync(tenant, id, cancellation) is { } stream && stream.Receiver == caller.Name ? stream : Missing;

    public async ValueTask<Outcome<IReadOnlyList<SsfStreamInfo>>> ListAsync(string tenant, Caller caller, CancellationToken cancellation) =>
        Outcome<IReadOnlyList<SsfStreamInfo>>.Of([.. (await store.ListAsync(tenant, cancellation)).Where(stream => stream.Receiver == caller.Name).Select(Describe)]);

    public async ValueTask<Outcome<SsfStreamInfo>> CreateAsync(IFabric fabric, string tenant, Caller caller, SsfStreamRequest request, CancellationToken cancellation)
    {
        if (Fault(request) is { } fault)
        {
            return fault;
        }
        var all = await store.ListAsync(tenant, cancellation);
        if (all.Count >= StreamsMax || all.Count(stream => stream.Receiver == caller.Name) >= StreamsOfReceiverMax)
        {
            return new Rejection(Codes.LimitReached, tenant, $"a receiver has at most {StreamsOfReceiverMax} streams, a tenant {StreamsMax}");
        }
        if (IsPushed(request) && all.Count(stream => stream.Push is not null) >= PushedMax)
        {
            return TooManyPushed(tenant);
        }
        var known = await fabric.GetTenantAsync(tenant, cancellation);
        var begin = await fabric.PullChangesAsync(new ChangeQuery(ChangeQuery.Now, tenant, null, SignalEvents.Kinds, 1), cancellation);
        if ((known.Rejection ?? begin.Rejection) is { } refused)
        {
            return refused;
        }
        var made = new SignalStream
        {
            Id = Guid.NewGuid().ToString("n"), Tenant = tenant, Receiver = caller.Name, Audience = caller.Subject, EventsRequested = request.EventsRequested ?? SignalEvents.Supported,
            Description = request.Description, Cursor = begin.Value.Next,
        };
        made = request.Delivery is { Method: PushEndpoints.Method } push ? made with { Push = endpoints.Make(made, push, keepsSecret: false) } : made;
        await store.AddAsync(made, cancellation);
        return Describe(made);
    }

    /// <summary>Changes what is stated (PATCH), or all (PUT: what is not stated falls back).</summary>
    public async ValueTask<Outcome<SsfStreamInfo>> ChangeAsync(SignalStream stream, SsfStreamRequest request, bool replaces, CancellationToken cancellation)
    {
        var own = Describe(stream);
        var addressed = request.Delivery is { Method: Poll } polled ? polled.EndpointUrl : null;
        if ((Fault(request) ?? Differs("iss", request.Iss, own.Iss) ?? Differs("aud", request.Aud, own.Aud) ?? Differs("delivery.endpoint_url", addressed, PollUrlOf(stream))) is { } fault)
        {
            return fault;
        }
        if (IsPushed(request) && stream.Push is null && (await store.ListAsync(stream.Tenant, cancellation)).Count(each => each.Push is not null) >= PushedMax)
        {
            return TooManyPushed(stream.Tenant);
        }
        var changed = await store.UpdateAsync(stream.Tenant, stream.Id, now => now with
        {
            EventsRequested = request.EventsRequested ?? (replaces ? SignalEvents.Supported : now.EventsRequested),
            Description = request.Description ?? (replaces ? null : now.Description),
            Push = request.Delivery is { } delivery ? delivery.Method == PushEndpoints.Method ? endpoints.Make(now, delivery, keepsSecret: !replaces) : null : replaces ? null : now.Push,
        }, cancellation);
        return changed is null ? Missing : Describe(changed);
    }

    public ValueTask RemoveAsync(SignalStream stream, CancellationToken cancellation) => store.RemoveAsync(stream, cancellation);

    public static SsfStatus StatusOf(SignalStream stream) => new(stream.Id, stream.Status, stream.Reason, stream.Push is { } push
        ? new SsfPushState(
            push.Failures, push.RetryAt, push.DeliveredAt, push.Refused, push.Last is { } last ? new SsfPushError(last.Err, last.Description, last.Jti, last.At) : null)
        : null);

    /// <summary>
    /// Sets a status. Events of the time while it was paused are delivered afterwards; those of the time while it was disabled are not (section 8.1.2.1).
    /// </summary>
    public async ValueTask<Outcome<SsfStatus>> SetStatusAsync(IFabric fabric, SignalStream stream, SsfStatus wanted, CancellationToken cancellation)
    {
        if (wanted.Status is not ("enabled" or "paused" or "disabled") || wanted.Reason is { Length: > TextCharsMax })
        {
            return new Rejection(Codes.InvalidField, "status", "a status is `enabled`, `paused` or `disabled`");
        }
        var begin = await fabric.PullChangesAsync(new ChangeQuery(ChangeQuery.Now, stream.Tenant, null, SignalEvents.Kinds, 1), cancellation);
        if (!begin.IsOk)
        {
            return begin.Rejection;
        }
        var changed = await store.UpdateAsync(stream.Tenant, stream.Id, now =>
        {
            var set = now with { Status = wanted.Status, Reason = wanted.Reason };
            return now.Status == "disabled" && wanted.Status != "disabled" ? set with { Cursor = now.Reason == SignalGather.Gap ? null : begin.Value.Next, Acknowledged = [] } : set;
        }, cancellation);
        return changed is null ? Missing : StatusOf(changed);
    }

    /// <summary>Stops the events of a subject, or lets them come again: at first all subjects are in a stream.</summary>
    public async ValueTask<Outcome<bool>> SetSubjectAsync(SignalStream stream, SsfSubject request, bool isRemoved, CancellationToken cancellation)
    {
        if (request.Subject is not { ValueKind: JsonValueKind.Object } subject || subject.GetRawText().Length > SubjectCharsMax
            || !subject.TryGetProperty("format", out var format) || format.ValueKind != JsonValueKind.String)
        {
            return new Rejection(Codes.InvalidField, "subject", $"a subject identifier with a `format`, of at most {SubjectCharsMax} characters");
        }
        var node = JsonObject.Create(subject)!;
        var isFull = false;
        var changed = await store.UpdateAsync(stream.Tenant, stream.Id, now =>
        {
            var others = now.Removed.Where(each => !JsonNode.DeepEquals(each, node)).ToList();
            isFull = isRemoved && others.Count >= RemovedMax;
            return isFull ? now : now with { Removed = isRemoved ? [.. others, node] : others };
        }, cancellation);
        return changed is null ? Missing
            : isFull ? new Rejection(Codes.LimitReached, "subject", $"at most {RemovedMax} subjects are removed from a stream")
            : true;
    }

    /// <summary>Sends a verification event (section 8.1.4).</summary>
    public async ValueTask<Outcome<bool>> VerifyAsync(SignalStream stream, SsfVerification request, CancellationToken cancellation)
    {
        if (request.State is { Length: > TextCharsMax })
        {
            return new Rejection(Codes.InvalidField, "state", $"at most {TextCharsMax} characters");
        }
        var (now, isEarly) = (time.GetUtcNow(), false);
        var changed = await store.UpdateAsync(stream.Tenant, stream.Id, current =>
        {
            isEarly = now - current.VerifiedAt < TimeSpan.FromSeconds(VerifyEverySeconds) && now >= current.VerifiedAt;
            return isEarly ? current : current.WithOwn(SignalEvents.Verification, request.State is null ? new JsonObject() : new JsonObject { ["state"] = request.State }) with
            {
                VerifiedAt = now,

                // Who asks for one wants to see now whether it arrives.
                Push = current.Push is { } push ? push with { RetryAt = null } : null,
            };
        }, cancellation);
        return changed is null ? Missing
            : isEarly ? new Rejection(Codes.LimitReached, "stream_id", $"one verification in {VerifyEverySeconds} s")
            : true;
    }

    public SsfStreamInfo Describe(SignalStream stream)
    {
        var issuer = token.IssuerOf(stream.Tenant);
        var delivery = stream.Push is { } push ? new SsfDelivery(PushEndpoints.Method, push.EndpointUrl) : new SsfDelivery(Poll, PollUrlOf(stream));
        return new SsfStreamInfo(
            stream.Id, issuer, stream.Audience, delivery, SignalEvents.Supported, stream.EventsRequested,
            [.. SignalEvents.Supported.Intersect(stream.EventsRequested, StringComparer.Ordinal)], VerifyEverySeconds, stream.Description);
    }

    private static bool IsPushed(SsfStreamRequest request) => request.Delivery?.Method == PushEndpoints.Method;

    private static Rejection TooManyPushed(string tenant) => new(Codes.LimitReached, tenant, $"a tenant has at most {PushedMax} streams that are pushed");

    private string PollUrlOf(SignalStream stream) => $"{token.IssuerOf(stream.Tenant)}/ssf/poll/{stream.Id}";

    private Rejection? Fault(SsfStreamRequest request) => (request.Delivery is { } delivery ? Fault(delivery) : null) ?? FaultBeside(request);

    private Rejection? Fault(SsfDelivery delivery) => delivery.Method switch
    {
        Poll => delivery.AuthorizationHeader is null ? null : new Rejection(Codes.InvalidField, "delivery.authorization_header", "is for push"),
        PushEndpoints.Method => endpoints.Check(delivery),
        _ => new Rejection(Codes.InvalidField, "delivery.method", $"the method is `{Poll}` (poll) or `{PushEndpoints.Method}` (push)"),
    };

    private static Rejection? FaultBeside(SsfStreamRequest request) =>
        request.EventsRequested is { } events && (events.Count > 100 || events.Any(each => each is null or { Length: > 256 }))
            ? new Rejection(Codes.InvalidField, "events_requested", "at most 100 event types of at most 256 characters")
        : request.Description is { Length: > TextCharsMax } ? new Rejection(Codes.InvalidField, "description", $"at most {TextCharsMax} characters")
        : null;

    private static Rejection? Differs(string name, string? stated, string? own) =>
        stated is null || stated == own ? null : new Rejection(Codes.InvalidField, name, "is the transmitter's to say, and is another");
}
