using Fabric.Contracts.Orleans;
using Orleans.Streams;

namespace Fabric.Client.Orleans;

/// <summary>Hears the cluster's notices that there are new changes, for one reader.</summary>
internal sealed class ChangeBell
{
    private TaskCompletionSource _rung = New();

    /// <summary>Completes at the first notice that comes after this is read.</summary>
    internal Task Next => Volatile.Read(ref _rung).Task;

    /// <summary>Subscribes; null when the cluster cannot be reached now.</summary>
    internal async Task<StreamSubscriptionHandle<ChangeNotice>?> SubscribeAsync(IClusterClient cluster)
    {
        try
        {
            return await cluster.GetStreamProvider(ChangeNotice.Provider).GetStream<ChangeNotice>(ChangeNotice.Stream).SubscribeAsync((_, _) => Ring());
        }
#pragma warning disable CA1031 // no gateway, a silo that went away: the reader looks by itself until it can subscribe
        catch (Exception error) when (error is not KeyNotFoundException)
#pragma warning restore CA1031
        {
            return null;
        }
    }

    /// <summary>Leaves the stream. A subscription that cannot be left now is dropped by the cluster once nobody answers there.</summary>
    internal static async Task LeaveAsync(StreamSubscriptionHandle<ChangeNotice>? subscription)
    {
        try
        {
            await (subscription?.UnsubscribeAsync() ?? Task.CompletedTask);
        }
#pragma warning disable CA1031 // see above
        catch (Exception)
#pragma warning restore CA1031
        {
            // See above.
        }
    }

    private Task Ring()
    {
        Interlocked.Exchange(ref _rung, New()).TrySetResult();
        return Task.CompletedTask;
    }

    private static TaskCompletionSource New() => new(TaskCreationOptions.RunContinuationsAsynchronously);
}
