using Fabric.Client.Edges;
using Fabric.Client.Feed;
using Fabric.Client.Orleans;
using Fabric.Conformance.Suite;
using Fabric.Contracts.Common;
using Fabric.Contracts.Keys;
using Fabric.Contracts.Revocations;
using Fabric.Core.Common;
using Fabric.Core.Leases;
using Fabric.Core.Scopes;
using Fabric.Grains;
using Fabric.Grains.Entities;
using Fabric.Grains.Feed;
using Fabric.Grains.Sessions;
using Fabric.Grains.Wire;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace Fabric.Cluster.Tests.Feed;

/// <summary>An enforcement point over the Orleans client, beside the silo, over real sockets.</summary>
[Collection(SharedPostgres.Name)]
public sealed class OrleansEdgeTests(PostgresFixture postgres)
{
    private static readonly ToolCall Call = new("flights.search", "call", "x", ActionClass.Read);
    private static readonly ToolCall Destroy = Call with { Class = ActionClass.Destructive };

    [Fact]
    [Trait("Invariant", "R1")]
    public async Task It_allows_under_a_lease_denies_what_is_confirmed_and_asks_for_what_is_destructive()
    {
        var options = ClusterFixture.Options(await postgres.MakeAsync());
        await using var engine = await ClusterEngine.OpenAsync(options, Microsoft.Extensions.Logging.Abstractions.NullLoggerFactory.Instance);
        var scene = await Scene.MakeAsync(engine);
        var session = await scene.OpenAsync();
        var token = (await scene.IssueAsync(session.Id)).Token;
        using var host = await ClusterFixture.ClientAsync(options);
        var (feed, edge) = Connect(host, Scene.Ok(await scene.Operator.MakeApiKeyAsync(new MakeApiKey("enforcement_point", "gw"))).Secret);
        await using var disposed = edge;
        await feed.WhenLeasedAsync().WaitAsync(TimeSpan.FromSeconds(30));

        Assert.True(edge.Check(token, Call).Allowed);
        Assert.True((await edge.CheckAsync(token, Destroy)).Allowed);
        var receipt = Scene.Ok(await scene.Operator.RevokeAsync(
            new RevokeRequest(new NodeDto("session", Scene.Tenant, session.Id), Wait: "confirmed", TimeoutMs: 30_000)));
        Assert.Equal("confirmed", receipt.State);
        Assert.Contains("gw/orleans-edge", receipt.Acknowledged);
        Assert.Equal(Codes.SessionRevoked, edge.Check(token, Call).Code);
        Assert.False((await edge.CheckAsync(token, Destroy)).Allowed);
    }

    [Fact]
    [Trait("Invariant", "R1")]
    public async Task An_edge_has_the_longer_read_bound_that_its_key_was_granted_and_the_order_counts_with_it_until_well_after_the_key_has_ended()
    {
        var options = ClusterFixture.Options(await postgres.MakeAsync());
        await using var engine = await ClusterEngine.OpenAsync(options, Microsoft.Extensions.Logging.Abstractions.NullLoggerFactory.Instance);
        var scene = await Scene.MakeAsync(engine);
        var directory = engine.Parts.Directory;
        Assert.Equal(ClassBounds.ReadMax, directory.LongestReadBound(engine.Parts.Now));
        var bound = TimeSpan.FromSeconds(20);
        var key = Scene.Ok(await scene.Operator.MakeApiKeyAsync(new MakeApiKey("enforcement_point", "gw", BestEffortSeconds: (int)bound.TotalSeconds)));
        Assert.Equal(bound, directory.LongestReadBound(engine.Parts.Now));
        using var host = await ClusterFixture.ClientAsync(options);
        var (feed, edge) = Connect(host, key.Secret, bound);
        await using var disposed = edge;
        await feed.WhenLeasedAsync().WaitAsync(TimeSpan.FromSeconds(30));
        var session = await scene.OpenAsync();
        Assert.True(edge.Check((await scene.IssueAsync(session.Id)).Token, Call).Allowed);

        Scene.Ok(await scene.Operator.RevokeApiKeyAsync(key.Key.Id));
        Assert.Equal(bound, directory.LongestReadBound(engine.Parts.Now));
        Assert.Equal(ClassBounds.ReadMax, directory.LongestReadBound(engine.Parts.Now + TimeSpan.FromHours(26)));
    }

