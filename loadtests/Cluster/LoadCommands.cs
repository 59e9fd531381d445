using Fabric.LoadTests.Cluster;
using Fabric.LoadTests.Scenarios;

namespace Fabric.LoadTests;

/// <summary>The verb of the build with the cluster engine.</summary>
internal static partial class LoadCommands
{
    static partial void MakeCluster(ref IScenario? scenario) => scenario = new ClusterScenario();
}
