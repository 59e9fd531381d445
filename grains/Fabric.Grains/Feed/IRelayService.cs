using Orleans.Services;

namespace Fabric.Grains.Feed;

/// <summary>A silo's relay: it follows the feed log, and takes denials from other silos that storage has not taken yet.</summary>
[Alias("fabric.relay")]
public interface IRelayService : IGrainService
{
    /// <summary>Denies at once what <paramref name="records"/> say (index records as the feed's table keeps them), here and at the silo's enforcement points.</summary>
    [Alias("deny")]
    Task DenyAsync(byte[] records);
}
