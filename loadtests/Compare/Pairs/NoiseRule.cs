using Fabric.LoadTests.Measure;

namespace Fabric.LoadTests.Compare.Pairs;

/// <summary>
/// When a round says little: others had more of the machine than they may, or the machine itself ran slower or faster than in the middle of the SAME pair's loops. Pairs are not
/// held against each other: beside one of them ten edges and a silo of the run itself share the caches with the loop, beside another nothing does.
/// </summary>
/// <param name="SpeedShareMax">How far a loop's speed may be from the pair's median, as a share of it.</param>
/// <param name="OthersMax">How much of the machine others may have.</param>
internal sealed record NoiseRule(double SpeedShareMax, double OthersMax)
{
    /// <summary>The rule of the comparison.</summary>
    public static readonly NoiseRule Default = new(0.15, 0.10);

    /// <summary>The median speed of a pair's rounds; NaN when there is none.</summary>
    public static double MedianSpeed(IEnumerable<PairRound> rounds) => Samples.Median([.. rounds.SelectMany(round => round.Noise.Speeds)]);

    /// <summary>Why a round does not count, in words; null: it does. <paramref name="median"/>: of its pair's speeds.</summary>
    public string? Disturbance(RoundNoise noise, double median)
    {
        if (!(noise.Others <= OthersMax))
        {
            return $"others took {noise.Others:0%} of the machine";
        }

        var speed = noise.SpeedFurthestFrom(median) / median;
        return Math.Abs(speed - 1) <= SpeedShareMax ? null : $"the machine ran at {speed:0%} of the pair's median speed";
    }
}
