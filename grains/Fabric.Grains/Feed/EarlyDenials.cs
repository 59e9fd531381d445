using Fabric.Core.Common;
using Fabric.Core.Index;
using Microsoft.Extensions.Logging;

namespace Fabric.Grains.Feed;

/// <summary>
/// Revocations that storage does not take at once: denied ahead of the order at every silo and edge, and carried out when storage is back. Denying early is always
/// safe; what was denied early is not durable until then, and a receipt says so (`partial`).
/// </summary>
internal sealed class EarlyDenials(Func<IReadOnlyList<IndexRecord>, Task> push, TimeProvider time, ILogger logger) : IDisposable
{
    /// <summary>How long a caller waits at least before it is told that storage has not taken its revocation.</summary>
    internal static readonly TimeSpan TellAfter = TimeSpan.FromSeconds(2);

    // Revocations that wait for storage on one silo (B1); of more, only the refusal is told.
    private const int PendingMax = 10_000;

    // A commit takes milliseconds. One that takes longer than this is not waited for before edges deny.
    private static readonly TimeSpan PushAfter = TimeSpan.FromMilliseconds(250);
    private static readonly TimeSpan TryAgainEvery = TimeSpan.FromMilliseconds(500);

    private readonly CancellationTokenSource _stop = new();
    private int _pending;

    /// <summary>
    /// Runs a revocation that may be run again. Null: storage has not taken it within <paramref name="patience"/>; what <paramref name="records"/> answers is denied at
    /// every silo that can be reached, and it is run again until storage takes it, as long as this silo lives.
    /// </summary>
    internal async Task<Outcome<T>?> RunAsync<T>(Func<Task<Outcome<T>>> store, Func<IReadOnlyList<IndexRecord>> records, TimeSpan patience)
    {
        var storing = store();
        if (await AnswerAsync(storing, PushAfter).ConfigureAwait(false) is { } soon && IsDecided(soon))
        {
            return soon;
        }

        // Nothing to deny: it will be refused, or has been done before.
        if (records() is not { Count: > 0 } denied || !TryCount())
        {
            return await storing.ConfigureAwait(false);
        }

        var kept = KeepAsync(storing, store);
        await push(denied).ConfigureAwait(false);
        return await AnswerAsync(kept, patience).ConfigureAwait(false);
    }

    /// <summary>What storage has not taken by now is lost with this silo: it was never said to be durable.</summary>
    public void Dispose() => _stop.Cancel();

    private async Task<Outcome<T>?> AnswerAsync<T>(Task<Outcome<T>> running, TimeSpan most)
    {
        try
        {
            return await running.WaitAsync(most, time, _stop.Token).ConfigureAwait(false);
        }
        catch (TimeoutException)
        {
            return null;
        }
    }

    private static bool IsDecided<T>(Outcome<T> outcome) => outcome.IsOk || outcome.Rejection.Code != Codes.StorageUnavailable;

    private bool TryCount()
    {
        if (Interlocked.Increment(ref _pending) <= PendingMax)
        {
            return true;
        }

        Interlocked.Decrement(ref _pending);
        return false;
    }

    private async Task<Outcome<T>> KeepAsync<T>(Task<Outcome<T>> storing, Func<Task<Outcome<T>>> store)
    {
        try
        {
            var outcome = await storing.ConfigureAwait(false);
            while (!IsDecided(outcome))
            {
                await Task.Delay(TryAgainEvery, time, _stop.Token).ConfigureAwait(false);
                outcome = await store().ConfigureAwait(false);
            }

            FeedLogLog.LateRevocation(logger, outcome.IsOk ? "durable" : outcome.Rejection.Code);
            return outcome;
        }
        finally
        {
            Interlocked.Decrement(ref _pending);
        }
    }
}
