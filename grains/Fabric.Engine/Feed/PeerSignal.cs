using System.Threading.Tasks.Sources;

namespace Fabric.Engine.Feed;

/// <summary>
/// Wakes one waiter; a signal that nobody waits for is kept, several are one. No allocation. The waiter continues on the thread pool, never on
/// the signaller's stack: the engine signals under its lock.
/// </summary>
internal sealed class PeerSignal : IValueTaskSource
{
    private const int Idle = 0;
    private const int Waiting = 1;
    private const int Signalled = 2;

    private ManualResetValueTaskSourceCore<bool> _core = new() { RunContinuationsAsynchronously = true };
    private int _state;

    /// <summary>Wakes the waiter, or lets the next wait pass at once. Any thread.</summary>
    public void Set()
    {
        if (Interlocked.Exchange(ref _state, Signalled) == Waiting)
        {
            _core.SetResult(true);
        }
    }

    /// <summary>Waits for a signal. One waiter at a time.</summary>
    public ValueTask WaitAsync()
    {
        if (Interlocked.CompareExchange(ref _state, Idle, Signalled) == Signalled)
        {
            return ValueTask.CompletedTask;
        }

        _core.Reset();
        var task = new ValueTask(this, _core.Version);
        if (Interlocked.CompareExchange(ref _state, Waiting, Idle) == Signalled)
        {
            _core.SetResult(true);
        }

        return task;
    }

    void IValueTaskSource.GetResult(short token)
    {
        _core.GetResult(token);

        // The signal that woke this waiter is used up; one that came since then is lost in it, and the waiter looks at everything anyway.
        Interlocked.Exchange(ref _state, Idle);
    }

    ValueTaskSourceStatus IValueTaskSource.GetStatus(short token) => _core.GetStatus(token);

    void IValueTaskSource.OnCompleted(Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
        _core.OnCompleted(continuation, state, token, flags);
}
