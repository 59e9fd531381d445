using Fabric.LoadTests.Measure;

namespace Fabric.LoadTests.Model;

/// <summary>
/// Finds which share of an edge's round needs a core: the one thing of the small runs that is not measured by itself. One edge's rounds are the same with every share; of a grid it takes
/// the one with which several edges' simulated rounds, on cores that they share, come nearest to the measured ones.
/// </summary>
internal static class ShareFit
{
    private const int Steps = 20;
    private const int SimulatedTimes = 2_000;

    // Not the tail: of some hundred values it is a few.
    private static readonly double[] Percents = [10, 25, 50, 75, 90];

    /// <summary>The best share, 0 to 1. <paramref name="hostMs"/>: measured at the host until the last edge had acknowledged.</summary>
    public static double Find(Func<double, ModelNetwork> network, IReadOnlyCollection<double> hostMs, int seed)
    {
        var wanted = Percents.Select(percent => Samples.Percentile(hostMs, percent)).ToArray();
        return Enumerable.Range(1, Steps).Select(step => (double)step / Steps).MinBy(share =>
        {
            var simulated = Simulation.Run(network(share), new ModelLoad(SimulatedTimes), seed).HostMs;
            return Percents.Zip(wanted, (percent, value) => Math.Abs(Math.Log(Samples.Percentile(simulated, percent) / value))).Sum();
        });
    }
}
