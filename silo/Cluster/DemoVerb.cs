using System.CommandLine;
using Fabric.Silo.Cluster;

namespace Fabric.Silo.Verbs;

/// <summary>`demo --silos 3`: the same story on silo processes over PostgreSQL, or, where there is none, on silos in this process's memory.</summary>
internal static partial class DemoVerb
{
    private static readonly Option<int> Silos = new("--silos")
    {
        Description = "How many silos play; 1: no cluster.", DefaultValueFactory = _ => 1,
    };

    private static readonly Option<string?> Database = new("--database")
    {
        Description = "An empty PostgreSQL database for the silos, as Npgsql takes it. Left out: a server that the demo starts and removes, from Debian's package; without the package as with --in-memory.",
    };

    private static readonly Option<bool> InMemory = new("--in-memory")
    {
        Description = "Silos in this one process and no database, also where there is one: nothing is durable.",
    };

    static partial void AddCluster(Command verb)
    {
        verb.Options.Add(Silos);
        verb.Options.Add(Database);
        verb.Options.Add(InMemory);
        verb.Validators.Add(result =>
        {
            if (result.GetValue(Silos) is < 1 or > 9)
            {
                result.AddError("`--silos` is 1 to 9");
            }

            if (result.GetValue(InMemory) && result.GetValue(Database) is not null)
            {
                result.AddError("`--in-memory` is without a database: leave `--database` out");
            }
        });
        verb.SetAction((parsed, cancellation) => RunAsync(
            parsed.InvocationConfiguration.Output,
            parsed.GetValue(Silos) == 1
                ? PlayAsync
                : (folder, tell, stop) => ClusterDemo.PlayAsync(parsed.GetValue(Silos), parsed.GetValue(Database), parsed.GetValue(InMemory), folder, tell, stop),
            cancellation));
    }
}
