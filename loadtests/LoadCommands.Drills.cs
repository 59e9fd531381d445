using System.CommandLine;
using Fabric.LoadTests.Drills;
using Fabric.LoadTests.Drills.Reports;
using Fabric.LoadTests.Measure;
using Fabric.LoadTests.Model;
using Fabric.LoadTests.Reports;
using Fabric.LoadTests.Scenarios;

namespace Fabric.LoadTests;

/// <summary>The verbs that tell a story: drills, storm, soak, scale and model. Each may write a page with plots. None of `all`.</summary>
internal static partial class LoadCommands
{
    private static readonly Option<FileInfo?> Page = new("--html") { Description = "also write the report to this file, as one page of HTML with plots" };
    private static readonly Option<FileInfo?> Summary = new("--markdown") { Description = "also write a summary to this file, as Markdown" };
    private static readonly Option<int?> Largest = new("--max") { Description = "the largest number of agents: 1,000 to 1,000,000 (default; 10,000 over silos), ten times as many each time" };
    private static readonly Option<int?> ModelEdges = new("--edges") { Description = "simulated edges (default 10,000)" };
    private static readonly Option<int?> ModelSilos = new("--silos") { Description = "simulated silos (default 100)" };
    private static readonly Option<int?> Regions = new("--regions") { Description = "simulated regions (default 3)" };
    private static readonly Option<long?> LiveCredentials = new("--credentials") { Description = "live credentials (default 1,000,000,000)" };
    private static readonly Option<int?> Lifetime = new("--lifetime") { Description = "seconds that a credential lives (default 900)" };
    private static readonly Option<int?> Rate = new("--revocations") { Description = "revocations a second (default 20)" };
    private static readonly Option<double?> Loss = new("--loss") { Description = "the share of messages that the lossy run loses, 0 to 0.9 (default 0.001)" };

    private static IEnumerable<Command> DrillVerbs()
    {
        LiveCredentials.Validators.Add(result =>
        {
            if (result.GetValueOrDefault<long?>() is < 1)
            {
                result.AddError($"{result.Option.Name} is at least 1");
            }
        });
        Loss.Validators.Add(result =>
        {
            if (result.GetValueOrDefault<double?>() is < 0 or > 0.9 or double.NaN)
            {
                result.AddError($"{result.Option.Name} is 0 to 0.9");
            }
        });
        var drills = new Command("drill", "what an operator does in an emergency, rehearsed on real processes");
        drills.Subcommands.Add(DrillVerb("leak", _ => new LeakDrill(), Count, Seconds, Edges));
        drills.Subcommands.Add(DrillVerb("offboard", _ => new OffboardDrill(), Count, Seconds, Edges));
        drills.Subcommands.Add(DrillVerb("chain", _ => new ChainDrill(), Edges));
        return
        [
            drills,
            DrillVerb("storm", _ => new StormDrill(), Seconds, Edges),
            DrillVerb("soak", _ => new SoakDrill(), Minutes, Edges),
            DrillVerb("scale", _ => new ScaleDrill(), Largest, Silos),
            DrillVerb("model", parsed => new ModelScenario(AskOf(parsed)), Count, ModelEdges, ModelSilos, Regions, LiveCredentials, Lifetime, Rate, Loss),
        ];
    }

    private static ModelAsk AskOf(ParseResult parsed)
    {
        var full = new ModelAsk();
        return new ModelAsk(
            parsed.GetValue(ModelEdges) ?? full.Edges, parsed.GetValue(ModelSilos) ?? full.Silos, parsed.GetValue(Regions) ?? full.Regions,
            parsed.GetValue(LiveCredentials) ?? full.Credentials, parsed.GetValue(Lifetime) ?? full.LifetimeSeconds, parsed.GetValue(Rate) ?? full.PerSecond,
            parsed.GetValue(Loss) ?? full.Loss);
    }

    private static Command DrillVerb(string name, Func<ParseResult, IDrill> make, params Option[] sizes)
    {
        var verb = new Command(name, make(new RootCommand().Parse(Array.Empty<string>())).Description);
        foreach (var option in (Option[])[.. sizes, Seed, KeepData, Json, Page, Summary])
        {
            verb.Options.Add(option);
        }

        verb.SetAction((parsed, cancellation) => RunDrillAsync(make(parsed), parsed, new ScenarioOptions(
            Seconds: Given(parsed, verb, Seconds), Count: Given(parsed, verb, Count) ?? Given(parsed, verb, Largest), Edges: Given(parsed, verb, Edges),
            Seed: parsed.GetValue(Seed), KeepData: parsed.GetValue(KeepData), Minutes: Given(parsed, verb, Minutes), Silos: Given(parsed, verb, Silos)), cancellation));
        return verb;
    }

    private static int? Given(ParseResult parsed, Command verb, Option<int?> option) => verb.Options.Contains(option) ? parsed.GetValue(option) : null;

    private static async Task<int> RunDrillAsync(IDrill drill, ParseResult parsed, ScenarioOptions options, CancellationToken cancellation)
    {
        var machine = MachineInfo.Read();
        Console.WriteLine(
            $"{machine.Cpu}, {machine.Cores} cores, {machine.Runtime}; ES256 signs in {machine.Es256SignUs:0.0} us, verifies in {machine.Es256VerifyUs:0.0} us; seed {options.Seed}");
        var report = new RunReport(drill.Name, machine);
        var carriedOut = await TryAsync(drill, report, options, cancellation);
        ReportTable.Print([report]);

        var stamp = RunStamp.Of(parsed);
        if (parsed.GetValue(Json) is { } json)
        {
            ReportJson.Write(json.FullName, drill.Name, stamp, [report], writer => PlotsJson.Write(writer, drill.Plots));
        }

        if (parsed.GetValue(Page) is { } page)
        {
            await File.WriteAllTextAsync(page.FullName, DrillPage.Write(report, drill.Description, stamp, drill.Plots), CancellationToken.None);
        }

        if (parsed.GetValue(Summary) is { } summary)
        {
            await File.WriteAllTextAsync(summary.FullName, DrillSummary.Write(report, stamp), CancellationToken.None);
        }

        return report.PromisesBroken.Count > 0 ? PromiseBroken : carriedOut ? 0 : NotRun;
    }
}