    [Fact]
    public async Task A_secret_that_is_none_or_of_another_role_is_refused()
    {
        var options = ClusterFixture.Options(await postgres.MakeAsync());
        await using var engine = await ClusterEngine.OpenAsync(options, Microsoft.Extensions.Logging.Abstractions.NullLoggerFactory.Instance);
        var scene = await Scene.MakeAsync(engine);
        using var host = await ClusterFixture.ClientAsync(options);
        var auditor = Scene.Ok(await scene.Operator.MakeApiKeyAsync(new MakeApiKey("auditor", "eve"))).Secret;
        foreach (var (secret, code) in new[] { ("fk.no.key", Codes.Unauthenticated), (auditor, Codes.Forbidden) })
        {
            var (feed, edge) = Connect(host, secret);
            await using var disposed = edge;
            using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(20));
            while (feed.LastEnd is null)
            {
                await timer.WaitForNextTickAsync();
            }

            Assert.Equal(code, feed.LastEnd);
            Assert.False(edge.IsReady);
        }
    }

    [Fact]
    [Trait("Invariant", "R1")]
    public async Task A_key_that_is_revoked_ends_its_connection_and_makes_no_other()
    {
        var options = ClusterFixture.Options(await postgres.MakeAsync());
        await using var engine = await ClusterEngine.OpenAsync(options, Microsoft.Extensions.Logging.Abstractions.NullLoggerFactory.Instance);
        var scene = await Scene.MakeAsync(engine);
        using var host = await ClusterFixture.ClientAsync(options);
        var key = Scene.Ok(await scene.Operator.MakeApiKeyAsync(new MakeApiKey("enforcement_point", "gw")));
        var (feed, edge) = Connect(host, key.Secret);
        await using var disposed = edge;
        await feed.WhenLeasedAsync().WaitAsync(TimeSpan.FromSeconds(30));
        Scene.Ok(await scene.Operator.RevokeApiKeyAsync(key.Key.Id));
        using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(20));
        while (feed.LastEnd != Codes.Unauthenticated)
        {
            await timer.WaitForNextTickAsync();
        }

        Assert.False(feed.IsConnected);
    }

    [Fact]
    [Trait("Invariant", "T1")]
    public async Task A_client_of_the_cluster_reaches_the_gate_and_no_other_grain_of_the_fabric()
    {
        var options = ClusterFixture.Options(await postgres.MakeAsync());
        await using var engine = await ClusterEngine.OpenAsync(options, Microsoft.Extensions.Logging.Abstractions.NullLoggerFactory.Instance);
        var scene = await Scene.MakeAsync(engine);
        var session = await scene.OpenAsync();
        using var host = await ClusterFixture.ClientAsync(options);
        var client = host.Services.GetRequiredService<IClusterClient>();

        await Assert.ThrowsAsync<UnauthorizedAccessException>(() => client.GetGrain<IFeedLogGrain>(0).LeaveAsync(1));
        await Assert.ThrowsAsync<UnauthorizedAccessException>(() => client.GetGrain<ISessionGrain>(session.Id).IssueAsync(new IssueCommand("eve", 1, null, null, "fabric", 0)));
        await Assert.ThrowsAsync<UnauthorizedAccessException>(() => client.GetGrain<ITenantGrain>(Scene.Tenant).RotateKeyAsync("eve"));
        RequestContext.Set("fabric.silo", "guessed");
        await Assert.ThrowsAsync<UnauthorizedAccessException>(() => client.GetGrain<ISessionGrain>(session.Id).GetAsync());
        RequestContext.Clear();
        Assert.Equal(Codes.Unauthenticated, await client.GetGrain<Fabric.Contracts.Orleans.IEdgeGateGrain>(Guid.NewGuid()).OpenAsync("fk.no.key"));
    }

    private static (FeedConnection Feed, Edge Edge) Connect(IHost host, string secret, TimeSpan? bestEffort = null)
    {
        var (clock, options) = (new EdgeClock(TimeProvider.System), new FabricEdgeOptions { Name = "orleans-edge", BestEffort = bestEffort });
        var feed = FabricOrleansExtensions.Connect(host.Services.GetRequiredService<IClusterClient>(), secret, options, clock);
        var edge = new Edge(feed, options, clock);
        edge.Start();
        return (feed, edge);
    }
}
