using Fabric.LoadTests.Measure;
using Fabric.LoadTests.Model;

namespace Fabric.LoadTests.Tests.Model;

/// <summary>Networks that are small enough to be reckoned by hand. Times in milliseconds: caller 2, request 1, commit 5, push 1, link 10, apply 2, acknowledgement 1.</summary>
public sealed class SimulationTests
{
    private const long Ms = 1_000_000;
    private const double RunOutMs = 5_000;

    private static readonly UnitCosts Costs = new(Request: 1 * Ms, Push: 1 * Ms, Ack: 1 * Ms, Apply: 2 * Ms, Renew: 0);

    [Fact]
    public void A_host_with_two_edges_takes_what_its_steps_take()
    {
        // At the host 2, ordered 3; pushed 4 and 5, there 14 and 15, applied 16 and 17, acknowledged 26 and 27, taken in 27 and 28; back at 30.
        var outcome = Simulation.Run(Network(1, 2), new ModelLoad(5), seed: 1);

        Assert.All(outcome.ConfirmedMs, took => Assert.Equal(30, took, 6));
        Assert.All(outcome.DeniedMs, took => Assert.Equal(17, took, 6));
    }

    [Fact]
    public void A_commit_beside_the_push_counts_only_where_it_is_the_longer()
    {
        // Ordered 3, durable 53, back 55: the edges are done long before.
        Assert.Equal([55], Rounded(Simulation.Run(Network(1, 2) with { Commit = Delay.Fixed(50) }, new ModelLoad(1), seed: 1).ConfirmedMs));

        // Durable 8 and pushed then: everything 5 later.
        Assert.Equal([35], Rounded(Simulation.Run(Network(1, 2) with { PushesAfterCommit = true }, new ModelLoad(1), seed: 1).ConfirmedMs));
    }

    [Fact]
    public void On_one_machine_with_one_core_each_step_waits_for_the_one_before()
    {
        // Both apply on the one core: 14 to 16, 16 to 18; acknowledged 26 and 28; taken in 27 and 29; back at 31.
        var outcome = Simulation.Run(Network(1, 2) with { IsOneMachine = true }, new ModelLoad(3), seed: 1);

        Assert.Equal([31, 31, 31], Rounded(outcome.ConfirmedMs));
        Assert.Equal([18, 18, 18], Rounded(outcome.DeniedMs));
    }

    [Fact]
    public void A_second_silo_adds_a_push_and_a_report()
    {
        // The other silo has it at 15, applied 17, pushed 18; its edge 28, 30; acknowledged 40, 41; reported 51, 52; back at 54. A caller at the other silo has 10 more each way.
        var took = Rounded(Simulation.Run(Network(2, 2), new ModelLoad(40), seed: 1).ConfirmedMs);

        Assert.Equal([54, 74], took.Distinct().Order());
    }

