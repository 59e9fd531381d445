using Fabric.LoadTests.Measure;
using Fabric.LoadTests.Model;

namespace Fabric.LoadTests.Tests.Model;

/// <summary>A measured run that a simulation of known parts has made: what the model finds is held against what was put in.</summary>
public sealed class SmallModelTests
{
    private const int Seed = 20_261;
    private const double Share = 0.6;

    // Rest, commit and rounds of a made-up machine, in milliseconds.
    private static readonly double[] Rests = Drawn(0.6, 2, 1);
    private static readonly double[] Commits = Drawn(0.5, 1.5, 2);
    private static readonly double[] RoundsMs = Drawn(0.4, 1.6, 3);

    private static readonly MeasuredRun Measured = MakeRun(busyStart: 0.2, busyEach: 0.05);

    [Fact]
    public void The_share_that_needs_a_core_is_found_again() => Assert.InRange(SmallModel.Of(Measured, Seed).CoreShare, Share - 0.1, Share + 0.1);

    [Theory]
    [InlineData(2)]
    [InlineData(6)]
    [InlineData(10)]
    public void Set_ups_that_it_has_not_seen_are_foretold_where_the_machine_is_as_the_model_takes_it(int edges)
    {
        var model = SmallModel.Of(Measured, Seed);
        var simulated = Simulation.Run(model.Network(new SmallSetup(edges, false)), new ModelLoad(4_000), Seed + 1).ConfirmedMs;

        Assert.All((double[])[50, 90], percent => Assert.InRange(ModelValidation.ErrorOf(simulated, Measured.With(edges).ConfirmedMs, percent), -12, 12));
    }

    [Fact]
    public void What_is_held_back_does_not_reach_the_model()
    {
        // Ten times as slow wherever it is to be foretold: the model is the same.
        var other = Measured with { Setups = [.. Measured.Setups.Select(setup => MeasuredRun.Held.Contains(setup.Setup.Edges) ? Slower(setup) : setup)] };
        var (one, two) = (SmallModel.Of(Measured, Seed), SmallModel.Of(other, Seed));

        Assert.Equal((one.CoreShare, one.Busy, one.Costs), (two.CoreShare, two.Busy, two.Costs));
        Assert.Equal([one.RestMs, one.CommitMs, one.RoundMs], [two.RestMs, two.CommitMs, two.RoundMs]);
        Assert.Equal(-90, ModelValidation.ErrorOf(Measured.With(6).ConfirmedMs, other.With(6).ConfirmedMs, 50), 6);
    }

    [Fact]
    public void A_load_slows_by_what_it_keeps_busy_and_no_further_than_a_tenth_of_the_machine()
    {
        var model = SmallModel.Of(Measured, Seed);

        Assert.Equal(1, model.Slowdown(new SmallSetup(10, IsLoaded: false)));
        Assert.Equal(1 / (1 - ((0.2 + (10 * 0.05)) / Environment.ProcessorCount)), model.Slowdown(new SmallSetup(10, IsLoaded: true)), 9);
        Assert.Equal(10, model.Slowdown(new SmallSetup(1_000_000, IsLoaded: true)), 9);
    }

    [Fact]
    public void What_a_host_tells_of_its_last_commit_is_read_from_its_metrics()
    {
        Assert.Equal(0.75, JournalGauge.Parse("# HELP fabric_journal_last_commit_seconds How long.\nother 3\nfabric_journal_last_commit_seconds 0.00075\n"), 9);
        Assert.Equal(double.NaN, JournalGauge.Parse("fabric_journal_commits_total 3\n"));
        Assert.Equal(double.NaN, JournalGauge.Parse(""));
    }

    [Fact]
    public void The_rest_is_what_neither_the_commit_nor_the_edges_took()
    {
        Assert.Equal(2, new MeasuredTurn(0, 5, 3, 1, []).RestMs);
        Assert.Equal(1, new MeasuredTurn(0, 5, 3, 4, []).RestMs);
        Assert.Equal(0, new MeasuredTurn(0, 5, 6, 4, []).RestMs);
        Assert.Equal(double.NaN, new MeasuredTurn(0, 5, 3, double.NaN, []).RestMs);
    }

    private static double[] Drawn(double median, double p99, int seed)
    {
        var (random, delay) = (new Random(Seed + seed), Delay.LogNormal(median, p99));
        return [.. Enumerable.Range(0, 400).Select(_ => delay.DrawNs(random) / 1e6)];
    }

    private static MeasuredRun MakeRun(double busyStart, double busyEach)
    {
        var made = new SmallModel(Rests, Commits, RoundsMs, Share, LineFit.Of([(0, busyStart), (1, busyStart + busyEach)]), new UnitCosts(0, 0, 0, 0, 0));
        var setups = MeasuredRun.Fed.Concat(MeasuredRun.Held).SelectMany(edges => (SmallSetup[])[new(edges, false), new(edges, true)]).Select((setup, i) =>
        {
            var host = Simulation.Run(made.Network(setup), new ModelLoad(1_000), Seed + 10 + i).HostMs;
            var random = new Random(Seed + 100 + i);
            var turns = host.Select((ms, at) =>
            {
                var (rest, commit) = (Rests[random.Next(Rests.Length)], Commits[random.Next(Commits.Length)]);
                return new MeasuredTurn(at % 10, rest + Math.Max(ms, commit), ms, commit, []);
            }).ToList();
            return new MeasuredSetup(setup, turns, setup.IsLoaded ? busyStart + (busyEach * setup.Edges) : double.NaN, 1e6, 5e5, 0);
        }).ToList();
        return new MeasuredRun(setups, setups[^1], 0, 4e4, 45);
    }

    private static MeasuredSetup Slower(MeasuredSetup setup) =>
        setup with { Turns = [.. setup.Turns.Select(turn => turn with { TotalMs = 10 * turn.TotalMs, HostMs = 10 * turn.HostMs, CommitMs = 10 * turn.CommitMs })], BusyCores = 2, HostNs = 1, EdgeNs = 1 };
}
