using Fabric.LoadTests.Cluster;
using Fabric.LoadTests.Drills.Reports;
using Fabric.LoadTests.Scenarios;

namespace Fabric.LoadTests.Drills;

/// <summary>The same over a cluster's silos.</summary>
internal sealed partial class ScaleDrill
{
    static partial void MeasureSilos(ScenarioRun run, int silos, ref Task<IReadOnlyList<Plot>>? measuring) => measuring = ClusterScale.RunAsync(run, silos);
}
