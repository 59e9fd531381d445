using Fabric.Grains.Wire;
using Orleans.Services;

namespace Fabric.Grains.Feed;

/// <summary>A silo's relay: it follows the feed log, and takes denials from other silos that storage has not taken yet.</summary>
[Alias("fabric.relay")]
public interface IRelayService : IGrainService
{
    /// <summary>Denies at once what <paramref name="records"/> say (index records as the feed's table keeps them), here and at the silo's enforcement points.</summary>
    [Alias("deny"), ResponseTimeout("00:00:01")]
    Task DenyAsync(byte[] records);

    /// <summary>Whether this silo holds a lease; asked by the others, who learn by it that they reach this one.</summary>
    [Alias("holds-lease"), ResponseTimeout("00:00:01")]
    Task<bool> HoldsLeaseAsync();

    /// <summary>
    /// What the silo's enforcement points have done about a revision, once it is closed for all of them, or after <paramref name="waitMs"/> (at most a second).
    /// </summary>
    [Alias("edges"), ResponseTimeout("00:00:03")]
    Task<EdgeLists> EdgesAsync(ulong revision, int waitMs);
}
