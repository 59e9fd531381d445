using Fabric.LoadTests.Cluster.Naive;
using Fabric.LoadTests.Compare.Peers;

namespace Fabric.LoadTests.Compare;

/// <summary>The peer that needs the cluster engine.</summary>
internal sealed partial class CompareScenario
{
    static partial void MakeNaive(ref IPeer? peer) => peer = new NaivePeer();
}
