using Fabric.Core.Index;
using Fabric.Grains.Wire;
using Microsoft.Extensions.Logging;
using Orleans.Runtime.Services;

namespace Fabric.Grains.Feed;

/// <summary>The relays of all silos that are not known to be dead, called directly: the order itself may be away.</summary>
internal sealed class RelayPeers(IServiceProvider services, ISiloStatusOracle silos, ILogger<RelayPeers> logger) : GrainServiceClient<IRelayService>(services)
{
    // A silo that has not answered by then is frozen or gone; it is not waited for.
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(1);

    // As many as one command may name, in messages of about 160 KB (B1).
    private const int RecordsAtOnce = 4_000;

    /// <summary>Denies at every silo that answers. Nobody is told who did: a denial ahead of the order is never what a receipt rests on.</summary>
    internal async Task DenyAsync(IReadOnlyList<IndexRecord> records)
    {
        var parts = records.Chunk(RecordsAtOnce).Select(OpsOf).ToList();
        await Task.WhenAll(silos.GetApproximateSiloStatuses(onlyActive: true).Keys.Select(silo => DenyAsync(silo, parts)));
    }

    /// <summary>Asks every other silo that the cluster counts on whether it holds a lease.</summary>
    internal async Task<IReadOnlyList<PeerAnswer>> AskAllAsync() =>
        await Task.WhenAll(silos.GetApproximateSiloStatuses(onlyActive: true).Keys.Where(silo => !silo.Equals(silos.SiloAddress)).Select(AskAsync));

    /// <summary>
    /// Asks every silo what its enforcement points have done about a revision: each answers when it is closed for them, or after <paramref name="waitMs"/>. Null: it has not answered.
    /// </summary>
    internal IReadOnlyList<Task<EdgeLists?>> AskEdges(ulong revision, int waitMs)
    {
        return [.. silos.GetApproximateSiloStatuses(onlyActive: true).Keys.Select(AskAsync)];

        async Task<EdgeLists?> AskAsync(SiloAddress silo)
        {
            try
            {
                return await GetGrainService(silo).EdgesAsync(revision, waitMs);
            }
#pragma warning disable CA1031 // it is gone, frozen or cut off: the order names it
            catch (Exception)
#pragma warning restore CA1031
            {
                return null;
            }
        }
    }

    private async Task<PeerAnswer> AskAsync(SiloAddress silo)
    {
        try
        {
            return new PeerAnswer(silo, await GetGrainService(silo).HoldsLeaseAsync().WaitAsync(Patience));
        }
#pragma warning disable CA1031 // it is gone, frozen or cut off: that is the answer
        catch (Exception)
#pragma warning restore CA1031
        {
            return new PeerAnswer(silo, null);
        }
    }

    private static byte[] OpsOf(IndexRecord[] records)
    {
        var ops = new List<byte>();
        foreach (var record in records)
        {
            FeedOps.Add(ops, record);
        }

        return [.. ops];
    }

    // A silo at its own pace: one that is frozen holds no other one up.
    private async Task DenyAsync(SiloAddress silo, List<byte[]> parts)
    {
        try
        {
            foreach (var ops in parts)
            {
                await GetGrainService(silo).DenyAsync(ops).WaitAsync(Patience);
            }
        }
#pragma warning disable CA1031 // the other silos deny; this one hears of it from the order, or loses its lease
        catch (Exception error)
#pragma warning restore CA1031
        {
            FeedLogLog.DenyFailed(logger, silo.ToString(), error);
        }
    }
}
