using Fabric.Grains.Wire;

namespace Fabric.Grains.Feed;

/// <summary>Which revisions are closed over all silos.</summary>
internal sealed partial class FeedLogGrain
{
    // Callers that wait at one time (B1); more get the state as it is.
    private const int ConfirmsMax = 100_000;

    private static readonly TimeSpan NamesPatience = TimeSpan.FromSeconds(1);

    private readonly PriorityQueue<TaskCompletionSource, ulong> _confirms = new();
    private int _given;

    public async Task<ConfirmAnswer> ConfirmAsync(ulong revision, int timeoutMs, bool names)
    {
        if (_isLost)
        {
            throw new FeedLogLostException("the feed log is moving");
        }

        Settle();

        // Each silo answers once all is closed on it, so the names are here with the confirmation, not a call later.
        var asked = names ? peers.AskEdges(revision, Math.Max(timeoutMs, 0)) : [];
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

        var silos = await AnswersOf(asked);
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
    private static async Task<EdgeLists[]> AnswersOf(IReadOnlyList<Task<EdgeLists?>> asked)
    {
        try
        {
            await Task.WhenAll(asked).WaitAsync(NamesPatience);
        }
        catch (TimeoutException)
        {
            // It is frozen or cut off.
        }

        return [.. asked.Where(one => one.IsCompletedSuccessfully).Select(one => one.Result).OfType<EdgeLists>()];
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
