using Fabric.LoadTests.Measure;

namespace Fabric.LoadTests.Model;

/// <summary>
/// Finds how long a message takes from process to process: the one thing of a measured run that is not measured by itself. Of a grid of log-normal delays it takes the one whose
/// simulated medians and 99th percentiles come nearest to the measured ones.
/// </summary>
internal static class HopFit
{
    private const double StepMs = 0.02;
    private const int Steps = 100;

    private static readonly double[] Spreads = [1, 1.5, 2, 3, 5, 8, 12];

    /// <summary>The best delay: its median and 99th percentile in milliseconds. <paramref name="measured"/>: of runs with some edges, what each revocation took.</summary>
    public static (double MedianMs, double P99Ms) Find(Func<int, Delay, ModelNetwork> network, IReadOnlyDictionary<int, IReadOnlyList<double>> measured, int seed)
    {
        var (best, bestError) = ((MedianMs: StepMs, P99Ms: StepMs), double.MaxValue);
        for (var step = 1; step <= Steps; step++)
        {
            foreach (var spread in Spreads)
            {
                var (median, p99) = (step * StepMs, step * StepMs * spread);
                var error = measured.Sum(run => ErrorOf(network(run.Key, Delay.LogNormal(median, p99)), run.Value, seed));
                (best, bestError) = error < bestError ? ((median, p99), error) : (best, bestError);
            }
        }

        return best;
    }

    /// <summary>How far a simulated value is from a measured one, as a share of that.</summary>
    public static double ErrorOf(double simulated, double measured) => Math.Abs(simulated - measured) / measured;

    // The median counts twice: the 99th percentile of some hundred operations is a few of them.
    private static double ErrorOf(ModelNetwork network, IReadOnlyList<double> measured, int seed)
    {
        var simulated = Simulation.Run(network, new ModelLoad(measured.Count), seed).ConfirmedMs;
        return (2 * ErrorOf(Samples.Median(simulated), Samples.Median(measured)))
            + ErrorOf(Samples.Percentile(simulated, 99), Samples.Percentile(measured, 99));
    }
}
