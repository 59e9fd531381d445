using System.Collections.Immutable;
using Fabric.Client.Edges;
using Fabric.Client.Feed;
using Fabric.Client.Orleans;
using Fabric.Contracts.Keys;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace Fabric.Cluster.Tests.Processes;

/// <summary>The enforcement points of a load: one at each silo over HTTP, with the others to go on with, and two over the Orleans client.</summary>
internal sealed class LoadEdges(LoadedCluster cluster, LoadLedger ledger) : IAsyncDisposable
{
    private const int OverOrleans = 2;

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private string _secret = "";
    private IHost? _client;

    internal ImmutableArray<LoadEdge> All { get; private set; } = [];

    internal async Task ConnectAsync()
    {
        using (var client = cluster.Client(cluster.Silos[0]))
        {
            _secret = ThreeSilos.Ok(await client.MakeApiKeyAsync(new MakeApiKey("enforcement_point", "load"))).Secret;
        }

        All = [.. Enumerable.Range(0, cluster.Silos.Length).Select(i => OverHttp($"http-{i}", [.. Addresses.Skip(i), .. Addresses.Take(i)]))];
        _client = await ClientAsync();
        All = [.. All, .. Enumerable.Range(0, OverOrleans).Select(i => OverClient($"orleans-{i}"))];
        await LeasedAsync(All);
    }

    /// <summary>New ones, that know nothing: one at each silo alone, and one over the Orleans client.</summary>
    internal async Task<LoadEdge[]> FreshAsync()
    {
        LoadEdge[] fresh = [.. cluster.Silos.Select((silo, i) => OverHttp($"fresh-{i}", [silo.Address])), OverClient("fresh-orleans")];
        All = [.. All, .. fresh];
        await LeasedAsync(fresh);
        return fresh;
    }

    /// <summary>One over HTTP that is one of these from now on; it may not have connected yet.</summary>
    internal LoadEdge Add(string name, IReadOnlyList<Uri> addresses)
    {
        var edge = OverHttp(name, addresses);
        All = All.Add(edge);
        return edge;
    }

    internal static async Task LeasedAsync(IEnumerable<LoadEdge> edges)
    {
        using var limit = new CancellationTokenSource(Patience);
        await Task.WhenAll(edges.Select(edge => edge.WhenLeasedAsync(limit.Token)));
    }

    public async ValueTask DisposeAsync()
    {
        await Task.WhenAll(All.Select(edge => edge.DisposeAsync().AsTask()));
        if (_client is not null)
        {
            await _client.StopAsync();
            _client.Dispose();
        }
    }

    private IEnumerable<Uri> Addresses => cluster.Silos.Select(silo => silo.Address);

    private LoadEdge OverHttp(string name, IReadOnlyList<Uri> addresses) => Start(name, (options, clock) => new FeedConnection(
        new FeedConnectionOptions { Addresses = addresses, Secret = _secret, BackoffMax = TimeSpan.FromMilliseconds(500) }, options, clock));

    private LoadEdge OverClient(string name) => Start(
        name, (options, clock) => FabricOrleansExtensions.Connect(_client!.Services.GetRequiredService<IClusterClient>(), _secret, options, clock));

    private LoadEdge Start(string name, Func<FabricEdgeOptions, EdgeClock, FeedConnection> connect)
    {
        var (clock, options) = (new EdgeClock(TimeProvider.System), new FabricEdgeOptions { Name = name });
        var feed = connect(options, clock);
        var edge = new Edge(feed, options, clock);
        edge.Start();
        return new LoadEdge(name, feed, edge, ledger);
    }

    private async Task<IHost> ClientAsync()
    {
        var builder = new HostApplicationBuilder(new HostApplicationBuilderSettings { DisableDefaults = true });
        builder.UseOrleansClient(client =>
        {
            client.Configure<Orleans.Configuration.ClusterOptions>(named => (named.ClusterId, named.ServiceId) = ("fabric", "fabric"));
            client.UseStaticClustering([.. cluster.Silos.Select(silo => silo.Gateway)]);
        });
        var host = builder.Build();
        await host.StartAsync();
        return host;
    }
}
