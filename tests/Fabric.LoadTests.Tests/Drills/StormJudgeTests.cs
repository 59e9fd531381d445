using Fabric.LoadTests.Drills;
using Fabric.LoadTests.Measure;
using Fabric.LoadTests.Reports;

namespace Fabric.LoadTests.Tests.Drills;

public sealed class StormJudgeTests
{
    private static readonly MachineInfo Machine = new("a processor", 2, 8_000, "Linux", ".NET", "workstation", 30, 60);

    [Fact]
    [Trait("Invariant", "R5")]
    public void The_bar_holds_the_storm_against_the_calm_of_its_own_round()
    {
        var report = new RunReport("storm", Machine);

        var plots = StormJudge.Judge(report,
        [
            Round(burningMs: 1, stormMs: 1.5, idleMs: 2, fightingMs: 6), Round(burningMs: 2, stormMs: 2.2, idleMs: 2, fightingMs: 5), Round(burningMs: 4, stormMs: 4.8, idleMs: 2, fightingMs: 4),
        ]);

        Assert.Equal(1.2, Value(report, "storm.revoke_slower"), 6);
        Assert.Equal((1.1, 1.5), (Math.Round(Value(report, "storm.revoke_slower.low"), 6), Math.Round(Value(report, "storm.revoke_slower.high"), 6)));
        Assert.Equal(1.1, Value(report, "storm.revoke_slower_than_idle"), 6);
        Assert.Equal(2.5, Value(report, "storm.revoke_slower_fighting"), 6);
        Assert.Equal((2, 2.2, 2, 5), (Value(report, "storm.revoke.calm"), Value(report, "storm.revoke.storm"), Value(report, "storm.revoke.idle"), Value(report, "storm.revoke.fighting")));
        Assert.False(Bar.Of("storm.revoke_slower")!.IsMetBy(Value(report, "storm.revoke_slower")));
        Assert.Equal([1.5, 1.1, 1.2], plots[0].Lines[2].Points.Select(point => Math.Round(point.Y, 6)));
    }

    [Fact]
    public void What_a_revocation_of_the_storm_costs_is_what_the_host_and_the_edges_did_more_than_in_the_calm()
    {
        var report = new RunReport("storm", Machine);

        _ = StormJudge.Judge(report, [Round(1, 1, 1, 1)]);

        Assert.Equal(300, Value(report, "storm.host_us"), 6);
        Assert.Equal(50, Value(report, "storm.edges_us"), 6);
        Assert.Equal((2000, 3000), (Value(report, "storm.rate"), Value(report, "storm.rate_fighting")));
    }

    [Theory]
    [InlineData(1499, true)]
    [InlineData(1500, false)]
    [InlineData(0, true)]
    public void A_storm_that_was_starved_is_called_so(double rate, bool starved)
    {
        var report = new RunReport("storm", Machine);

        _ = StormJudge.Judge(report, [Round(1, 1, 1, 1, rate)]);

        Assert.Equal(starved, report.Notes.Any(note => note.StartsWith("the storm was starved", StringComparison.Ordinal)));
    }

    [Fact]
    public void A_run_without_a_round_was_not_carried_out() =>
        Assert.Throws<LoadException>(() => StormJudge.Judge(new RunReport("storm", Machine), []));

    private static StormRound Round(double burningMs, double stormMs, double idleMs, double fightingMs, double rate = 2000) => new(
        Phase(burningMs, 0, hostCores: 0.1, edgesCores: 0.05), Phase(stormMs, rate, hostCores: 0.7, edgesCores: 0.15), Phase(idleMs, 0, 0.1, 0.05), Phase(fightingMs, 3000, 0.8, 0.2));

    private static StormPhase Phase(double ms, double rate, double hostCores, double edgesCores) => new(80, 0.7, ms, rate, 0.3, hostCores, edgesCores);

    private static double Value(RunReport report, string name) => report.Metrics.Single(metric => metric.Name == name).Value;
}
