using System.Net;
using Fabric.Core.Leases;
using Fabric.Embedded.Storage;
using Fabric.Engine;
using Fabric.Engine.Feed;
using Fabric.Grains;
using Fabric.Grains.Storage;
using Npgsql;

namespace Fabric.Silo.Hosting;

/// <summary>Opens a silo of a cluster.</summary>
internal static partial class EngineStart
{
    static partial void OpenCluster(SiloOptions options, ILoggerFactory logs, CancellationToken cancellation, ref Task<IFabricEngine>? opening)
    {
        if (options.IsCluster)
        {
            opening = OpenSiloAsync(options, logs, cancellation);
        }
    }

    static partial void TakeClusterTurn(IFabricEngine engine, CancellationToken cancellation, ref Task<IAsyncDisposable>? turn) =>
        turn = (engine as ClusterEngine)?.TakeTurnAsync(cancellation);

    /// <summary>A silo of a demonstration, over the memory that the silos of this process share. No setting leads here.</summary>
    internal static Task<ClusterEngine> OpenInMemoryAsync(SiloOptions options, ClusterMemory memory, ILoggerFactory logs, CancellationToken cancellation) =>
        ClusterEngine.OpenAsync(OptionsOf(options) with { ConnectionString = "", Memory = memory }, logs, null, cancellation);

    private static async Task<IFabricEngine> OpenSiloAsync(SiloOptions options, ILoggerFactory logs, CancellationToken cancellation)
    {
        try
        {
            return await ClusterEngine.OpenAsync(OptionsOf(options), logs, null, cancellation);
        }
        catch (Exception fault) when (fault is SchemaException or NpgsqlException or TimeoutException)
        {
            throw new FabricStartException(StartCodes.Database, $"the cluster's database: {fault.Message}", fault);
        }
    }

    private static ClusterOptions OptionsOf(SiloOptions options) => new()
    {
        ConnectionString = options.Cluster.ConnectionString!,
        MasterKey = Convert.FromBase64String(options.MasterKey!),
        ClusterId = options.Cluster.ClusterId,
        Address = options.Cluster.Address is { } address ? IPAddress.Parse(address) : null,
        SiloPort = options.Cluster.SiloPort,
        GatewayPort = options.Cluster.GatewayPort,
        Issuer = options.Issuer,
        DefaultAudience = options.DefaultAudience,
        StatusListTenants = options.StatusLists.TenantList,
        AuditRetention = TimeSpan.FromDays(options.Retention.AuditDays),
        EndedSessionRetention = TimeSpan.FromMinutes(options.Retention.EndedSessionMinutes),
        Feed = new FeedHubOptions
        {
            Bounds = new ClassBounds(TimeSpan.FromMilliseconds(options.Feed.ReadBoundMs), TimeSpan.FromMilliseconds(options.Feed.WriteBoundMs)),
            RetentionRecords = options.Feed.RetentionRecords,
        },
    };
}
