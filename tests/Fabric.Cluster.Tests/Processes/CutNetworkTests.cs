using Xunit.Abstractions;

namespace Fabric.Cluster.Tests.Processes;

/// <summary>The network between two silos, cut under load: each has its own, and nobody is told.</summary>
[Collection(SharedPostgres.Name)]
public sealed class CutNetworkTests(ITestOutputHelper output)
{
    // What whoever runs silos starts one again for.
    private const int StartAgain = 75;

    [NetworkFact]
    [Trait("Category", "UnderLoad")]
    [Trait("Invariant", "R1")]
    [Trait("Invariant", "R2")]
    [Trait("Invariant", "R3")]
    [Trait("Invariant", "D1")]
    public Task A_silo_that_does_not_reach_the_feed_log_leaves_and_the_others_go_on() =>
        CutAsync(async cluster =>
        {
            var owner = await cluster.OwnerAsync();
            return (owner, cluster.Silos.First(silo => silo != owner));
        });

    [NetworkFact]
    [Trait("Category", "UnderLoad")]
    [Trait("Invariant", "R1")]
    [Trait("Invariant", "R2")]
    [Trait("Invariant", "D1")]
    public Task Of_two_silos_that_both_reach_the_feed_log_but_not_each_other_one_leaves() =>
        CutAsync(async cluster =>
        {
            var owner = await cluster.OwnerAsync();
            var others = cluster.Silos.Where(silo => silo != owner).ToList();
            return (others[0], others[1]);
        });

    private async Task CutAsync(Func<LoadedCluster, Task<(SiloProcess, SiloProcess)>> choose)
    {
        await using var network = await SiloNetwork.MakeAsync(3);
        await using var cluster = new LoadedCluster(network);
        await cluster.StartAsync();
        await using var load = await ClusterLoad.StartAsync(cluster, output);
        var (one, other) = await choose(cluster);
        await SiloNetwork.CutAsync(one.Place, other.Place);
        load.Say($"{other.Name} does not reach {one.Name}");
        await load.UntilAsync("one of them has left the cluster", () => one.HasExited || other.HasExited);
        load.Say("one of them has left");
        await load.ConfirmedAgainAsync();
        await load.GoOnAsync();
        load.Say("commands go on and are confirmed: they reach each other again");
        await SiloNetwork.MendAsync(one.Place, other.Place);
        var gone = Assert.Single(cluster.Silos, silo => silo.HasExited);
        Assert.Equal(StartAgain, gone.ExitCode);
        await cluster.ServeAgainAsync(one);
        await cluster.ServeAgainAsync(other);
        load.Say("both serve");
        await load.EndAsync();
    }
}
