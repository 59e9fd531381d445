using System.CommandLine;
using Fabric.LoadTests.Measure;
using Fabric.LoadTests.Reports;
using Fabric.LoadTests.Scenarios;

namespace Fabric.LoadTests;

/// <summary>The command line: a verb a scenario, and `all`.</summary>
internal static partial class LoadCommands
{
    /// <summary>What a run returns when a promise broke.</summary>
    public const int PromiseBroken = 1;

    /// <summary>What a run returns when it could not be carried out.</summary>
    public const int NotRun = 2;

    private static readonly Option<int?> Seconds = new("--seconds") { Description = "how long the timed part takes (default: the full size)" };
    private static readonly Option<int?> Count = new("--count") { Description = "how many of what the scenario counts (default: the full size)" };
    private static readonly Option<FileInfo?> Json = new("--json") { Description = "also write the report to this file, as JSON" };
    private static readonly Option<int?> Edges = new("--edges") { Description = "how many edges in processes of their own (default 3)" };
    private static readonly Option<int> Seed = new("--seed") { Description = "where random choices start", DefaultValueFactory = _ => 1 };
    private static readonly Option<bool> KeepData = new("--keep-data") { Description = "leave the data folders for a look" };
    private static readonly Option<FileInfo?> Trace = new("--trace") { Description = "agent runs, one JSON object a line: session, user, agent, calls [tool, args]" };
    private static readonly Option<int?> Agents = new("--agents") { Description = "how many simulated agents (default 2,000)" };

    private static readonly Option<string[]> Only = new("--only") { Description = "which parts of `cluster` to run (default: all)", AllowMultipleArgumentsPerToken = true };
    private static readonly Option<int?> Minutes = new("--minutes") { Description = "how many minutes of full load no silo may be given up in (default: none)" };

    private static readonly Option<int?> Silos = new("--silos") { Description = "so many silos of a cluster over PostgreSQL instead of one host (a build with FabricEngine=Orleans)" };

    private static readonly IScenario[] All =
    [
        new CheckScenario(), new IssueScenario(), new CascadeScenario(), new LeakScenario(), new RecoverScenario(), new MemoryScenario(),
        new ReplayScenario(), new AgentsScenario(),
    ];

    /// <summary>The root command.</summary>
    public static RootCommand Build()
    {
        foreach (var size in new[] { Seconds, Count, Edges, Agents, Minutes, Silos, Largest, ModelEdges, ModelSilos, Regions, Lifetime, Rate })
        {
            size.Validators.Add(result =>
            {
                if (result.GetValueOrDefault<int?>() is < 1)
                {
                    result.AddError($"{result.Option.Name} is at least 1");
                }
            });
        }

        var root = new RootCommand("Fabric's load tests: each verb is a scenario, and says which of its bars are met. Exit code 1: a promise broke.");
        foreach (var scenario in All)
        {
            root.Subcommands.Add(Verb(scenario.Name, scenario.Description, [scenario]));
        }

        root.Subcommands.Add(Cluster());
        root.Subcommands.Add(CompareVerb());
        foreach (var verb in DrillVerbs())
        {
            root.Subcommands.Add(verb);
        }

        root.Subcommands.Add(ReportVerb());
        root.Subcommands.Add(Verb("all", "every scenario in turn (replay when --trace is given)", All));
        return root;
    }

    // Takes its time, and a build that has the cluster engine: not one of all.
    private static Command Cluster()
    {
        IScenario? scenario = null;
        MakeCluster(ref scenario);
        const string description = "three silo processes over PostgreSQL: issue, open, check, revoke, kill; with --minutes, a long load";
        if (scenario is not null)
        {
            var verb = Verb("cluster", description, [scenario]);
            verb.Options.Add(Only);
            verb.Options.Add(Minutes);
            return verb;
        }

        var missing = new Command("cluster", $"{description} (not in this build: FabricEngine=Orleans)");
        missing.SetAction(async (_, _) =>
        {
            await Console.Error.WriteLineAsync("this build has no cluster engine: build with FabricEngine=Orleans");
            return NotRun;
        });
        return missing;
    }

    static partial void MakeCluster(ref IScenario? scenario);

    private static Command Verb(string name, string description, IScenario[] scenarios)
    {
        var verb = new Command(name, description);
        foreach (var option in new Option[] { Seconds, Count, Json, Edges, Seed, KeepData })
        {
            verb.Options.Add(option);
        }

        if (scenarios.Any(each => each is ReplayScenario))
        {
            verb.Options.Add(Trace);
        }

        if (scenarios.Any(each => each is AgentsScenario))
        {
            verb.Options.Add(Agents);
        }

        if (scenarios is [ReplayScenario or AgentsScenario])
        {
            verb.Options.Add(Silos);
        }

        verb.SetAction((parsed, cancellation) => RunAsync(name, scenarios, parsed, new ScenarioOptions(
            parsed.GetValue(Seconds), parsed.GetValue(Count), parsed.GetValue(Trace)?.FullName, parsed.GetValue(Agents), parsed.GetValue(Edges),
            parsed.GetValue(Seed), parsed.GetValue(KeepData), verb.Options.Contains(Only) ? parsed.GetValue(Only) : null,
            verb.Options.Contains(Minutes) ? parsed.GetValue(Minutes) : null, verb.Options.Contains(Silos) ? parsed.GetValue(Silos) : null), cancellation));
        return verb;
    }

    private static async Task<int> RunAsync(string verb, IScenario[] scenarios, ParseResult parsed, ScenarioOptions options, CancellationToken cancellation)
    {
        var machine = MachineInfo.Read();
        Console.WriteLine(
            $"{machine.Cpu}, {machine.Cores} cores, {machine.Runtime}; ES256 signs in {machine.Es256SignUs:0.0} us, verifies in {machine.Es256VerifyUs:0.0} us; seed {options.Seed}"
            + (Processes.SiloProcess.HostFolder is null ? string.Empty : "; a published host"));
        var reports = new List<RunReport>();
        var failed = false;
        foreach (var scenario in scenarios)
        {
            if (scenarios.Length > 1 && scenario is ReplayScenario && options.Trace is null)
            {
                continue;
            }

            var report = new RunReport(scenario.Name, machine);
            reports.Add(report);
            failed |= !await TryAsync(scenario, report, options, cancellation);
            ReportTable.Print([report]);
        }

        if (reports.Count > 1)
        {
            Console.WriteLine();
            ReportTable.Print(reports);
        }

        if (parsed.GetValue(Json) is { } json)
        {
            ReportJson.Write(json.FullName, verb, RunStamp.Of(parsed), reports);
        }

        return reports.Any(report => report.PromisesBroken.Count > 0) ? PromiseBroken : failed ? NotRun : 0;
    }

    // A scenario that cannot be carried out says why, and the others still run.
    private static async Task<bool> TryAsync(IScenario scenario, RunReport report, ScenarioOptions options, CancellationToken cancellation)
    {
        try
        {
            Console.WriteLine($"== {scenario.Name}: {scenario.Description}");
            await RunLog.RunAsync(log => scenario.RunAsync(new ScenarioRun(options, report, log, cancellation)));
            return true;
        }
        catch (LoadException fault)
        {
            await Console.Error.WriteLineAsync($"{scenario.Name}: {fault.Message}");
            report.Note($"not carried out: {fault.Message}");
            return false;
        }
    }
}
