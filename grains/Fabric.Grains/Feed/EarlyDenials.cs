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

    /// <summary>
    /// INVARIANT B1, R5: revocations of one tenant that wait for storage on one silo, and their records. Of more, only the refusal is told, and another tenant's are denied as before.
    /// </summary>
    internal const int PendingMax = 1_000;

    /// <inheritdoc cref="PendingMax"/>
    internal const int RecordsMax = 100_000;

    // A commit takes milliseconds. One that takes longer than this is not waited for before edges deny.
    private static readonly TimeSpan PushAfter = TimeSpan.FromMilliseconds(250);
    private static readonly TimeSpan TryAgainEvery = TimeSpan.FromMilliseconds(500);

    private readonly CancellationTokenSource _stop = new();
    private readonly Lock _gate = new();
    private readonly Dictionary<string, (int Revocations, int Records)> _pending = new(StringComparer.Ordinal);
    private TaskCompletionSource? _idle;

    /// <summary>
    /// Runs a revocation that may be run again. Null: storage has not taken it within <paramref name="patience"/>; what <paramref name="records"/> answers is denied at
    /// every silo that can be reached, and it is run again until storage takes it, as long as this silo lives. <paramref name="tenant"/>: whose nodes it ends.
    /// </summary>
    internal async Task<Outcome<T>?> RunAsync<T>(string tenant, Func<Task<Outcome<T>>> store, Func<IReadOnlyList<IndexRecord>> records, TimeSpan patience)
    {
        var storing = StoreAsync(store);
        if (await AnswerAsync(storing, PushAfter).ConfigureAwait(false) is { } soon && IsDecided(soon))
        {
            return soon;
        }

        // Nothing to deny: it will be refused, or has been done before.
        if (records() is not { Count: > 0 } denied || !TryCount(tenant, denied.Count))
        {
            return await storing.ConfigureAwait(false);
        }

        var kept = KeepAsync(tenant, denied.Count, storing, store);
        await push(denied).ConfigureAwait(false);
        return await AnswerAsync(kept, patience).ConfigureAwait(false);
    }

    /// <summary>
    /// Waits for what storage has not taken yet, for a while: a silo that is told to stop while the database is away for a moment carries out what it has promised to. What is left then is lost
    /// with this silo: it was never said to be durable.
    /// </summary>
    internal async Task StopAsync(TimeSpan patience)
    {
        Task idle;
        lock (_gate)
        {
            idle = _pending.Count == 0 ? Task.CompletedTask : (_idle ??= new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously)).Task;
        }

        try
        {
            await idle.WaitAsync(patience, time).ConfigureAwait(false);
        }
        catch (TimeoutException)
        {
            FeedLogLog.LateRevocation(logger, "lost with this silo, which stops");
        }
    }

    /// <inheritdoc/>
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

    // INVARIANT D1: whatever a try ends with, the revocation is tried again. An exception is no answer.
    private async Task<Outcome<T>> StoreAsync<T>(Func<Task<Outcome<T>>> store)
    {
        try
        {
            return await store().ConfigureAwait(false);
        }
#pragma warning disable CA1031 // see above
        catch (Exception error)
#pragma warning restore CA1031
        {
            FeedLogLog.RevocationNotStored(logger, error);
            return LogClient.Unavailable;
        }
    }

    private bool TryCount(string tenant, int records)
    {
        lock (_gate)
        {
            var now = _pending.GetValueOrDefault(tenant);
            if (now.Revocations == PendingMax || now.Records + records > RecordsMax)
            {
                return false;
            }

            _pending[tenant] = (now.Revocations + 1, now.Records + records);
            return true;
        }
    }

    private void Uncount(string tenant, int records)
    {
        lock (_gate)
        {
            var now = _pending[tenant];
            if (now.Revocations == 1)
            {
                _pending.Remove(tenant);
                if (_pending.Count == 0)
                {
                    _idle?.TrySetResult();
                }
            }
            else
            {
                _pending[tenant] = (now.Revocations - 1, now.Records - records);
            }
        }
    }

    private async Task<Outcome<T>> KeepAsync<T>(string tenant, int records, Task<Outcome<T>> storing, Func<Task<Outcome<T>>> store)
    {
        try
        {
            var outcome = await storing.ConfigureAwait(false);
            while (!IsDecided(outcome))
            {
                await Task.Delay(TryAgainEvery, time, _stop.Token).ConfigureAwait(false);
                outcome = await StoreAsync(store).ConfigureAwait(false);
            }

            FeedLogLog.LateRevocation(logger, outcome.IsOk ? "durable" : outcome.Rejection.Code);
            return outcome;
        }
        finally
        {
            Uncount(tenant, records);
        }
    }
}
