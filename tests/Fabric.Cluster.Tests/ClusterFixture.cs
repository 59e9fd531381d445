using System.Net;
using System.Net.Sockets;
using Fabric.Grains;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace Fabric.Cluster.Tests;

/// <summary>Silos in this process over one database, reached over real sockets.</summary>
internal static class ClusterFixture
{
    internal static ReadOnlyMemory<byte> MasterKey { get; } = Enumerable.Repeat((byte)7, 32).ToArray();

    internal static Task<ClusterEngine> OpenAsync(string database, ILoggerFactory? logs = null) =>
        ClusterEngine.OpenAsync(Options(database), logs ?? NullLoggerFactory.Instance);

    internal static ClusterOptions Options(string database)
    {
        var (silo, gateway) = (FreePort(), FreePort());
        return new ClusterOptions { ConnectionString = database, MasterKey = MasterKey, SiloPort = silo, GatewayPort = gateway };
    }

    internal static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }
}
