using Fabric.Contracts.Feed;
using Fabric.Core.Common;

namespace Fabric.Client.Feed;

/// <summary>One connection of an enforcement point, from hello to its end.</summary>
internal sealed class FeedSession : IDisposable
{
    /// <summary>Why a session ended when the other end or the network closed.</summary>
    public const string Disconnected = "disconnected";

    /// <summary>Why a session ended when the feed did not fit: a gap that was not announced, or a malformed frame.</summary>
    public const string BrokenFeed = "broken-feed";

    /// <summary>Why a session ended when the fabric's bounds are tighter than the edge's options.</summary>
    public const string BoundsTooLong = "bounds-too-long";

    private const int SweepSlots = 16 * 1024;
    private static readonly TimeSpan LeaveMax = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan SnapshotTurnMax = TimeSpan.FromMinutes(1);

    private readonly SemaphoreSlim _sending = new(1);
    private readonly FrameBuffer _buffer = new();
    private readonly CancellationTokenSource _ended = new();
    private readonly CancellationToken _endedToken;
    private readonly TaskCompletionSource _over = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly FeedConnection _owner;
    private readonly IFrameTransport _transport;
    private long _heardAt;
    private long _welcomedAt;
    private long _serverMs;
    private ulong _renewal;

    /// <summary>A session over a connection that stands.</summary>
    public FeedSession(FeedConnection owner, IFrameTransport transport) => (_owner, _transport, _endedToken) = (owner, transport, _ended.Token);

    /// <summary>What waits for an answer.</summary>
    public FeedRequests Requests { get; } = new();

    /// <summary>Whether a lease was granted: the address is a good one.</summary>
    public bool WasGranted { get; private set; }

    private FeedView View => _owner.View;

