using Fabric.LoadTests.Drills.Reports;
using Fabric.LoadTests.Scenarios;

namespace Fabric.LoadTests.Drills;

/// <summary>A scenario that tells a story: it is drawn, too.</summary>
internal interface IDrill : IScenario
{
    /// <summary>What the run drew; empty before it.</summary>
    IReadOnlyList<Plot> Plots { get; }
}
