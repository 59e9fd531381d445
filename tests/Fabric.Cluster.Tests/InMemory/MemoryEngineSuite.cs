using Fabric.Conformance.Suite;
using Fabric.Engine;
using Fabric.Grains;

namespace Fabric.Cluster.Tests.InMemory;

/// <summary>The suite on a silo over its process's memory.</summary>
[Collection(SharedMemory.Name)]
public sealed class MemoryEngineSuite : EngineSuite
{
    private ClusterEngine? _engine;

    protected override async Task<IFabricEngine> OpenAsync() => _engine = await ClusterFixture.OpenAsync(new ClusterMemory());

    protected override async Task CloseAsync() => await _engine!.DisposeAsync();
}
