namespace Fabric.Client.Feed;

/// <summary>Callers that wait for a view to reach a state. Looked at after each frame; costs nothing while nobody waits.</summary>
internal sealed class ViewWaiters
{
    private readonly Lock _gate = new();
    private readonly List<(Func<bool> Condition, TaskCompletionSource Reached)> _waiting = [];
    private int _count;

    /// <summary>Completes once the condition holds. It is asked on the connection's thread: it is quick and does not throw.</summary>
    public async Task WhenAsync(Func<bool> condition, CancellationToken cancellation)
    {
        var reached = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var entry = (condition, reached);
        lock (_gate)
        {
            _waiting.Add(entry);
            Volatile.Write(ref _count, _waiting.Count);
        }

        // After it was added: a change in between is seen either here or there.
        Interlocked.MemoryBarrier();
        if (condition())
        {
            reached.TrySetResult();
        }

        try
        {
            await reached.Task.WaitAsync(cancellation);
        }
        finally
        {
            lock (_gate)
            {
                _waiting.Remove(entry);
                Volatile.Write(ref _count, _waiting.Count);
            }
        }
    }

    /// <summary>Something has changed.</summary>
    public void Pulse()
    {
        Interlocked.MemoryBarrier();
        if (Volatile.Read(ref _count) == 0)
        {
            return;
        }

        lock (_gate)
        {
            foreach (var (condition, reached) in _waiting)
            {
                if (condition())
                {
                    reached.TrySetResult();
                }
            }
        }
    }
}
