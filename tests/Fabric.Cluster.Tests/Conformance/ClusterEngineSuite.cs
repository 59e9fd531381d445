using Fabric.Conformance.Suite;
using Fabric.Engine;
using Fabric.Grains;

namespace Fabric.Cluster.Tests.Conformance;

/// <summary>The suite on a silo over a real PostgreSQL.</summary>
[Collection(SharedPostgres.Name)]
public sealed class ClusterEngineSuite(PostgresFixture postgres) : EngineSuite
{
    private ClusterEngine? _engine;

    protected override async Task<IFabricEngine> OpenAsync() => _engine = await ClusterFixture.OpenAsync(await postgres.MakeAsync());

    protected override async Task CloseAsync() => await _engine!.DisposeAsync();
}
