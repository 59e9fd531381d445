using Fabric.LoadTests.Processes;
using Fabric.LoadTests.Scenarios;

namespace Fabric.LoadTests.Cluster;

/// <summary>What a cluster of three silo processes over PostgreSQL does, all on one machine with whoever drives it.</summary>
internal sealed class ClusterScenario : IScenario
{
    /// <summary>Silos of a run.</summary>
    public const int Silos = 3;

    private static readonly (string Name, Func<ScenarioRun, SiloCluster, Task> RunAsync)[] Parts =
    [
        ("issue", ClusterIssue.IssueAsync), ("open", ClusterIssue.OpenAsync), ("check", ClusterCheck.RunAsync), ("revoke", ClusterRevoke.RunAsync), ("naive", ClusterNaive.RunAsync),
        ("frozen-edge", ClusterFaults.FreezeAnEdgeAsync), ("killed-silo", ClusterFaults.KillASiloAsync), ("long-load", ClusterFaults.LoadAsync),
    ];

    public string Name => "cluster";

    public string Description => $"{Silos} silo processes over PostgreSQL (--only: {string.Join(", ", Parts.Select(part => part.Name))}; --count: credentials above the largest user; --minutes: of the long load)";

    public async Task RunAsync(ScenarioRun run)
    {
        var only = run.Options.Only is { Count: > 0 } some ? some : [.. Parts.Select(part => part.Name)];
        if (only.Except(Parts.Select(part => part.Name), StringComparer.Ordinal).FirstOrDefault() is { } unknown)
        {
            throw new LoadException($"there is no part `{unknown}`: {string.Join(", ", Parts.Select(part => part.Name))}");
        }

        // A cluster of its own for each: what one part leaves behind is not what the next one measures.
        foreach (var (name, runAsync) in Parts.Where(part => only.Contains(part.Name, StringComparer.Ordinal) && (part.Name != "long-load" || run.Options.Minutes is not null)))
        {
            using var folder = new TempFolder(run.Options.KeepData);
            SiloCluster cluster;
            using (run.Log.Begin($"{name}: start PostgreSQL and {Silos} silos", 1))
            {
                cluster = await SiloCluster.StartAsync(folder.Path, Silos, run.Cancellation);
            }

            await using (cluster)
            {
                run.Report.Add($"cluster.{name}.first_start_s", cluster.FirstStartSeconds, "s");
                await runAsync(run, cluster);
            }
        }
    }
}
