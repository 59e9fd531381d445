using System.Runtime.CompilerServices;
using System.Text.Json;
using Fabric.Contracts;
using Fabric.Contracts.Changes;
using Fabric.Contracts.Orleans;
using Fabric.Core.Common;
using Orleans.Streams;

namespace Fabric.Client.Orleans;

/// <summary>The change stream over the Orleans client of a cluster.</summary>
public static class FabricChangesExtensions
{
    // How long a lost notice may hold up a change.
    private static readonly TimeSpan LookEvery = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan RetryFirst = TimeSpan.FromMilliseconds(50);
    private static readonly TimeSpan RetryMax = TimeSpan.FromSeconds(1);

    /// <summary>Lets the client hear the cluster's stream of changes. Needed once, before <see cref="WatchChangesAsync"/>.</summary>
    public static IClientBuilder AddFabricChanges(this IClientBuilder builder) => builder.AddMemoryStreams(ChangeNotice.Provider);

    /// <summary>
    /// Follows the change stream from <paramref name="query"/>'s cursor (null: from now), in order and without a gap (R3), over restarts of silos. <paramref name="secret"/>: an API key that
    /// may read changes, looked at with every page. Ends with a rejection when it is refused, or with `cursor.gap` when the cursor lies outside the retention: read the state anew then.
    /// Throws <see cref="KeyNotFoundException"/> without <see cref="AddFabricChanges"/>, and <see cref="OperationCanceledException"/> at its cancellation.
    /// </summary>
    public static async IAsyncEnumerable<Outcome<Change>> WatchChangesAsync(
        this IClusterClient cluster, string secret, ChangeQuery query, [EnumeratorCancellation] CancellationToken cancellation = default)
    {
        var (bell, wait) = (new ChangeBell(), RetryFirst);
        StreamSubscriptionHandle<ChangeNotice>? subscription = null;
        query = query with { Cursor = query.Cursor ?? ChangeQuery.Now, Limit = 1_000 };
        try
        {
            while (true)
            {
                cancellation.ThrowIfCancellationRequested();
                subscription ??= await bell.SubscribeAsync(cluster);
                var next = bell.Next;
                var page = await PullAsync(cluster, secret, query, cancellation);
                if (page.IsOk)
                {
                    foreach (var change in page.Value.Changes)
                    {
                        yield return change;
                    }

                    (wait, var isEnd) = (RetryFirst, page.Value.Next == query.Cursor);
                    query = query with { Cursor = page.Value.Next };
                    if (isEnd)
                    {
                        await Task.WhenAny(next, Task.Delay(LookEvery, cancellation));
                    }
                }
                else if (page.Rejection.Code is Codes.Unreachable or Codes.Stopping or Codes.StorageUnavailable)
                {
                    await Task.Delay(wait, cancellation);
                    wait = wait * 2 < RetryMax ? wait * 2 : RetryMax;
                }
                else
                {
                    yield return page.Rejection;
                    yield break;
                }
            }
        }
        finally
        {
            await ChangeBell.LeaveAsync(subscription);
        }
    }

    private static async Task<Outcome<ChangePage>> PullAsync(IGrainFactory cluster, string secret, ChangeQuery query, CancellationToken cancellation)
    {
        try
        {
            var asked = JsonSerializer.SerializeToUtf8Bytes(query, FabricJson.Default.ChangeQuery);
            var reply = await cluster.GetGrain<IChangeGateGrain>(0).PullAsync(secret, asked).WaitAsync(cancellation);
            return reply.Code is { } code ? new Rejection(code, reply.Subject ?? "", reply.Detail ?? "")
                : JsonSerializer.Deserialize(reply.Page, FabricJson.Default.ChangePage) ?? throw new JsonException("a page is null");
        }
#pragma warning disable CA1031 // no gateway, a silo that went away, too late: asked again
        catch (Exception error) when (error is not JsonException && !cancellation.IsCancellationRequested)
#pragma warning restore CA1031
        {
            return new Rejection(Codes.Unreachable, "cluster", "the cluster does not answer");
        }
    }
}
