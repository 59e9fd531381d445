using Fabric.Grains.Wire;

namespace Fabric.Grains.Feed;

/// <summary>Which revisions are closed over all silos.</summary>
internal sealed partial class FeedLogGrain
{
    // Callers that wait at one time (B1); more get the state as it is.
    private const int ConfirmsMax = 100_000;

    private readonly PriorityQueue<TaskCompletionSource, ulong> _confirms = new();

    public async Task<ConfirmAnswer> ConfirmAsync(ulong revision, int timeoutMs)
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
            }
        }

        var (closed, now) = (_relays.Advance(Now), Now);
        return new ConfirmAnswer(
            closed.Read >= revision, closed.Write >= revision, closed.Destructive >= revision,
            [.. _relays.Waiting(revision, now).Select(relay => new WaitingSilo(relay.Edge, relay.Acknowledged, Math.Max(0, (relay.Until - now).TotalMilliseconds)))]);
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
