using System.Text.Json;
using Fabric.Contracts;
using Fabric.Contracts.Feed;
using Fabric.Core.Common;
using Fabric.Core.Keys;
using Fabric.Core.Leases;

namespace Fabric.Engine.Feed;

/// <summary>One connected enforcement point, the fabric's end: says hello, then takes what the edge says while its pump sends.</summary>
internal sealed class ServedEdge(FeedHub hub, IFrameTransport transport, IEdgeService service, Caller caller)
{
    private readonly HashSet<string> _keysOf = caller.Tenant is null ? [] : new HashSet<string>(StringComparer.Ordinal) { caller.Tenant };
    private readonly bool _seesAllKeys = caller.Tenant is null;
    private CancellationToken _cancellation;
    private string? _guarded;
    private string _drawer = "";
    private EdgePump? _pump;
    private long _heardAt;
    private long _closingSince;
    private TimeSpan _silenceMax = TimeSpan.MaxValue;

    /// <summary>What waits to be sent.</summary>
    public EdgeOutbox Outbox { get; } = new();

    /// <summary>The run of the process. Guarded by the hub's lock, like the next two.</summary>
    public UInt128 Instance { get; set; }

    /// <summary>What it has applied over this connection.</summary>
    public ulong Applied { get; set; }

    /// <summary>The connection, as the lease table knows it.</summary>
    public EdgeConnection Lease { get; set; }

    /// <summary>The longest read bound that an operator granted its key.</summary>
    public TimeSpan BestEffortMax => caller.BestEffort;

    /// <summary>How receipts name the edge: its key's holder and the edge's own name for itself.</summary>
    public string Name { get; private set; } = caller.Holder;

    /// <summary>Serves until either end closes, and answers why. Throws for bugs alone.</summary>
    public async Task<string> RunAsync(CancellationToken cancellation)
    {
        _cancellation = cancellation;
        var refusal = await GreetAsync();
        if (refusal is not null || _pump is null)
        {
            await RefuseAsync(refusal ?? Codes.Internal);
            return refusal ?? Codes.Internal;
        }

        var pumping = _pump.RunAsync(cancellation);
        try
        {
            var code = await ListenAsync();
            Outbox.Close(code);
            await pumping;
            await DrainAsync(code);
            return Outbox.Closing ?? code;
        }
        finally
        {
            transport.Abort();
            hub.Leave(this);
        }
    }

    /// <summary>Cuts the connection when it hangs: a send that does not end, or an edge that says nothing (half-open).</summary>
    public void Watch(long now)
    {
        if (Outbox.Closing is not null)
        {
            // It was told, and has not gone.
            _closingSince = _closingSince == 0 ? now : _closingSince;
            if (hub.Time.GetElapsedTime(_closingSince, now) > hub.Options.SendTimeout)
            {
                transport.Abort();
            }
        }
        else if (_pump?.IsStuck(now) == true)
        {
            Cut(Codes.FeedTooSlow);
        }
        else if (hub.Time.GetElapsedTime(Volatile.Read(ref _heardAt), now) > _silenceMax)
        {
            Cut(Codes.FeedSilent);
        }
    }

    /// <summary>Ends the connection without waiting for anything.</summary>
    public void Cut(string code)
    {
        Outbox.Close(code);
        transport.Abort();
    }

    /// <summary>Whether the edge may have a key: any, or of the tenants that it is bound to and has shown a token of (T1).</summary>
    public bool MaySee(VerificationKey key)
    {
        lock (_keysOf)
        {
            return _seesAllKeys || _keysOf.Contains(key.Tenant);
        }
    }

    /// <summary>Decides a check; never throws. An allow is noted with the leases before it is decided.</summary>
    public async ValueTask<CheckAnswerFrame> DecideAsync(CheckFrame check, CancellationToken cancellation)
    {
        // INVARIANT R1: noted before the decision, under the lock that orders revocations: a receipt of a revocation that this decision did not
        // see waits until the answer stands no more. A denial needs no note, but nobody knows yet which it will be.
        try
        {
            if (!hub.NoteCheck(this))
            {
                return new CheckAnswerFrame(check.RequestId, false, Codes.CheckUnavailable, hub.Head, 0);
            }

            return await service.CheckAsync(check, _guarded, cancellation);
        }
#pragma warning disable CA1031 // a bug in a check denies that check, and must not end the edge's feed
        catch (Exception)
#pragma warning restore CA1031
        {
            return new CheckAnswerFrame(check.RequestId, false, Codes.CheckFailed, hub.Head, 0);
        }
    }

