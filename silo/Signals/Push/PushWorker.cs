namespace Fabric.Silo.Signals.Push;

/// <summary>
/// Pushes one stream that this host has claimed, event after event, for as long as it has the claim. An event is done with when its receiver has answered 202, or that it is none that it will
/// ever take; all else is tried again, after a wait that grows, and what comes after it waits for it.
/// </summary>
internal sealed class PushWorker(SignalStream claimed, string holder, PushParts parts)
{
    /// <summary>How long after the last look the claim is renewed, and the stream looked at anew.</summary>
    public static readonly TimeSpan LookEvery = TimeSpan.FromSeconds(10);

    // How long a receiver has to answer once the host stops: what it has taken by then is not sent once more.
    private static readonly TimeSpan StopGrace = TimeSpan.FromSeconds(2);

    private const int EventsAtOnce = 20;

    private readonly Wake _wake = new(parts.Time);
    private SignalStream _stream = claimed;
    private long _claimedAt = parts.Time.GetTimestamp();
    private string? _refusal;
    private volatile bool _isChanged;
    private volatile bool _isWaiting;

    public string Tenant { get; } = claimed.Tenant;

    /// <summary>Somebody has changed the stream.</summary>
    public void Changed()
    {
        _isChanged = true;
        _wake.Call();
    }

    /// <summary>Something has happened in the stream's tenant. Who waits before it tries again waits all the same.</summary>
    public void Happened()
    {
        if (!_isWaiting)
        {
            _wake.Call();
        }
    }

    /// <summary>The work itself, once it was begun.</summary>
    public Task Running { get; set; } = Task.CompletedTask;

    /// <summary>Until the claim is lost, or there is nothing to push in the state that the stream is in.</summary>
    public async Task RunAsync(CancellationToken cancellation)
    {
        while (await LookAsync(cancellation))
        {
            var retry = _stream.Push!.WaitAt(parts.Time.GetUtcNow());
            if (retry == TimeSpan.Zero && parts.Receivers.HasKey(_stream.Receiver))
            {
                if (await TurnAsync(cancellation))
                {
                    continue;
                }
                retry = _stream.Push?.WaitAt(parts.Time.GetUtcNow()) ?? TimeSpan.Zero;
            }
            _isWaiting = retry > TimeSpan.Zero;
            await _wake.WaitAsync(_isWaiting && retry < LookEvery ? retry : LookEvery, cancellation);
        }
    }

    private TimeSpan Left => parts.Lease - parts.Time.GetElapsedTime(_claimedAt);

    // The stream as it is, with the claim renewed, where that is due; false: it is not this worker's any more.
    private async Task<bool> LookAsync(CancellationToken cancellation)
    {
        if (!_isChanged && parts.Time.GetElapsedTime(_claimedAt) < LookEvery)
        {
            return _stream.IsPushed;
        }
        _isChanged = false;
        return await ChangeAsync(now => now, cancellation) && _stream.IsPushed;
    }

    private async Task<bool> ChangeAsync(Func<SignalStream, SignalStream> change, CancellationToken cancellation)
    {
        // From before the request: the claim holds for longer than is counted here.
        var asked = parts.Time.GetTimestamp();
        if (await parts.Store.UpdateClaimedAsync(_stream, holder, parts.Lease, change, cancellation) is not { } now)
        {
            _stream = _stream with { Push = null };
            return false;
        }
        (_stream, _claimedAt) = (now, asked);
        return true;
    }

    // True: there may be more at once.
    private async Task<bool> TurnAsync(CancellationToken cancellation)
    {
        var before = _stream;
        var found = await parts.Gather.NextAsync(parts.Fabric, before, EventsAtOnce, cancellation);
        if (!found.IsOk)
        {
            if (_refusal != found.Rejection.Code)
            {
                parts.Log.PushWaits(before.Id, _refusal = found.Rejection.Code);
            }
            return false;
        }
        _refusal = null;
        var after = found.Value.Stream;
        if (SignalGather.Move(before, after) is { } move && (!await ChangeAsync(move, cancellation) || _stream.Cursor != after.Cursor || _stream.Status != after.Status))
        {
            // It is another's, or not the stream any more that was looked at.
            return true;
        }
        foreach (var set in found.Value.Sets)
        {
            if (_isChanged || !await SendAsync(set, cancellation))
            {
                return _isChanged;
            }
        }
        return found.Value.More || found.Value.Sets.Count > 0;
    }

    private async Task<bool> SendAsync(SignalGather.Set set, CancellationToken cancellation)
    {
        using var slot = await parts.Sender.TakeSlotAsync(Tenant, cancellation);

        // INVARIANT R3: nothing is on its way when the claim ends, so that no other host pushes beside this one, and what is acknowledged is so in order.
        if (Left < parts.SendTime && !await ChangeAsync(now => now, cancellation))
        {
            return false;
        }

        // As it is now: what its receiver was told that it has paused, or goes elsewhere, is not sent.
        if (await parts.Store.FindAsync(Tenant, _stream.Id, cancellation) is not { IsPushed: true } current || !SignalGather.IsSame(current, _stream))
        {
            _isChanged = true;
            return false;
        }
        _stream = current;
        if (!parts.Receivers.HasKey(_stream.Receiver))
        {
            return false;
        }
        var (sentTo, failing) = (_stream.Push!.EndpointUrl, _stream.Push.Failures);
        using var late = new CancellationTokenSource();
        await using var stop = cancellation.UnsafeRegister(_ => late.CancelAfter(StopGrace), null);
        var result = await parts.Sender.SendAsync(_stream, set.Jti, set.Token, late.Token);
        if (result.Failure is { } failure && failing == 0)
        {
            parts.Log.PushFailed(_stream.Id, failure.Err);
        }
        var (now, spread) = (parts.Time.GetUtcNow(), Random.Shared.NextDouble());

        // Also while the host stops: what was taken is not sent once more.
        return await ChangeAsync(stream => After(stream, set.Jti, sentTo, result, now, spread), CancellationToken.None) && (result.IsDelivered || result.IsFinal);
    }

    private static SignalStream After(SignalStream stream, string jti, string sentTo, PushResult result, DateTimeOffset now, double spread)
    {
        // What went to the place of before says nothing about the one of now, but that it was taken there.
        var push = stream.Push is { } known && known.EndpointUrl == sentTo ? known : null;
        if (result.IsDelivered)
        {
            return stream.WithDone(new HashSet<string>([jti], StringComparer.Ordinal)) with { Push = push?.Delivered(now) ?? stream.Push };
        }
        return push is null ? stream
            : result.IsFinal ? stream.WithDone(new HashSet<string>([jti], StringComparer.Ordinal)) with { Push = push.RefusedBy(result.Failure!) }
            : stream with { Push = push.Failed(result.Failure!, spread) };
    }
}
