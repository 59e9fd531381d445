namespace Fabric.Cluster.Tests.Processes;

/// <summary>One cluster for the tests of a class, which run one after another.</summary>
public sealed class LoadedClusterFixture : IAsyncLifetime
{
    internal LoadedCluster Cluster { get; } = new();

    public Task InitializeAsync() => Cluster.StartAsync();

    public async Task DisposeAsync() => await Cluster.DisposeAsync();
}
