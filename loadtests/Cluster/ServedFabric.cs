using Fabric.LoadTests.Cluster;

namespace Fabric.LoadTests.Processes;

/// <summary>The silos of the build with the cluster engine.</summary>
internal static partial class ServedFabric
{
    static partial void StartCluster(string folder, int silos, CancellationToken cancellation, ref Task<IServedFabric>? starting) =>
        starting = StartSilosAsync(folder, silos, cancellation);

    private static async Task<IServedFabric> StartSilosAsync(string folder, int silos, CancellationToken cancellation) =>
        await SiloCluster.StartAsync(folder, silos, cancellation);
}