    /// <summary>Runs until the connection ends, and answers why.</summary>
    public async Task<string> RunAsync(CancellationToken cancellation)
    {
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellation, _endedToken);
        var renewing = Task.CompletedTask;
        try
        {
            if (await GreetAsync(either.Token) is { } refusal)
            {
                return refusal;
            }

            renewing = RenewAsync(either.Token);
            return await ListenAsync(either.Token);
        }
        finally
        {
            await _ended.CancelAsync();
            _transport.Abort();

            // INVARIANT R2: first: a renewal that is on its way out would be noted after the next connection has begun to count anew, and that one refuse it.
            try
            {
                Requests.End();
                await renewing;
            }
            finally
            {
                _owner.Applier.Abandon();
                View.Disconnected();
                _over.TrySetResult();
            }
        }
    }

    /// <summary>Sends one frame; false when the connection is gone. Any thread.</summary>
    public async ValueTask<bool> SendAsync(Action<FrameBuffer> write, CancellationToken cancellation)
    {
        try
        {
            await _sending.WaitAsync(cancellation);
        }
        catch (OperationCanceledException)
        {
            return false;
        }

        try
        {
            write(_buffer);

            // Not cancelled by the caller: half a frame would end the connection.
            return await _transport.SendAsync(_buffer.Written, _endedToken);
        }
        finally
        {
            _sending.Release();
        }
    }

    /// <summary>Hands the lease back and closes; the other end then closes too.</summary>
    public async Task SayByeAsync()
    {
        // INVARIANT R1: nothing is allowed from here on, so the fabric may count this edge out as soon as it reads this.
        View.HandBack();
        await SendAsync(to => to.Begin(FrameType.Bye), _endedToken);
        await _transport.CloseAsync(_endedToken);
    }

    /// <summary>Says bye and waits, for a second at most, until the other end has closed.</summary>
    public async Task LeaveAsync()
    {
        try
        {
            await SayByeAsync().WaitAsync(LeaveMax, _owner.Time);
            await _over.Task.WaitAsync(LeaveMax, _owner.Time);
        }
        catch (TimeoutException)
        {
            // The lease runs out by itself.
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _ended.Dispose();

    private async Task<string?> GreetAsync(CancellationToken cancellation)
    {
        var hello = _owner.Hello();
        using var timeout = new CancellationTokenSource(_owner.ConnectTimeout, _owner.Time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellation, timeout.Token);
        if (!await SendAsync(hello.Write, either.Token))
        {
            return Disconnected;
        }

        var received = await _transport.ReceiveAsync(either.Token);
        if (received.Kind != ReceivedKind.Frame)
        {
            return Disconnected;
        }

        if (received.Type == FrameType.Closing)
        {
            return ClosingFrame.TryRead(received.Payload.Span)?.Code ?? BrokenFeed;
        }

        if (received.Type != FrameType.Welcome || !WelcomeFrame.TryRead(received.Payload.Span, out var welcome) || (welcome.Resumed && !View.CanResume))
        {
            return BrokenFeed;
        }

        (_heardAt, _welcomedAt, _serverMs) = (_owner.Time.GetTimestamp(), _owner.Time.GetTimestamp(), welcome.ServerUnixMs);
        if (!_owner.CanKeep(welcome))
        {
            View.Break();
            return BoundsTooLong;
        }

        View.Connected(welcome.Epoch, welcome.GuardedTenant, welcome.Resumed);
        if (welcome.Resumed)
        {
            // INVARIANT R1: calls under keys that were forgotten are cancelled before anything is acknowledged.
            _owner.NoteApplied();
            await RenewOnceAsync(cancellation);
        }

        return null;
    }

    private async Task<string> ListenAsync(CancellationToken cancellation)
    {
        while (true)
        {
            var received = await _transport.ReceiveAsync(cancellation);
            if (received.Kind != ReceivedKind.Frame)
            {
                return received.Kind == ReceivedKind.Closed ? Disconnected : BrokenFeed;
            }

            Volatile.Write(ref _heardAt, _owner.Time.GetTimestamp());
            var end = received.Type is >= FrameType.SnapshotBegin and <= FrameType.Key or FrameType.Gap or FrameType.Denials
                ? await FollowAsync(received, cancellation)
                : received.Type == FrameType.Closing ? await CloseAsync(received.Payload.Span) : Take(received.Type, received.Payload.Span);
            _owner.Waiters.Pulse();
            if (end is not null)
            {
                return end;
            }
        }
    }

    /// <summary>A frame of the feed: applied, then acknowledged.</summary>
    private async ValueTask<string?> FollowAsync(ReceivedFrame received, CancellationToken cancellation)
    {
        if (!_owner.Applier.TryApply(received.Type, received.Payload.Span))
        {
            View.Break();
            return BrokenFeed;
        }

        switch (received.Type)
        {
            case FrameType.SnapshotEnd:
                _owner.NoteApplied();
                await RenewOnceAsync(cancellation);
                break;
            case FrameType.Records or FrameType.Key:
                // INVARIANT R1: what it denies is cancelled and binding before it is acknowledged.
                _owner.NoteApplied();
                await AcknowledgeAsync(cancellation);
                break;
            case FrameType.Denials:
                _owner.NoteApplied();
                break;
        }

        return null;
    }

    private Task<string?> CloseAsync(ReadOnlySpan<byte> payload)
    {
        var code = ClosingFrame.TryRead(payload)?.Code ?? BrokenFeed;
        return code == Codes.Stopping ? HandBackAsync() : Task.FromResult<string?>(code);

        async Task<string?> HandBackAsync()
        {
            await SayByeAsync();
            using var timeout = new CancellationTokenSource(LeaveMax, _owner.Time);
            while ((await _transport.ReceiveAsync(timeout.Token)).Kind == ReceivedKind.Frame)
            {
                // Until the fabric has closed: an abort could take the bye along.
            }

            return Codes.Stopping;
        }
    }

    /// <summary>A frame that needs no answer. Null: go on.</summary>
    private string? Take(FrameType type, ReadOnlySpan<byte> payload)
    {
        switch (type)
        {
            case FrameType.Grant when GrantFrame.TryRead(payload, out var grant):
                WasGranted |= View.Granted(grant.Number);
                return null;
            case FrameType.CheckAnswer when CheckAnswerFrame.TryRead(payload) is { } answer:
                Requests.Complete(answer.RequestId, answer);
                return null;
            case FrameType.QuotaAnswer when QuotaAnswerFrame.TryRead(payload) is { } answer:
                Requests.Complete(answer.RequestId, answer);
                return null;
            case FrameType.KeyAnswer when KeyAnswerFrame.TryRead(payload) is { } answer:
                // Here, in order with the feed: a key that the feed changes later must not be overtaken by this answer.
                _owner.KeyFetched(answer.Key);
                Requests.Complete(answer.RequestId, answer);
                return null;
            case FrameType.UsageAnswer when UsageAnswerFrame.TryRead(payload) is { } answer:
                Requests.Complete(answer.RequestId, answer);
                return null;
            default:
                View.Break();
                return BrokenFeed;
        }
    }

    /// <summary>Renews, sweeps, and notices a fabric that says nothing.</summary>
    private async Task RenewAsync(CancellationToken cancellation)
    {
        var every = _owner.Renewal;
        using var timer = new PeriodicTimer(every, _owner.Time);
        try
        {
            while (await timer.WaitForNextTickAsync(cancellation))
            {
                // A whole view's renewals are answered with grants. Without one, the snapshot may have to wait for its turn.
                var silenceMax = View.IsReady ? TimeSpan.FromTicks(Math.Max(every.Ticks * 4, TimeSpan.TicksPerSecond)) : SnapshotTurnMax;
                if (_owner.Time.GetElapsedTime(Volatile.Read(ref _heardAt)) > silenceMax)
                {
                    _transport.Abort();
                    return;
                }

                await RenewOnceAsync(cancellation);
                _owner.Applier.Sweep(SweepTime(), SweepSlots);
            }
        }
        catch (OperationCanceledException)
        {
            // The session has ended.
        }
    }

    // After the bye there is nothing to acknowledge: the fabric has counted this edge out.
    private ValueTask<bool> AcknowledgeAsync(CancellationToken cancellation) => View.IsHandedBack
        ? new ValueTask<bool>(true)
        : SendAsync(to => new AckFrame(View.Revision, _owner.TakeCancelled()).Write(to), cancellation);

    private ValueTask<bool> RenewOnceAsync(CancellationToken cancellation) => View.IsHandedBack ? new ValueTask<bool>(true) : SendAsync(
        to =>
        {
            // INVARIANT R2: the clock is read before the frame can leave, so that all delay from here on counts against this edge. The revision is
            // read after the clock: it may only be newer than the moment.
            var number = ++_renewal;
            View.RenewalSent(number, _owner.Clock.SentMs);
            new RenewFrame(number, View.Revision, _owner.TakeCancelled()).Write(to);
        },
        cancellation);

    /// <summary>The earlier of the own and the fabric's wall clock: a clock that runs ahead must not drop what is still needed (R4).</summary>
    private Instant SweepTime()
    {
        var fabric = new Instant(_serverMs) + _owner.Time.GetElapsedTime(_welcomedAt);
        return Instant.Min(_owner.Clock.Read().Now, fabric);
    }
}
