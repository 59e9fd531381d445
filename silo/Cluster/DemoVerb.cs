using System.CommandLine;
using Fabric.Silo.Cluster;

namespace Fabric.Silo.Verbs;

/// <summary>`demo --silos 3`: the same story on silo processes over PostgreSQL.</summary>
internal static partial class DemoVerb
{
    private static readonly Option<int> Silos = new("--silos")
    {
        Description = "How many silo processes play; 1: no cluster.", DefaultValueFactory = _ => 1,
    };

    private static readonly Option<string?> Database = new("--database")
    {
        Description = "An empty PostgreSQL database for the silos, as Npgsql takes it. Left out: a server that the demo starts and removes, from Debian's package.",
    };

    static partial void AddCluster(Command verb)
    {
        verb.Options.Add(Silos);
        verb.Options.Add(Database);
        verb.Validators.Add(result =>
        {
            if (result.GetValue(Silos) is < 1 or > 9)
            {
                result.AddError("`--silos` is 1 to 9");
            }
        });
        verb.SetAction((parsed, cancellation) => RunAsync(
            parsed.InvocationConfiguration.Output,
            parsed.GetValue(Silos) == 1
                ? PlayAsync
                : (folder, tell, stop) => ClusterDemo.PlayAsync(parsed.GetValue(Silos), parsed.GetValue(Database), folder, tell, stop),
            cancellation));
    }
}
