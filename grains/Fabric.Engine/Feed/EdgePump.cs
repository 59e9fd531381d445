using Fabric.Contracts.Feed;
using Fabric.Core.Common;

namespace Fabric.Engine.Feed;

/// <summary>
/// Sends one edge what is for it, alone on its connection: answers and grants, then records, then it sleeps until signalled. A slow edge holds up
/// its own pump and nothing else (R3).
/// </summary>
internal sealed class EdgePump
{
    private const int ChecksInARowMax = 16;

    // Records that follow each other as closely come from somebody who revokes on and on.
    private static readonly TimeSpan StormWithin = TimeSpan.FromMilliseconds(5);

    private readonly FeedHub _hub;
    private readonly ServedEdge _edge;
    private readonly IFrameTransport _transport;
    private readonly FrameBuffer _scratch = new();
    private FeedCursor? _cursor;
    private ulong _sentRevision;
    private long _sendStartedAt = long.MaxValue;
    private long _recordsSentAt;
    private int _gapsInARow;

    /// <summary>A pump that starts after a cursor; null: with a snapshot.</summary>
    public EdgePump(FeedHub hub, ServedEdge edge, IFrameTransport transport, FeedCursor? cursor)
    {
        (_hub, _edge, _transport, _cursor) = (hub, edge, transport, cursor);
        _recordsSentAt = hub.Time.GetTimestamp() - hub.Time.TimestampFrequency;
        _sentRevision = cursor?.Revision ?? 0;
    }

    /// <summary>The newest revision that was sent: an acknowledgement past it cannot be true.</summary>
    public ulong SentRevision => Volatile.Read(ref _sentRevision);

    /// <summary>Whether a send has been under way for longer than a subscriber may take.</summary>
    public bool IsStuck(long now)
    {
        var startedAt = Volatile.Read(ref _sendStartedAt);
        return startedAt != long.MaxValue && _hub.Time.GetElapsedTime(startedAt, now) > _hub.Options.SendTimeout;
    }

    /// <summary>Sends until closed, cancelled or cut off. Never throws for what the network does.</summary>
    public async Task RunAsync(CancellationToken cancellation)
    {
        var going = true;
        while (going && !cancellation.IsCancellationRequested)
        {
            if (_edge.Outbox.Closing is { } code)
            {
                if (code != FeedHub.Disconnected)
                {
                    await SendAsync(new ClosingFrame(code).Write, cancellation);
                }

                await _transport.CloseAsync(cancellation);
                return;
            }

            going = await SendControlAsync(cancellation) && (_cursor is null
                ? await SendSnapshotAsync(cancellation)
                : await SendRecordsAsync(cancellation));
        }

        _transport.Abort();
    }

    private ValueTask<bool> SendAsync(Action<FrameBuffer> write, CancellationToken cancellation)
    {
        write(_scratch);
        return SendAsync(_scratch.Written, cancellation);
    }

    private async ValueTask<bool> SendAsync(ReadOnlyMemory<byte> frame, CancellationToken cancellation)
    {
        Volatile.Write(ref _sendStartedAt, _hub.Time.GetTimestamp());
        var sent = await _transport.SendAsync(frame, cancellation);
        Volatile.Write(ref _sendStartedAt, long.MaxValue);
        return sent;
    }

    private async ValueTask<bool> SendControlAsync(CancellationToken cancellation)
    {
        if (_edge.Outbox.TryTakeGrant(out var number) && !await SendAsync(new GrantFrame(number).Write, cancellation))
        {
            return false;
        }

        while (_edge.Outbox.TryTakeAnswer(out var late))
        {
            if (!await SendAnswerAsync(late, cancellation))
            {
                return false;
            }
        }

        for (var checks = 0; checks < ChecksInARowMax && _edge.Outbox.TryTakeCheck(out var check); checks++)
        {
            var answer = _edge.DecideAsync(check, cancellation);
            if (!answer.IsCompletedSuccessfully)
            {
                // It waits for storage (a quota), which must not hold the feed up.
                _ = _edge.ReplyLaterAsync(answer);
                continue;
            }

            _edge.Outbox.Done();
            if (!await SendAnswerAsync(await answer, cancellation))
            {
                return false;
            }
        }

        while (_edge.Outbox.TryTakeReply(out var write))
        {
            if (!await SendAsync(write, cancellation))
            {
                return false;
            }
        }

        return true;
    }

