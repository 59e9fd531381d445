using System.Collections.Concurrent;

namespace Fabric.Client.Feed;

/// <summary>Requests over one connection that wait for their answers. When the connection ends, all are answered with nothing.</summary>
internal sealed class FeedRequests
{
    private readonly ConcurrentDictionary<uint, TaskCompletionSource<object?>> _waiting = new();
    private uint _last;
    private volatile bool _ended;

    /// <summary>A new request: its number, and its answer once that is there; null when there will be none.</summary>
    public (uint Id, Task<object?> Answer) Begin()
    {
        var id = Interlocked.Increment(ref _last);
        var waiting = new TaskCompletionSource<object?>(TaskCreationOptions.RunContinuationsAsynchronously);
        _waiting[id] = waiting;
        if (_ended)
        {
            Complete(id, null);
        }

        return (id, waiting.Task);
    }

    /// <summary>Answers a request. One that nobody waits for any more is ignored.</summary>
    public void Complete(uint id, object? answer)
    {
        if (_waiting.TryRemove(id, out var waiting))
        {
            waiting.TrySetResult(answer);
        }
    }

    /// <summary>The connection has ended.</summary>
    public void End()
    {
        _ended = true;
        foreach (var id in _waiting.Keys)
        {
            Complete(id, null);
        }
    }
}
