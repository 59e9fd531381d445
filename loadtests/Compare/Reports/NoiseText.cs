using Fabric.LoadTests.Compare.Pairs;
using Fabric.LoadTests.Measure;

namespace Fabric.LoadTests.Compare.Reports;

/// <summary>The machine's noise through a run, in words.</summary>
internal static class NoiseText
{
    /// <summary>What was measured beside all rounds, those that were thrown away too; null: there were none.</summary>
    public static string? Of(IReadOnlyList<PairResult> results, NoiseRule rule)
    {
        var rounds = results.SelectMany(result => result.Measured).ToList();
        if (rounds.Count == 0)
        {
            return null;
        }

        var speeds = results.SelectMany(result => Shares(result)).ToList();
        var others = rounds.Select(round => round.Noise.Others).ToList();
        return $"the machine's noise beside {rounds.Count} rounds: processes that are not this run's, and the hypervisor, took {Samples.Median(others):0.0%} of the machine in the median and {others.Max():0.0%} at most; "
            + $"a loop on all cores ran at {speeds.Min():0%} to {speeds.Max():0%} of its pair's median speed; a round does not count past {rule.OthersMax:0%} or from {rule.SpeedShareMax:0%} off";
    }

    private static IEnumerable<double> Shares(PairResult result)
    {
        var median = NoiseRule.MedianSpeed(result.Measured);
        return result.Measured.SelectMany(round => round.Noise.Speeds).Select(speed => speed / median);
    }
}
