using Orleans.Services;

namespace Fabric.Grains.Feed;

/// <summary>A silo's relay. It is called by nobody: it follows.</summary>
[Alias("fabric.relay")]
public interface IRelayService : IGrainService;
