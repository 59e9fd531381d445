using Fabric.LoadTests.Measure;

namespace Fabric.LoadTests.Compare.Pairs;

/// <summary>What one side of a pair did in one round. <paramref name="Value"/>: what is compared, in the pair's unit.</summary>
/// <param name="Value">The compared value.</param>
/// <param name="Operations">How many operations the round did.</param>
/// <param name="Seconds">How long it took.</param>
/// <param name="ClientCpuSeconds">Processor time of this process, which drives the load (and is the server too, where the work is done in it).</param>
/// <param name="ServerCpuSeconds">Processor time of the server's processes.</param>
internal sealed record SideRound(double Value, double Operations, double Seconds, double ClientCpuSeconds, double ServerCpuSeconds)
{
    /// <summary>Compared by operations for a second of processor time, client and server together.</summary>
    public static SideRound PerCpuSecond(double operations, double seconds, double clientCpu, double serverCpu) =>
        new(operations / (clientCpu + serverCpu), operations, seconds, clientCpu, serverCpu);

    /// <summary>Compared by operations a second.</summary>
    public static SideRound Rate(double operations, double seconds, double clientCpu, double serverCpu) =>
        new(operations / seconds, operations, seconds, clientCpu, serverCpu);

    /// <summary>Compared by the median of how long each operation took.</summary>
    public static SideRound MedianMs(IReadOnlyCollection<double> milliseconds, double clientCpu, double serverCpu) =>
        new(Samples.Median(milliseconds), milliseconds.Count, milliseconds.Sum() / 1e3, clientCpu, serverCpu);
}