    /// <summary>
    /// INVARIANT R1: everything that the decision saw is sent before its answer, and so is known to the edge; and what was applied after it comes, as
    /// a rule, behind. An edge that does get a later record first denies by its own index, which stands over any answer.
    /// </summary>
    private async ValueTask<bool> SendAnswerAsync(CheckAnswerFrame answer, CancellationToken cancellation)
    {
        while (_cursor is { } cursor && cursor.Revision < answer.Revision && _hub.TryTake(ref cursor, out var slice, out _))
        {
            if (!await SendSliceAsync(cursor, slice, cancellation))
            {
                return false;
            }
        }

        return await SendAsync(answer.Write, cancellation);
    }

    private ValueTask<bool> SendSliceAsync(FeedCursor cursor, FeedSlice slice, CancellationToken cancellation)
    {
        _cursor = cursor;

        // Before it leaves: the acknowledgement may be here before the send returns.
        Volatile.Write(ref _sentRevision, slice.To);
        _recordsSentAt = _hub.Time.GetTimestamp();
        return slice.Key is { } key && !_edge.MaySee(key)
            ? SendAsync(new KeyFrame(slice.To, null).Write, cancellation)
            : SendAsync(slice.Frame(_scratch), cancellation);
    }

    private async ValueTask<bool> SendRecordsAsync(CancellationToken cancellation)
    {
        var cursor = _cursor!.Value;
        if (_hub.TryTake(ref cursor, out var slice, out var gap))
        {
            return await SendSliceAsync(cursor, slice, cancellation);
        }

        if (gap)
        {
            return await MeetGapAsync(cancellation);
        }

        _gapsInARow = 0;
        await SleepAsync();
        return true;
    }

    private ValueTask<bool> MeetGapAsync(CancellationToken cancellation)
    {
        _cursor = null;
        if (++_gapsInARow > _hub.Options.GapsInARowMax)
        {
            _edge.Outbox.Close(Codes.FeedTooSlow);
            return new ValueTask<bool>(true);
        }

        return SendAsync(new GapFrame(Codes.CursorGap).Write, cancellation);
    }

    private async ValueTask<bool> SendSnapshotAsync(CancellationToken cancellation)
    {
        if (!_hub.Turns.TryEnter(_edge.Outbox))
        {
            await SleepAsync();
            return true;
        }

        try
        {
            var at = _hub.Head;
            Volatile.Write(ref _sentRevision, at);
            var sent = await SendAsync(to => new RevisionFrame(at).Write(to, FrameType.SnapshotBegin), cancellation)
                && await SendIndexAsync(cancellation)
                && await SendKeysAsync(cancellation)
                && await SendAsync(to => new RevisionFrame(at).Write(to, FrameType.SnapshotEnd), cancellation);
            if (!sent)
            {
                return false;
            }

            // INVARIANT R3: `at` was read before the first part was copied, and a record is in the index before it has a revision. So what a part
            // lacks comes after `at`, and is replayed from there; what a part already has of it is replayed too, which changes nothing in the end:
            // records are a node's whole state, and the last one of each node is the last to be applied.
            _cursor = _hub.TryFind(at);
            return _cursor is not null || await MeetGapAsync(cancellation);
        }
        finally
        {
            _hub.Turns.Leave();
        }
    }

    private async ValueTask<bool> SendIndexAsync(CancellationToken cancellation)
    {
        var parts = new SnapshotParts(_hub.Index);
        while (parts.TryNext(out var chunk))
        {
            if (_edge.Outbox.Closing is not null)
            {
                return true;
            }

            if (!await SendAsync(chunk, cancellation) || !await SendControlAsync(cancellation))
            {
                return false;
            }
        }

        return true;
    }

    private async ValueTask<bool> SendKeysAsync(CancellationToken cancellation)
    {
        var keys = _hub.Keys.Snapshot().Where(_edge.MaySee).ToArray();
        for (var at = 0; at == 0 || at < keys.Length; at += KeyCodec.KeysInFrameMax)
        {
            var some = keys.AsMemory(at, Math.Min(KeyCodec.KeysInFrameMax, keys.Length - at));
            if (!await SendAsync(to => KeyCodec.WriteFrame(to, some.Span), cancellation))
            {
                return false;
            }
        }

        return true;
    }

    private async ValueTask SleepAsync()
    {
        if (_edge.Outbox.IsEmpty)
        {
            await _edge.Outbox.SignalledAsync();

            if (_edge.Outbox.IsEmpty && _hub.Time.GetElapsedTime(_recordsSentAt) < StormWithin)
            {
                // R5: records come one after the other. Once behind what waits for a thread already: commands among it that append are then sent with this one, in one
                // frame, which the edge applies and acknowledges once. A record that comes alone, a grant and an answer go at once; nothing waits for what has not arrived.
                await Task.Yield();
            }
        }
    }
}
