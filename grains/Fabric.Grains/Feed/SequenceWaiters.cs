namespace Fabric.Grains.Feed;

/// <summary>Callers that wait until something has reached a number.</summary>
internal sealed class SequenceWaiters
{
    private readonly Lock _gate = new();
    private readonly PriorityQueue<TaskCompletionSource, long> _waiting = new();

    internal Task WaitAsync(long number, Func<long> reached, CancellationToken cancellation)
    {
        TaskCompletionSource waiter;
        lock (_gate)
        {
            // Looked at under the lock: whoever reaches it later finds the waiter.
            if (reached() >= number)
            {
                return Task.CompletedTask;
            }

            waiter = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            _waiting.Enqueue(waiter, number);
        }

        return waiter.Task.WaitAsync(cancellation);
    }

    internal void Reached(long number)
    {
        lock (_gate)
        {
            while (_waiting.TryPeek(out var waiter, out var wanted) && wanted <= number)
            {
                _waiting.Dequeue();
                waiter.TrySetResult();
            }
        }
    }
}
