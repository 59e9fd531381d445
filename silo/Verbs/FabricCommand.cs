using System.CommandLine;

namespace Fabric.Silo.Verbs;

/// <summary>The command line: `serve` (also without a verb), `keys`, `check-config`, `demo`.</summary>
internal static partial class FabricCommand
{
    public static RootCommand Make()
    {
        var root = new RootCommand("Fabric: which agent may do what, in which task, right now; and all of it taken back at once.");
        ServeVerb.Extend(root);
        root.Subcommands.Add(ServeVerb.Make());
        root.Subcommands.Add(DemoVerb.Make());
        root.Subcommands.Add(KeysVerb.Make());
        root.Subcommands.Add(CheckConfigVerb.Make());
        AddCluster(root);
        return root;
    }

    // What the build with the cluster engine has more.
    static partial void AddCluster(RootCommand root);
}
