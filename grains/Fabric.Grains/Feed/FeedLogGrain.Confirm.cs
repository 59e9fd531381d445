using Fabric.Grains.Wire;

namespace Fabric.Grains.Feed;

/// <summary>Which revisions are closed over all silos.</summary>
internal sealed partial class FeedLogGrain
{
    // Callers that wait at one time (B1); more get the state as it is.
    private const int ConfirmsMax = 100_000;

    private static readonly TimeSpan NamesPatience = TimeSpan.FromSeconds(1);

    private readonly PriorityQueue<TaskCompletionSource, ulong> _confirms = new();
    private readonly Dictionary<UInt128, IRelayObserver> _observers = [];
    private int _given;

    public async Task<ConfirmAnswer> ConfirmAsync(ulong revision, int timeoutMs, bool names)
    {
        if (_isLost)
        {
            throw new FeedLogLostException("the feed log is moving");
        }

        Settle();
        if (_relays.Closed.Confirmed < revision && timeoutMs > 0 && _confirms.Count < ConfirmsMax)
        {
            var waiter = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            _confirms.Enqueue(waiter, revision);
            try
            {
                await waiter.Task.WaitAsync(TimeSpan.FromMilliseconds(timeoutMs));
            }
            catch (TimeoutException)
            {
                // The answer says who is waited for.
                Forget(waiter);
            }
        }

        var silos = names ? await AskAllAsync(revision) : [];
        var (closed, now) = (_relays.Advance(Now), Now);
        return new ConfirmAnswer(
            closed.Read >= revision, closed.Write >= revision, closed.Destructive >= revision,
            [.. _relays.Waiting(revision, now).Select(relay => new WaitingSilo(relay.Edge, relay.Acknowledged, Math.Max(0, (relay.Until - now).TotalMilliseconds)))],
            silos);
    }

    // Those that gave up go when they are half of all: one by one each would cost a look at all.
    private void Forget(TaskCompletionSource waiter)
    {
        waiter.TrySetCanceled();
        if (++_given > _confirms.Count / 2)
        {
            var waiting = _confirms.UnorderedItems.Where(item => !item.Element.Task.IsCompleted).ToList();
            _confirms.Clear();
            _confirms.EnqueueRange(waiting);
            _given = 0;
        }
    }

    // A silo that does not answer is named by the order itself, when it is waited for.
    private async Task<EdgeLists[]> AskAllAsync(ulong revision)
    {
        var asked = await Task.WhenAll(_observers.ToArray().Select(relay => AskAsync(relay.Key, relay.Value)));
        return [.. asked.OfType<EdgeLists>()];

        async Task<EdgeLists?> AskAsync(UInt128 instance, IRelayObserver relay)
        {
            try
            {
                return await relay.EdgesAsync(revision).WaitAsync(NamesPatience);
            }
#pragma warning disable CA1031 // its silo is gone or frozen
            catch (Exception)
#pragma warning restore CA1031
            {
                // Asked again once it follows again: a dead one holds up one receipt, not all.
                _observers.Remove(instance);
                return null;
            }
        }
    }

    private void Settle()
    {
        var confirmed = _relays.Advance(Now).Confirmed;
        while (_confirms.TryPeek(out var waiter, out var revision) && revision <= confirmed)
        {
            _confirms.Dequeue();
            waiter.TrySetResult();
        }
    }

    private void FailConfirms(string why)
    {
        while (_confirms.TryDequeue(out var waiter, out _))
        {
            waiter.TrySetException(new FeedLogLostException(why));
        }
    }
}
