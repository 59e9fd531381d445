using Fabric.Client.Edges;
using Fabric.Client.Feed;
using Fabric.Client.Http;
using Fabric.Contracts.Common;
using Fabric.Contracts.Credentials;
using Fabric.Contracts.Keys;
using Fabric.Contracts.Sessions;
using Fabric.Core.Common;
using Fabric.Core.Scopes;

namespace Fabric.Cluster.Tests.Processes;

/// <summary>Three silo processes over one database, a tenant with an agent, and an enforcement point at each silo.</summary>
internal sealed class ThreeSilos : IAsyncDisposable
{
    internal const string Tenant = "acme";
    internal const string Agent = "bot";
    internal static readonly ScopeDto[] Scopes = [new("mail", "send", "*")];
    private static readonly ToolCall Call = new("mail", "send", "x", ActionClass.Read);

    private readonly string _folder = Directory.CreateTempSubdirectory("fabric-cluster-").FullName;

    internal List<SiloProcess> Silos { get; } = [];

    internal List<Edge> Edges { get; } = [];

    internal string OperatorSecret { get; private set; } = "";

    internal static async Task<ThreeSilos> StartAsync(string database)
    {
        var cluster = new ThreeSilos();
        var keyFile = Path.Combine(cluster._folder, "operator.key");

        // The first one makes the operator's key; the others need not wait for each other.
        cluster.Silos.Add(await SiloProcess.StartAsync(database, keyFile));
        cluster.Silos.AddRange(await Task.WhenAll(SiloProcess.StartAsync(database, keyFile), SiloProcess.StartAsync(database, keyFile)));

        cluster.OperatorSecret = (await File.ReadAllTextAsync(keyFile)).Trim();
        using var root = cluster.Operator(0);
        Ok(await root.CreateTenantAsync(new(Tenant)));
        Ok(await root.CreateAgentAsync(Tenant, new(Agent, "backend", Scopes)));
        return cluster;
    }

    internal FabricHttpClient Operator(int silo) => Silos[silo].Client(OperatorSecret);

    /// <summary>Connects an edge to one silo, with the others to fail over to.</summary>
    internal async Task<Edge> ConnectAsync(int silo)
    {
        using var root = Operator(0);
        var key = Ok(await root.MakeApiKeyAsync(new MakeApiKey("enforcement_point", $"edge-{silo}-{Edges.Count}")));
        var addresses = Enumerable.Range(0, 3).Select(i => Silos[(silo + i) % 3].Address).ToArray();
        var clock = new EdgeClock(TimeProvider.System);
        var options = new FabricEdgeOptions { Name = $"edge{Edges.Count}" };
        var feed = new FeedConnection(new FeedConnectionOptions { Addresses = addresses, Secret = key.Secret, BackoffMax = TimeSpan.FromMilliseconds(500) }, options, clock);
        var edge = new Edge(feed, options, clock);
        edge.Start();
        Edges.Add(edge);
        await feed.WhenLeasedAsync();
        return edge;
    }

    /// <summary>An active session and a token of it.</summary>
    internal static async Task<(string Session, string Token)> IssueAsync(FabricHttpClient client)
    {
        var session = Ok(await client.OpenSessionAsync(Tenant, new OpenSession(Agent, "send mail", Scopes)));
        return (session.Id, Ok(await client.IssueCredentialsAsync(session.Id, new IssueCredentials())).Credentials[0].Token);
    }

    internal static bool Allows(Edge edge, string token) => edge.Check(token, Call).Allowed;

    internal static T Ok<T>(Outcome<T> outcome)
    {
        Assert.True(outcome.IsOk, outcome.Rejection?.ToString());
        return outcome.Value;
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var edge in Edges)
        {
            await edge.DisposeAsync();
        }

        foreach (var silo in Silos)
        {
            await silo.DisposeAsync();
        }

        Directory.Delete(_folder, recursive: true);
    }
}
