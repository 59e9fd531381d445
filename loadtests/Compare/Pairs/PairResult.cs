using Fabric.LoadTests.Measure;

namespace Fabric.LoadTests.Compare.Pairs;

/// <summary>What a pair's rounds found.</summary>
/// <param name="Spec">The pair.</param>
/// <param name="Rounds">The rounds that count.</param>
/// <param name="Repeated">How many contaminated rounds were thrown away and repeated.</param>
/// <param name="Contaminated">How many of those that count were contaminated too, because the repeats ran out.</param>
internal sealed record PairResult(PairSpec Spec, IReadOnlyList<PairRound> Rounds, int Repeated, int Contaminated)
{
    /// <summary>Every round that was measured, those that were thrown away too.</summary>
    public IReadOnlyList<PairRound> Measured { get; init; } = Rounds;

    /// <summary>Latencies from a schedule; null: not measured.</summary>
    public (LatencyRecorder Fabric, LatencyRecorder Peer, int PerSecond)? Latencies { get; init; }

    /// <summary>Fabric's ratio of each round.</summary>
    public IReadOnlyList<double> Ratios { get; } = [.. Rounds.Select(Spec.RatioOf)];

    /// <summary>The median of the ratios.</summary>
    public double Ratio => Samples.Median(Ratios);

    /// <summary>The medians of both sides' values.</summary>
    public (double Fabric, double Peer) Values =>
        (Samples.Median([.. Rounds.Select(round => round.Fabric.Value)]), Samples.Median([.. Rounds.Select(round => round.Peer.Value)]));

    /// <summary>Processor time an operation, in microseconds, over all rounds of a side.</summary>
    public (double Client, double Server) CpuUs(Func<PairRound, SideRound> side)
    {
        var rounds = Rounds.Select(side).ToList();
        var operations = rounds.Sum(round => round.Operations);
        return (1e6 * rounds.Sum(round => round.ClientCpuSeconds) / operations, 1e6 * rounds.Sum(round => round.ServerCpuSeconds) / operations);
    }
}
