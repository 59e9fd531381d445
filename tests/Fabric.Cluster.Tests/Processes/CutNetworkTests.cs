using Xunit.Abstractions;

namespace Fabric.Cluster.Tests.Processes;

/// <summary>The network between two silos, cut under load: each has its own, and nobody is told.</summary>
[Collection(SharedPostgres.Name)]
public sealed class CutNetworkTests(ITestOutputHelper output)
{
    [NetworkFact]
    [Trait("Category", "UnderLoad")]
    [Trait("Invariant", "R1")]
    [Trait("Invariant", "R2")]
    [Trait("Invariant", "R3")]
    [Trait("Invariant", "D1")]
    public async Task Two_silos_that_do_not_reach_each_other_allow_nothing_that_was_confirmed()
    {
        await using var network = await SiloNetwork.MakeAsync(3);
        await using var cluster = new LoadedCluster(network);
        await cluster.StartAsync();
        await using var load = await ClusterLoad.StartAsync(cluster, output);
        var owner = await cluster.OwnerAsync();
        var other = cluster.Silos.First(silo => silo != owner);
        await SiloNetwork.CutAsync(owner.Place, other.Place);
        load.Say($"{other.Name} does not reach {owner.Name}, which has the feed log");
        await load.ConfirmedAgainAsync();
        load.Say("what was revoked after it is confirmed: they reach each other again");
        await SiloNetwork.MendAsync(owner.Place, other.Place);
        await cluster.ServeAgainAsync(owner);
        await cluster.ServeAgainAsync(other);
        load.Say("both serve");
        await load.EndAsync();
    }
}
