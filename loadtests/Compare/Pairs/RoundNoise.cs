namespace Fabric.LoadTests.Compare.Pairs;

/// <summary>What the machine did beside a round.</summary>
/// <param name="Speeds">The calibration loop before, between and after its sides: work a millisecond of the loop's own processor time.</param>
/// <param name="Others">The share of the machine that went to processes that are not this run's, from the first loop to the last.</param>
internal sealed record RoundNoise(IReadOnlyList<double> Speeds, double Others)
{
    /// <summary>The speed that is furthest from a median: whichever side it was beside, it counts.</summary>
    public double SpeedFurthestFrom(double median) => Speeds.MaxBy(speed => Math.Abs(speed - median));
}
