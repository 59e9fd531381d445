using Fabric.Engine;
using Fabric.Grains;
using Fabric.Silo.Cluster;

namespace Fabric.Silo.Signals;

/// <summary>The store that the silos of a cluster share.</summary>
internal static partial class SignalStores
{
    static partial void OpenCluster(IFabricEngine engine, ILogger log, ref ISignalStore? store)
    {
        if (engine is ClusterEngine cluster)
        {
            store = cluster.Queries is { } database ? new PostgresSignalStore(database, log) : cluster.Memory!.Share(() => new MemorySignalStore());
        }
    }
}
