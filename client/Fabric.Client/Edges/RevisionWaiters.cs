using Fabric.Core.Checks;

namespace Fabric.Client.Edges;

/// <summary>Those who wait for the view to reach a revision.</summary>
internal sealed class RevisionWaiters(ICheckView view)
{
    private readonly Lock _gate = new();
    private readonly PriorityQueue<TaskCompletionSource, ulong> _waiting = new();

    /// <summary>Completes when the revision is applied.</summary>
    public Task WaitAsync(ulong revision, CancellationToken cancellation)
    {
        if (view.Index.Revision >= revision)
        {
            return Task.CompletedTask;
        }

        var reached = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        lock (_gate)
        {
            _waiting.Enqueue(reached, revision);
        }

        // What was applied while it was being listed.
        Applied(view.Index.Revision);
        return reached.Task.WaitAsync(cancellation);
    }

    /// <summary>The view has reached a revision.</summary>
    public void Applied(ulong revision)
    {
        lock (_gate)
        {
            while (_waiting.TryPeek(out var reached, out var wanted) && wanted <= revision)
            {
                _waiting.Dequeue();
                reached.TrySetResult();
            }
        }
    }
}
