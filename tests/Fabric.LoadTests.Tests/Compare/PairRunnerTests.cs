using Fabric.LoadTests.Compare.Pairs;

namespace Fabric.LoadTests.Tests.Compare;

public sealed class PairRunnerTests
{
    private static readonly PairSpec Rates = new("pair", "peer", "a", "b", "1/s");
    private static readonly NoiseRule Rule = new(SpeedShareMax: 0.1, OthersMax: 0.05);

    [Fact]
    public async Task Sides_take_turns_and_the_warm_up_does_not_count()
    {
        var order = "";
        var runner = new PairRunner(() => 100, Quiet, Rule, _ => { });
        var values = new Queue<double>([1_000, 20, 30, 10, 50, 40]);

        var result = await runner.RunAsync(Rates, () => Side("A", values.Dequeue()), () => Side("B", 10));

        Assert.Equal("ABABABABABAB", order);
        Assert.Equal([2, 3, 1, 5, 4], result.Ratios);
        Assert.Equal((3, 0, 0), (result.Ratio, result.Repeated, result.Contaminated));

        Task<SideRound> Side(string name, double value)
        {
            order += name;
            return Task.FromResult(new SideRound(value, 1, 1, 1, 0));
        }
    }

    [Fact]
    public async Task A_round_beside_which_the_machine_was_slow_is_repeated_and_said()
    {
        // Three calibrations a round: the second of the third round is slow.
        var measured = 0;
        var said = new List<string>();
        var runner = new PairRunner(() => ++measured == 8 ? 50 : 100, Quiet, Rule, said.Add);
        var rounds = 0;

        var result = await runner.RunAsync(Rates, () => Task.FromResult(new SideRound(rounds++, 1, 1, 1, 0)), Constant, warmUps: 0);

        Assert.Equal([0, 1, 3, 4, 5], result.Rounds.Select(round => round.Fabric.Value));
        Assert.Equal((1, 0), (result.Repeated, result.Contaminated));
        Assert.Contains("50", Assert.Single(said), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_machine_that_never_settles_ends_the_repeats_and_is_said()
    {
        var measured = 0;
        var runner = new PairRunner(() => ++measured % 2 == 0 ? 50 : 100, Quiet, Rule, _ => { });

        var result = await runner.RunAsync(Rates, Constant, Constant);

        Assert.Equal((PairRunner.Rounds, PairRunner.RepeatsMax), (result.Rounds.Count, result.Repeated));
        Assert.Equal(PairRunner.Rounds, result.Contaminated);
    }

    [Fact]
    public async Task A_round_in_which_others_had_the_machine_is_repeated_and_said()
    {
        // Two readings a round; in the second one others run for 20 of 200 ticks.
        var (readings, all, ran) = (0, 0L, 0L);
        var said = new List<string>();
        var runner = new PairRunner(() => 100, Read, Rule, said.Add);
        var rounds = 0;

        var result = await runner.RunAsync(Rates, () => Task.FromResult(new SideRound(rounds++, 1, 1, 1, 0)), Constant, warmUps: 0);

        Assert.Equal([0, 2, 3, 4, 5], result.Rounds.Select(round => round.Fabric.Value));
        Assert.Equal((1, 0, 6), (result.Repeated, result.Contaminated, result.Measured.Count));
        Assert.Equal("pair: a round is repeated: others took 10% of the machine", Assert.Single(said));

        MachineLoad Read()
        {
            readings++;
            (all, ran) = (all + 200, ran + (readings == 4 ? 20 : 0));
            return new MachineLoad(all, ran, 0, 0);
        }
    }

    [Fact]
    public async Task A_pair_beside_whose_loops_the_run_itself_works_is_held_against_its_own_median()
    {
        // Beside another pair of the same run the loop was twice as fast: that says nothing of this one.
        var runner = new PairRunner(() => 50, Quiet, Rule, said => Assert.Fail(said));
        var faster = new PairRunner(() => 100, Quiet, Rule, said => Assert.Fail(said));

        Assert.Equal((0, 0), Counts(await faster.RunAsync(Rates, Constant, Constant)));
        Assert.Equal((0, 0), Counts(await runner.RunAsync(Rates, Constant, Constant)));

        static (int Repeated, int Contaminated) Counts(PairResult result) => (result.Repeated, result.Contaminated);
    }

    [Theory]
    [InlineData(false, 10, 5, 2)]
    [InlineData(true, 10, 5, 0.5)]
    [InlineData(true, 5, 10, 2)]
    public void A_ratio_above_one_is_in_favour_of_the_fabric(bool lessIsBetter, double fabric, double peer, double ratio)
    {
        var round = new PairRound(new SideRound(fabric, 1, 1, 1, 0), new SideRound(peer, 1, 1, 1, 0), Still);

        Assert.Equal(ratio, (Rates with { LessIsBetter = lessIsBetter }).RatioOf(round));
    }

    [Fact]
    public void Processor_time_of_client_and_server_counts_together_and_is_told_apart()
    {
        var side = SideRound.PerCpuSecond(operations: 600, seconds: 10, clientCpu: 1, serverCpu: 2);
        var result = new PairResult(Rates, [new PairRound(side, side, Still)], 0, 0);

        Assert.Equal(200, side.Value);
        Assert.Equal((1e6 / 600, 2e6 / 600), result.CpuUs(round => round.Fabric));
    }

    private static readonly RoundNoise Still = new([1, 1, 1], 0);

    // A machine on which nobody else runs.
    private static MachineLoad Quiet() => default;

    private static Task<SideRound> Constant() => Task.FromResult(new SideRound(1, 1, 1, 1, 0));
}
