using System.Collections.Concurrent;
using System.Diagnostics.CodeAnalysis;
using Fabric.Contracts.Feed;
using Fabric.Core.Common;

namespace Fabric.Engine.Feed;

/// <summary>What waits to be sent to one edge beside the feed: answers, checks to decide, a grant, the end. Any thread puts in; the pump takes out.</summary>
internal sealed class EdgeOutbox
{
    /// <summary>Frames that wait to be sent beside the feed: each request that is counted in has one at most, and as many again are refusals and keys.</summary>
    public const int RepliesMax = 2 * FeedLimits.RequestsInFlightMax;

    private readonly ConcurrentQueue<CheckFrame> _checks = new();
    private readonly ConcurrentQueue<CheckAnswerFrame> _answers = new();
    private readonly ConcurrentQueue<Action<FrameBuffer>> _replies = new();
    private readonly PeerSignal _signal = new();
    private string? _closing;
    private long _grant = -1;
    private int _requests;
    private int _waiting;

    /// <summary>Why the connection is to be closed; null while it is not.</summary>
    public string? Closing => Volatile.Read(ref _closing);

    /// <summary>Whether there is nothing to send.</summary>
    public bool IsEmpty => _checks.IsEmpty && _answers.IsEmpty && _replies.IsEmpty && Volatile.Read(ref _grant) < 0 && Closing is null;

    /// <summary>Wakes the pump.</summary>
    public void Signal() => _signal.Set();

    /// <summary>Sleeps until signalled. The pump alone.</summary>
    public ValueTask SignalledAsync() => _signal.WaitAsync();

    /// <summary>Grants the lease that a renewal asked for; a newer grant replaces one that was not sent yet.</summary>
    public void Grant(ulong number)
    {
        Volatile.Write(ref _grant, (long)number);
        Signal();
    }

    /// <summary>Sends the reason, then closes. The first reason counts.</summary>
    public void Close(string code)
    {
        Interlocked.CompareExchange(ref _closing, code, null);
        Signal();
    }

    /// <summary>Counts a request in; false when too many wait for their answer (B1).</summary>
    public bool TryBegin()
    {
        if (Interlocked.Increment(ref _requests) <= FeedLimits.RequestsInFlightMax)
        {
            return true;
        }

        Interlocked.Decrement(ref _requests);
        return false;
    }

    /// <summary>Queues a check that was counted in: it is decided when its answer's turn to be sent has come.</summary>
    public void Decide(CheckFrame check)
    {
        _checks.Enqueue(check);
        Signal();
    }

    /// <summary>Queues the answer to a request that was counted in.</summary>
    public void Reply(Action<FrameBuffer> write)
    {
        Interlocked.Decrement(ref _requests);
        Send(write);
    }

    /// <summary>Queues the answer to a check that was counted in.</summary>
    public void Reply(CheckAnswerFrame answer)
    {
        Interlocked.Decrement(ref _requests);
        _answers.Enqueue(answer);
        Signal();
    }

    /// <summary>Counts out a request that has no answer, or whose answer the pump wrote itself.</summary>
    public void Done() => Interlocked.Decrement(ref _requests);

    /// <summary>Queues a frame. Past <see cref="RepliesMax"/> that were not sent the connection is closed: the edge asks and does not read (B1).</summary>
    public void Send(Action<FrameBuffer> write)
    {
        if (Interlocked.Increment(ref _waiting) > RepliesMax)
        {
            Interlocked.Decrement(ref _waiting);
            Close(Codes.LimitReached);
            return;
        }

        _replies.Enqueue(write);
        Signal();
    }

    /// <summary>Takes a grant. The pump alone.</summary>
    public bool TryTakeGrant(out ulong number)
    {
        var taken = Interlocked.Exchange(ref _grant, -1);
        number = (ulong)Math.Max(taken, 0);
        return taken >= 0;
    }

    /// <summary>Takes a frame to send. The pump alone.</summary>
    public bool TryTakeReply([NotNullWhen(true)] out Action<FrameBuffer>? write)
    {
        if (!_replies.TryDequeue(out write))
        {
            return false;
        }

        Interlocked.Decrement(ref _waiting);
        return true;
    }

    /// <summary>Takes the answer to a check. The pump alone.</summary>
    public bool TryTakeAnswer([NotNullWhen(true)] out CheckAnswerFrame? answer) => _answers.TryDequeue(out answer);

    /// <summary>Takes a check to decide. The pump alone.</summary>
    public bool TryTakeCheck([NotNullWhen(true)] out CheckFrame? check) => _checks.TryDequeue(out check);
}
