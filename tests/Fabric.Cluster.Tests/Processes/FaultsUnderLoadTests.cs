using Fabric.Testing;
using Xunit.Abstractions;

namespace Fabric.Cluster.Tests.Processes;

/// <summary>
/// What holds under load while silos and the database are killed, stopped and started again: after `confirmed` nobody allows, nothing that was acknowledged is lost, and every
/// view is exact. <see cref="ClusterLoad"/> looks all along; a test only breaks something, and waits for what tells that it is over.
/// </summary>
[Trait("Category", "UnderLoad")]
[Trait("Invariant", "R1")]
[Trait("Invariant", "R2")]
[Trait("Invariant", "R3")]
[Trait("Invariant", "R5")]
[Trait("Invariant", "D1")]
[Collection(SharedPostgres.Name)]
public sealed class FaultsUnderLoadTests(LoadedClusterFixture fixture, ITestOutputHelper output) : IClassFixture<LoadedClusterFixture>
{
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_silo_that_is_killed_takes_nothing_along(bool hasFeedLog)
    {
        await using var load = await ClusterLoad.StartAsync(fixture.Cluster, output);
        var victim = await PickAsync(hasFeedLog);
        await victim.KillAsync();
        load.Say($"killed {victim.Name}{(hasFeedLog ? ", which had the feed log" : "")}");
        await load.GoOnAsync();
        load.Say("every writer goes on");
        await load.ConfirmedAgainAsync();
        load.Say("what was revoked after it is confirmed");
        await victim.RestartAsync();
        await load.EndAsync();
    }

    [Fact]
    public async Task All_silos_killed_in_turn_take_nothing_along()
    {
        await using var load = await ClusterLoad.StartAsync(fixture.Cluster, output);
        foreach (var victim in fixture.Cluster.Silos)
        {
            await victim.KillAsync();
            load.Say($"killed {victim.Name}");
            await load.GoOnAsync();
            await victim.RestartAsync();
            await victim.ServesOrEndsAsync();
            load.Say("it serves again");
        }

        await load.EndAsync();
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_silo_that_stood_still_past_its_lease_allows_nothing_old(bool hasFeedLog)
    {
        await using var load = await ClusterLoad.StartAsync(fixture.Cluster, output);
        var victim = await PickAsync(hasFeedLog);
        await victim.SignalAsync("STOP");
        load.Say($"stopped {victim.Name}{(hasFeedLog ? ", which had the feed log" : "")}");
        await load.ConfirmedAgainAsync();
        load.Say("what was revoked after it is confirmed: it goes on");
        await fixture.Cluster.ServeAgainAsync(victim);
        load.Say("it serves");
        await load.EndAsync();
    }

    [Fact]
    public async Task A_database_that_was_killed_has_everything_that_was_acknowledged()
    {
        await using var load = await ClusterLoad.StartAsync(fixture.Cluster, output);
        await fixture.Cluster.Server.SignalAsync("KILL");
        load.Say("killed the database");
        await load.NoneAllowsAsync();
        load.Say("no enforcement point allows any more");
        await fixture.Cluster.Server.RestartAsync();
        load.Say("started it again");
        await load.EndAsync();
    }

    [Fact]
    public async Task A_database_that_stood_still_takes_up_where_it_stood()
    {
        await using var load = await ClusterLoad.StartAsync(fixture.Cluster, output);
        await fixture.Cluster.Server.SignalAsync("STOP");
        load.Say("stopped the database");
        await load.NoneAllowsAsync();
        load.Say("no enforcement point allows any more");
        await fixture.Cluster.Server.SignalAsync("CONT");
        load.Say("it goes on");
        await load.EndAsync();
    }

    [Fact]
    public async Task A_silo_that_is_added_knows_everything()
    {
        await using var load = await ClusterLoad.StartAsync(fixture.Cluster, output);
        var added = await fixture.Cluster.AddAsync();
        load.Say($"added {added.Name}");
        load.Watch(added);
        await load.GoOnAsync();
        await load.EndAsync();
    }

    [Fact]
    public async Task Two_clusters_worth_of_enforcement_points_come_back_at_once()
    {
        const int Herd = 60;
        await using var load = await ClusterLoad.StartAsync(fixture.Cluster, output);
        var ways = fixture.Cluster.Silos.Select(silo => new TcpProxy(silo.Address.Port)).ToList();
        try
        {
            var addresses = ways.ConvertAll(way => new Uri($"http://127.0.0.1:{way.Port}"));
            var known = Herded("known").ToList();
            await LoadEdges.LeasedAsync(known);
            load.Say($"{Herd} follow");
            foreach (var way in ways)
            {
                way.Refuse();
                way.Cut();
            }

            await load.NoneAllowsAsync(known);
            load.Say("and are cut off");
            ways.ForEach(way => way.Refuse(false));
            await LoadEdges.LeasedAsync(Herded("new").ToList());
            await load.EndAsync();

            IEnumerable<LoadEdge> Herded(string name)
            {
                for (var i = 0; i < Herd; i++)
                {
                    var edge = load.Edges.Add($"{name}-{i}", [addresses[i % 3], addresses[(i + 1) % 3], addresses[(i + 2) % 3]]);
                    load.Watch(edge, most: 4, every: TimeSpan.FromMilliseconds(200));
                    yield return edge;
                }
            }
        }
        finally
        {
            foreach (var way in ways)
            {
                await way.DisposeAsync();
            }
        }
    }

    private async Task<SiloProcess> PickAsync(bool hasFeedLog)
    {
        var owner = await fixture.Cluster.OwnerAsync();
        return hasFeedLog ? owner : fixture.Cluster.Silos.First(silo => silo != owner);
    }
}
