using Fabric.Grains.Storage;
using Fabric.LoadTests.Processes;
using Fabric.LoadTests.Scenarios;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Npgsql;

namespace Fabric.LoadTests.Cluster.Naive;

/// <summary>
/// One silo with the naive grains, in this process, over a database of its own on the same server. One silo favours it: no call leaves the process.
/// </summary>
internal sealed class NaiveCluster : IAsyncDisposable
{
    /// <summary>The storage provider's name.</summary>
    public const string Storage = "naive";

    /// <summary>How the keys of nodes begin that are not stored.</summary>
    public const string Bare = "bare";

    private const int FanOut = 10;
    private const int Callers = 64;

    private readonly IHost _host;

    private NaiveCluster(IHost host) => _host = host;

    /// <summary>Nodes of a tree of depth four: the root and 11,110 below it.</summary>
    public static int Nodes { get; } = 1 + FanOut + (FanOut * FanOut) + (FanOut * FanOut * FanOut) + (FanOut * FanOut * FanOut * FanOut);

    private IGrainFactory Grains => _host.Services.GetRequiredService<IGrainFactory>();

    /// <summary>Makes the database and starts the silo.</summary>
    public static async Task<NaiveCluster> StartAsync(string database, CancellationToken cancellation)
    {
        await using (var server = NpgsqlDataSource.Create(database))
        {
            await using var create = server.CreateCommand("CREATE DATABASE naive");
            await create.ExecuteNonQueryAsync(cancellation);
        }

        var own = new NpgsqlConnectionStringBuilder(database) { Database = "naive", MaxPoolSize = Callers }.ConnectionString;
        await using (var source = NpgsqlDataSource.Create(own))
        {
            await Schema.MigrateAsync(source, cancellation);
        }

        var builder = new HostApplicationBuilder(new HostApplicationBuilderSettings { DisableDefaults = true });
        builder.UseOrleans(silo =>
        {
            silo.UseLocalhostClustering(FreePort.Find(), FreePort.Find());
            silo.AddAdoNetGrainStorage(Storage, storage => (storage.Invariant, storage.ConnectionString) = ("Npgsql", own));
            silo.Configure<Orleans.Configuration.SiloMessagingOptions>(messaging => messaging.ResponseTimeout = TimeSpan.FromMinutes(2));
        });
        var host = builder.Build();
        await host.StartAsync(cancellation);
        return new NaiveCluster(host);
    }

    /// <summary>Makes a tree; all of its grains are active then.</summary>
    public Task PlantAsync(string tree)
    {
        List<string> nodes = [tree];
        for (var i = 0; nodes.Count < Nodes; i++)
        {
            nodes.AddRange(ChildrenOf(nodes[i]));
        }

        return Swarm.ForAsync(nodes.Count, Callers, i => Grains.GetGrain<INaiveNode>(nodes[i]).SetAsync(
            i == 0 ? null : nodes[(i - 1) / FanOut], (i * FanOut) + FanOut < Nodes ? [.. ChildrenOf(nodes[i])] : []));
    }

    /// <summary>Makes chains of so many nodes each, one under the other; all of their grains are active then. The last of each is what is checked.</summary>
    public Task ChainAsync(int chains, int length) => Swarm.ForAsync(chains, Callers, async i =>
    {
        for (var at = 0; at < length; at++)
        {
            await Grains.GetGrain<INaiveNode>(ChainNode(i, at)).SetAsync(at == 0 ? null : ChainNode(i, at - 1), at + 1 < length ? [ChainNode(i, at + 1)] : []);
        }
    });

    /// <summary>Checks the last node of a chain; throws <see cref="LoadException"/> when it is denied.</summary>
    public async Task CheckAsync(int chain, int length)
    {
        if (!await Grains.GetGrain<INaiveNode>(ChainNode(chain, length - 1)).CheckAsync())
        {
            throw new LoadException("the naive design denied a chain that lives");
        }
    }

    /// <summary>Revokes a tree from its root; throws <see cref="LoadException"/> when not all of it was.</summary>
    public async Task RevokeAsync(string tree)
    {
        var revoked = await Grains.GetGrain<INaiveNode>(tree).RevokeAsync();
        if (revoked != Nodes)
        {
            throw new LoadException($"the naive design revoked {revoked} of {Nodes} nodes");
        }
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await _host.StopAsync();
        _host.Dispose();
    }

    private static string ChainNode(int chain, int at) => $"{Bare}-chain{chain}.{at}";

    private static IEnumerable<string> ChildrenOf(string node) => Enumerable.Range(0, FanOut).Select(child => $"{node}.{child}");
}