    /// <summary>Sends an answer once it is there.</summary>
    public async Task ReplyLaterAsync(ValueTask<CheckAnswerFrame> answer) => Outbox.Reply(await answer);

    private async Task<string?> GreetAsync()
    {
        using var timeout = new CancellationTokenSource(hub.Options.HelloTimeout, hub.Time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(timeout.Token, _cancellation);
        var received = await transport.ReceiveAsync(either.Token);
        if (received.Kind != ReceivedKind.Frame)
        {
            return CodeOf(received.Kind);
        }

        if (received.Type != FrameType.Hello || HelloFrame.TryRead(received.Payload.Span) is not { } hello)
        {
            return Codes.MalformedRequest;
        }

        if (hello.Version != FeedLimits.ProtocolVersion)
        {
            return Codes.FeedVersion;
        }

        if (caller.Tenant is not null && hello.Tenant is not null && hello.Tenant != caller.Tenant)
        {
            return Codes.Forbidden;
        }

        _guarded = hello.Tenant ?? caller.Tenant;
        var handle = _guarded is null ? default : service.GuardedTenant(_guarded);
        if (_guarded is not null && handle.IsZero)
        {
            return Codes.NotFound;
        }

        (Name, _drawer) = ($"{caller.Holder}/{hello.Edge}", $"{caller.Name}/{hello.Instance:x32}");
        _heardAt = hub.Time.GetTimestamp();
        _silenceMax = hub.Options.SilenceMax(hello.RenewEveryMs);
        if (TryAdmit(hello, out var cursor, out var bounds) is { } refusal)
        {
            return refusal;
        }

        _pump = new EdgePump(hub, this, transport, cursor);
        var welcome = new WelcomeFrame(
            hub.Epoch, hub.Head, hub.Time.GetUtcNow().ToUnixTimeMilliseconds(), (uint)bounds.Read.TotalMilliseconds, (uint)bounds.Write.TotalMilliseconds,
            Resumed: cursor is not null, handle);
        Outbox.Send(welcome.Write);
        return null;
    }

    private string? TryAdmit(HelloFrame hello, out FeedCursor? cursor, out ClassBounds bounds)
    {
        try
        {
            return hub.Admit(this, hello, out cursor, out bounds);
        }
#pragma warning disable CA1031 // the engine could not note the edge's bounds, whatever its storage threw: the edge comes again
        catch (Exception)
#pragma warning restore CA1031
        {
            (cursor, bounds) = (null, default);
            return Codes.StorageUnavailable;
        }
    }

    private async Task RefuseAsync(string code)
    {
        var buffer = new FrameBuffer();
        new ClosingFrame(code).Write(buffer);
        await transport.SendAsync(buffer.Written, _cancellation);
        await transport.CloseAsync(_cancellation);
        await DrainAsync(code);
        transport.Abort();
    }

    /// <summary>Waits for the other end to close: an abort with the reason still on its way would take the reason along.</summary>
    private async Task DrainAsync(string code)
    {
        if (code == FeedHub.Disconnected)
        {
            return;
        }

        using var timeout = new CancellationTokenSource(hub.Options.SendTimeout, hub.Time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(timeout.Token, _cancellation);
        while ((await transport.ReceiveAsync(either.Token)).Kind == ReceivedKind.Frame)
        {
            // Sent before the edge knew.
        }
    }

    private async Task<string> ListenAsync()
    {
        while (true)
        {
            var received = await transport.ReceiveAsync(_cancellation);
            if (received.Kind != ReceivedKind.Frame)
            {
                return CodeOf(received.Kind);
            }

            Volatile.Write(ref _heardAt, hub.Time.GetTimestamp());
            if (!Take(received.Type, received.Payload))
            {
                return Codes.MalformedRequest;
            }
        }
    }

    private bool Take(FrameType type, ReadOnlyMemory<byte> payload) => type switch
    {
        FrameType.Ack => AckFrame.TryRead(payload.Span, out var ack) && ack.Revision <= _pump!.SentRevision && hub.Acknowledged(this, ack),
        FrameType.Renew => RenewFrame.TryRead(payload.Span, out var renew) && renew.Revision <= _pump!.SentRevision && hub.Renewed(this, renew),
        FrameType.Bye => payload.IsEmpty && hub.SaidBye(this),
        FrameType.Check => CheckFrame.TryRead(payload.Span) is { } check && Check(check),
        FrameType.TakeQuota => TakeQuotaFrame.TryRead(payload.Span, out var take) && TakeQuota(take),
        FrameType.ReturnQuota => ReturnQuotaFrame.TryRead(payload.Span, out var give) && ReturnQuota(give),
        FrameType.FetchKey => FetchKeyFrame.TryRead(payload.Span) is { } fetch && FetchKey(fetch),
        FrameType.Usage => UsageFrame.TryRead(payload.Span, out var usage) && ReportUsage(usage),
        _ => false,
    };

    private bool Check(CheckFrame check)
    {
        if (Outbox.TryBegin())
        {
            Outbox.Decide(check);
        }
        else
        {
            Outbox.Send(new CheckAnswerFrame(check.RequestId, false, Codes.LimitReached, hub.Head, 0).Write);
        }

        return true;
    }

    private bool TakeQuota(TakeQuotaFrame take)
    {
        if (Outbox.TryBegin())
        {
            _ = AnswerAsync(
                async () => (await service.TakeQuotaAsync(take, _drawer, _cancellation)).Write,
                new QuotaAnswerFrame(take.RequestId, Codes.Internal, 0, 0, 0).Write);
        }
        else
        {
            Outbox.Send(new QuotaAnswerFrame(take.RequestId, Codes.LimitReached, 0, 0, 0).Write);
        }

        return true;
    }

    private bool ReturnQuota(ReturnQuotaFrame give)
    {
        if (Outbox.TryBegin())
        {
            _ = AnswerAsync(
                async () =>
                {
                    await service.ReturnQuotaAsync(give, _drawer, _cancellation);
                    return null;
                },
                failed: null);
        }

        return true;
    }

    private bool FetchKey(FetchKeyFrame fetch)
    {
        var key = service.FindKey(fetch.Kid);
        if (key is not null && !_seesAllKeys)
        {
            // The edge holds a token that names this key. From now on it is told of changes to that tenant's keys.
            lock (_keysOf)
            {
                _keysOf.Add(key.Tenant);
            }

            // INVARIANT R1: looked up again, since what changed before this edge was told of that tenant's keys went by without it.
            key = service.FindKey(fetch.Kid);
        }

        Outbox.Send(new KeyAnswerFrame(fetch.RequestId, key).Write);
        return true;
    }

    private bool ReportUsage(UsageFrame usage)
    {
        var id = usage.RequestId;
        try
        {
            var report = JsonSerializer.Deserialize(usage.Report, FabricJson.Default.UsageReport);
            if (report is null || !Outbox.TryBegin())
            {
                Outbox.Send(new UsageAnswerFrame(id, report is null ? Codes.MalformedRequest : Codes.LimitReached, 0).Write);
                return true;
            }

            _ = AnswerAsync(
                async () => (await service.ReportUsageAsync(id, report with { Edge = Name }, _cancellation)).Write,
                new UsageAnswerFrame(id, Codes.Internal, 0).Write);
        }
        catch (JsonException)
        {
            Outbox.Send(new UsageAnswerFrame(id, Codes.MalformedRequest, 0).Write);
        }

        return true;
    }

    private async Task AnswerAsync(Func<Task<Action<FrameBuffer>?>> request, Action<FrameBuffer>? failed)
    {
        var answer = failed;
        try
        {
            answer = await request();
        }
#pragma warning disable CA1031 // a bug in one request answers that request with fabric.internal, and must not end the edge's feed
        catch (Exception)
#pragma warning restore CA1031
        {
            // The answer is the one for failures.
        }

        if (answer is null)
        {
            Outbox.Done();
        }
        else
        {
            Outbox.Reply(answer);
        }
    }

    private static string CodeOf(ReceivedKind kind) => kind switch
    {
        ReceivedKind.TooLarge => Codes.TooLarge,
        ReceivedKind.Malformed => Codes.MalformedRequest,
        _ => FeedHub.Disconnected,
    };
}
