namespace Fabric.LoadTests.Model;

/// <summary>Revocations of a real host, one after the other, in one set-up.</summary>
/// <param name="Setup">The set-up.</param>
/// <param name="Turns">The revocations, over all rounds.</param>
/// <param name="BusyCores">Cores that the load beside keeps busy while nothing is revoked; NaN where that was not measured.</param>
/// <param name="HostNs">Processor time of the host for each, in nanoseconds.</param>
/// <param name="EdgeNs">Processor time of each edge for each, in nanoseconds.</param>
/// <param name="EdgeGcMs">Garbage collections' pauses of all edges in all.</param>
internal sealed record MeasuredSetup(SmallSetup Setup, IReadOnlyList<MeasuredTurn> Turns, double BusyCores, double HostNs, double EdgeNs, double EdgeGcMs)
{
    /// <summary>How long each took its caller.</summary>
    public IReadOnlyList<double> ConfirmedMs => [.. Turns.Select(turn => turn.TotalMs)];
}
