using System.CommandLine;
using Fabric.Silo.Cluster;

namespace Fabric.Silo.Verbs;

/// <summary>The verbs of a cluster: `migrate`.</summary>
internal static partial class FabricCommand
{
    static partial void AddCluster(RootCommand root) => root.Subcommands.Add(MigrateVerb.Make());
}
