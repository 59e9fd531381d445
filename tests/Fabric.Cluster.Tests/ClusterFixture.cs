using System.Net;
using System.Net.Sockets;
using Fabric.Grains;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace Fabric.Cluster.Tests;

/// <summary>Silos in this process over one database, reached over real sockets.</summary>
internal static class ClusterFixture
{
    internal static ReadOnlyMemory<byte> MasterKey { get; } = Enumerable.Repeat((byte)7, 32).ToArray();

    internal static Task<ClusterEngine> OpenAsync(string database, ILoggerFactory? logs = null) =>
        ClusterEngine.OpenAsync(Options(database), logs ?? NullLoggerFactory.Instance);

    /// <summary>A silo over this process's memory.</summary>
    internal static Task<ClusterEngine> OpenAsync(ClusterMemory memory) => ClusterEngine.OpenAsync(Options("") with { Memory = memory }, NullLoggerFactory.Instance);

    internal static ClusterOptions Options(string database)
    {
        var (silo, gateway) = (FreePort(), FreePort());
        return new ClusterOptions { ConnectionString = database, MasterKey = MasterKey, SiloPort = silo, GatewayPort = gateway };
    }

    /// <summary>A client of the cluster through one silo's gateway, started.</summary>
    internal static async Task<IHost> ClientAsync(Grains.ClusterOptions options, Action<IClientBuilder>? configure = null)
    {
        var builder = new HostApplicationBuilder(new HostApplicationBuilderSettings { DisableDefaults = true });
        builder.UseOrleansClient(client =>
        {
            client.Configure<Orleans.Configuration.ClusterOptions>(cluster => (cluster.ClusterId, cluster.ServiceId) = (options.ClusterId, "fabric"));
            client.UseStaticClustering(new IPEndPoint(IPAddress.Loopback, options.GatewayPort));
            configure?.Invoke(client);
        });
        var host = builder.Build();
        await host.StartAsync();
        return host;
    }

    internal static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }
}
