using Fabric.Grains.Wire;

namespace Fabric.Grains.Feed;

/// <summary>What the feed log may ask a silo's relay.</summary>
[Alias("fabric.relay-observer")]
public interface IRelayObserver : IGrainObserver
{
    /// <summary>What the silo's enforcement points have done about a revision.</summary>
    [Alias("edges")]
    Task<EdgeLists> EdgesAsync(ulong revision);
}
