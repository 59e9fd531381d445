using System.Globalization;
using Fabric.LoadTests.Drills.Reports;
using Fabric.LoadTests.Measure;
using Fabric.LoadTests.Reports;

namespace Fabric.LoadTests.Drills;

/// <summary>What the rounds of a storm say: how much slower another tenant was, for every comparison that can be made, and what the storm cost.</summary>
internal static class StormJudge
{
    /// <summary>The part of the rate of callers that take a core as often as the host does, below which a storm whose callers stand back is called starved.</summary>
    public const double StarvedBelow = 0.5;

    private static readonly (string Name, string Told, string Unit, Func<StormPhase, double> Value)[] Seen =
    [
        ("storm.edge_check", "check at an edge", "ns", phase => phase.CheckNs),
        ("storm.asked_check", "check by the host", "ms", phase => phase.AskedMs),
        ("storm.revoke", "revocation until confirmed", "ms", phase => phase.RevokeMs),
    ];

    /// <summary>Adds everything to the report; answers the plots. Throws <see cref="LoadException"/> when there is no round.</summary>
    public static IReadOnlyList<Plot> Judge(RunReport report, IReadOnlyList<StormRound> rounds)
    {
        if (rounds.Count == 0)
        {
            throw new LoadException("no round was measured");
        }

        var (held, fighting) = (new List<PlotLine>(), new List<PlotLine>());
        foreach (var (name, told, unit, value) in Seen)
        {
            held.Add(Ratios(report, $"{name}_slower", told, rounds, round => value(round.Storm) / value(round.Burning)));
            _ = Ratios(report, $"{name}_slower_than_idle", told, rounds, round => value(round.Storm) / value(round.Idle));
            fighting.Add(Ratios(report, $"{name}_slower_fighting", told, rounds, round => value(round.Fighting) / value(round.Idle)));
            report.Add($"{name}.calm", Median(rounds, round => value(round.Burning)), unit);
            report.Add($"{name}.storm", Median(rounds, round => value(round.Storm)), unit);
            report.Add($"{name}.idle", Median(rounds, round => value(round.Idle)), unit);
            report.Add($"{name}.fighting", Median(rounds, round => value(round.Fighting)), unit);
        }

        Costs(report, rounds);
        return
        [
            new Plot("How much slower another tenant was in the storm", "round", "times as long as in the calm", held)
            {
                Caption = "1: not at all. Storm and calm follow each other; in both the storm's process takes as much of what the others leave, in the calm for nothing.",
            },
            new Plot("The same, where the storm's callers fight for the cores", "round", "times as long as on an idle machine", fighting)
            {
                Caption = "The storm's callers have the host's own priority: who gets a core is measured here too.",
            },
        ];
    }

    private static PlotLine Ratios(RunReport report, string name, string told, IReadOnlyList<StormRound> rounds, Func<StormRound, double> ratio)
    {
        var ratios = rounds.Select(ratio).ToList();
        report.Add(name, Samples.Median(ratios), "times");
        report.Add($"{name}.low", ratios.Min(), "times");
        report.Add($"{name}.high", ratios.Max(), "times");
        return new PlotLine(told, [.. ratios.Select((each, i) => (i + 1.0, each))]);
    }

    private static void Costs(RunReport report, IReadOnlyList<StormRound> rounds)
    {
        var (rate, full) = (Median(rounds, round => round.Storm.StormRate), Median(rounds, round => round.Fighting.StormRate));
        report.Add("storm.rate", rate, "revocations/s");
        report.Add("storm.rate_fighting", full, "revocations/s");
        report.Add("storm.host_us", Median(rounds, round => (round.Storm.HostCores - round.Burning.HostCores) / round.Storm.StormRate * 1e6), "us/revocation");
        report.Add("storm.edges_us", Median(rounds, round => (round.Storm.EdgesCores - round.Burning.EdgesCores) / round.Storm.StormRate * 1e6), "us/revocation");
        report.Add("storm.host_cores", Median(rounds, round => round.Storm.HostCores), "cores");
        report.Add("storm.callers_cores", Median(rounds, round => round.Storm.CallersCores), "cores");
        report.Add("storm.callers_cores.calm", Median(rounds, round => round.Burning.CallersCores), "cores");
        if (!(rate >= StarvedBelow * full))
        {
            report.Note(string.Create(
                CultureInfo.InvariantCulture,
                $"the storm was starved: {rate:0} revocations a second are less than half of the {full:0} of callers that do not stand back; its ratios say little"));
        }
    }

    private static double Median(IReadOnlyList<StormRound> rounds, Func<StormRound, double> value) => Samples.Median([.. rounds.Select(value)]);
}