    [Fact]
    public void Without_edges_a_revocation_is_its_commit()
    {
        Assert.Equal([10], Rounded(Simulation.Run(Network(1, 0), new ModelLoad(1), seed: 1).ConfirmedMs));
        Assert.Equal([10, 10], Rounded(Simulation.Run(Network(1, 0) with { PushesAfterCommit = true }, new ModelLoad(2), seed: 1).ConfirmedMs));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [Trait("Invariant", "R1")]
    public void An_edge_that_is_cut_off_delays_the_receipt_until_its_lease_has_run_out_and_no_longer(int cut)
    {
        // Its last renewal came within the 250 ms before the start, so its lease ends between 4,750 and 5,000; the way back takes 2.
        var took = Assert.Single(Simulation.Run(Network(1, 2) with { CutEdges = cut }, new ModelLoad(1), seed: 7).ConfirmedMs);

        Assert.InRange(took, RunOutMs - 250 + 2, RunOutMs + 2);
    }

    [Theory]
    [InlineData(0.05)]
    [InlineData(0.5)]
    [InlineData(0.9)]
    public void Whatever_is_lost_the_lease_bounds_the_receipt(double loss)
    {
        var lossy = Network(1, 5) with { Loss = loss };
        var took = Simulation.Run(lossy, new ModelLoad(200), seed: 3).ConfirmedMs;

        // No lease of before outlives the revocation's order by more than the bound; late acknowledgements of others may hold up the one core for some milliseconds. An edge
        // whose renewals are lost for so long that its lease has run out delays nothing any more: then a revocation is its commit.
        Assert.All(took, each => Assert.InRange(each, 10, RunOutMs + 50));
        Assert.True(took.Max() > Simulation.Run(lossy with { Loss = 0 }, new ModelLoad(200), seed: 3).ConfirmedMs.Max() + 100);
    }

    [Fact]
    public void The_same_seed_gives_the_same_run_and_another_one_another()
    {
        var network = Network(3, 30) with { Regions = 3, Near = Delay.LogNormal(1, 5), Far = Delay.LogNormal(40, 90), Loss = 0.01 };
        var load = new ModelLoad(50, PerSecond: 20);

        Assert.Equal(Simulation.Run(network, load, seed: 5).ConfirmedMs, Simulation.Run(network, load, seed: 5).ConfirmedMs);
        Assert.NotEqual(Simulation.Run(network, load, seed: 5).ConfirmedMs, Simulation.Run(network, load, seed: 6).ConfirmedMs);
    }

    [Fact]
    public void A_region_far_away_sets_the_time()
    {
        var near = Simulation.Run(Network(2, 4), new ModelLoad(50), seed: 1).ConfirmedMs;
        var far = Simulation.Run(Network(2, 4) with { Regions = 2, Far = Delay.Fixed(100) }, new ModelLoad(50), seed: 1).ConfirmedMs;

        // There and back again, 90 more each way; for a caller who is far away itself twice as much.
        Assert.Equal([180, 360], far.Select((each, i) => Math.Round(each - near[i], 6)).Distinct().Order());
    }

    [Fact]
    public void More_than_a_machine_can_take_is_said_and_not_simulated_for_ever() =>
        Assert.Throws<LoadException>(() => Simulation.Run(
            Network(1, 0) with { Commit = Delay.Fixed(4_000_000) }, new ModelLoad(1), seed: 1));

    [Theory]
    [InlineData(2, 1, 1)]
    [InlineData(1, 1, -1)]
    public void A_network_that_cannot_be_is_refused(int regions, int silos, int edges) =>
        Assert.Throws<ArgumentException>(() => Simulation.Run(Network(silos, edges) with { Regions = regions }, new ModelLoad(1), seed: 1));

    [Fact]
    public void A_round_waits_for_a_core_with_the_share_that_needs_one()
    {
        // At the host 2 and 3 for half of the rest; ordered 5 and 1 for the request. Pushed 7 and 8; 10 for the link and 4 for waking; half of 8 on a core, 4 for the way back and 10.
        var network = Network(1, 2) with { Rest = Delay.Fixed(12), Round = Delay.Fixed(16), CoreShare = 0.5, Costs = Costs with { Apply = 0 } };
        var own = Simulation.Run(network, new ModelLoad(3), seed: 1);
        var shared = Simulation.Run(network with { IsOneMachine = true }, new ModelLoad(3), seed: 1);

        // Ordered at 9: 2, then 3 waiting and 3 on the core and 1. Pushed 10, 11; there 24, 25; applied 32, 33; back 46, 47; taken in 47, 48; then 3 and 3 and 2.
        Assert.Equal([56, 56, 56], Rounded(own.ConfirmedMs));
        Assert.Equal([39, 39, 39], Rounded(own.HostMs));

        // On one core the second applies once the first has: 32, 40; back 46, 54; taken in 55.
        Assert.Equal([63, 63, 63], Rounded(shared.ConfirmedMs));
        Assert.Equal([46, 46, 46], Rounded(shared.HostMs));
    }

    [Fact]
    public void What_is_busy_beside_makes_the_share_on_the_core_longer_and_nothing_else()
    {
        var network = Network(1, 1) with { Rest = Delay.Fixed(12), Round = Delay.Fixed(16), CoreShare = 0.5 };
        var (calm, slowed) = (Simulation.Run(network, new ModelLoad(1), seed: 1).ConfirmedMs[0], Simulation.Run(network with { Slowdown = 3 }, new ModelLoad(1), seed: 1).ConfirmedMs[0]);

        // Half of 12 and half of 16 take three times as long.
        Assert.Equal(2 * (6 + 8), slowed - calm, 6);
        Assert.Equal(calm, Simulation.Run(network with { Slowdown = 3, CoreShare = 0 }, new ModelLoad(1), seed: 1).ConfirmedMs[0], 6);
    }

    [Theory]
    [InlineData(-0.1, 1)]
    [InlineData(1.1, 1)]
    [InlineData(double.NaN, 1)]
    [InlineData(0.5, 0.9)]
    [InlineData(0.5, double.PositiveInfinity)]
    [InlineData(0.5, double.NaN)]
    public void A_share_or_a_slowdown_that_cannot_be_is_refused(double share, double slowdown) =>
        Assert.Throws<ArgumentException>(() => Simulation.Run(Network(1, 1) with { CoreShare = share, Slowdown = slowdown }, new ModelLoad(1), seed: 1));

    [Fact]
    public void Cores_are_taken_in_turn()
    {
        var machine = new Machine(2);

        Assert.Equal([10, 10, 15, 30], new[] { machine.Take(0, 10), machine.Take(0, 10), machine.Take(2, 5), machine.Take(20, 10) });
        Assert.Equal(35, machine.BusyNs);
    }

    [Fact]
    public void Drawn_delays_have_the_percentiles_that_were_asked_for()
    {
        var (random, delay) = (new Random(1), Delay.LogNormal(10, 40));
        var drawn = Enumerable.Range(0, 100_000).Select(_ => delay.DrawNs(random) / 1e6).ToList();

        Assert.InRange(Samples.Median(drawn), 9.8, 10.2);
        Assert.InRange(Samples.Percentile(drawn, 99), 38.5, 41.5);
        Assert.Equal([3_000_000, 5_000_000], Enumerable.Range(0, 100).Select(_ => Delay.Of([3, 5]).DrawNs(random)).Distinct().Order());
        Assert.Equal(7_000_000, Delay.Fixed(7).DrawNs(random));
        Assert.Equal(21_000_000, Delay.Fixed(7).Times(3).DrawNs(random));
        Assert.Equal([6_000_000, 10_000_000], Enumerable.Range(0, 100).Select(_ => Delay.Of([3, 5]).Times(2).DrawNs(random)).Distinct().Order());
    }

    [Fact]
    public void A_link_with_another_tail_keeps_its_median()
    {
        var (random, heavy) = (new Random(2), Delay.LogNormal(10, 15).WithP99(5));
        var drawn = Enumerable.Range(0, 100_000).Select(_ => heavy.DrawNs(random) / 1e6).ToList();

        Assert.InRange(Samples.Median(drawn), 9.8, 10.2);
        Assert.InRange(Samples.Percentile(drawn, 99), 47, 53);
        Assert.Throws<InvalidOperationException>(() => Delay.Of([1]).WithP99(5));
    }

    private static ModelNetwork Network(int silos, int edges) => new(1, silos, edges, Costs)
    {
        Cores = 1, Caller = Delay.Fixed(2), Commit = Delay.Fixed(5), Near = Delay.Fixed(10), Far = Delay.Fixed(10), RunOut = TimeSpan.FromMilliseconds(RunOutMs),
    };

    private static List<double> Rounded(IEnumerable<double> times) => [.. times.Select(time => Math.Round(time, 6))];
}
