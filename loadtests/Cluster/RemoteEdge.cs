using System.Net;
using Fabric.Client.Edges;
using Fabric.Client.Feed;
using Fabric.Client.Orleans;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Orleans.Configuration;

namespace Fabric.LoadTests.Processes;

/// <summary>The same over the Orleans client.</summary>
internal sealed partial class RemoteEdge
{
    /// <summary>The scheme of a cluster's gateway.</summary>
    public const string OrleansScheme = "orleans";

    static partial void ConnectCluster(
        Uri fabric, string secret, FabricEdgeOptions options, EdgeClock clock, ref FeedConnection? feed, ref IAsyncDisposable? link)
    {
        if (fabric.Scheme != OrleansScheme)
        {
            return;
        }

        var builder = new HostApplicationBuilder(new HostApplicationBuilderSettings { DisableDefaults = true });
        builder.UseOrleansClient(client =>
        {
            client.Configure<ClusterOptions>(cluster => (cluster.ClusterId, cluster.ServiceId) = ("fabric", "fabric"));
            client.UseStaticClustering(new IPEndPoint(IPAddress.Parse(fabric.Host), fabric.Port));
        });
        var host = builder.Build();
        host.StartAsync().GetAwaiter().GetResult();
        feed = FabricOrleansExtensions.Connect(host.Services.GetRequiredService<IClusterClient>(), secret, options, clock);
        link = new Running(host);
    }

    private sealed class Running(IHost host) : IAsyncDisposable
    {
        public async ValueTask DisposeAsync()
        {
            await host.StopAsync();
            host.Dispose();
        }
    }
}
