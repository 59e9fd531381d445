using Fabric.Silo.Cluster;
using Fabric.Silo.Hosting;
using Npgsql;

namespace Fabric.Silo.Signals;

/// <summary>The store that the silos of a cluster share.</summary>
internal static partial class SignalStores
{
    static partial void OpenCluster(SiloOptions options, ref ISignalStore? store)
    {
        if (options.IsCluster)
        {
            store = new PostgresSignalStore(NpgsqlDataSource.Create(options.Cluster.ConnectionString!));
        }
    }
}
