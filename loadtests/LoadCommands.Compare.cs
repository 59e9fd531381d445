using System.CommandLine;
using Fabric.LoadTests.Compare;
using Fabric.LoadTests.Compare.Reports;
using Fabric.LoadTests.Measure;
using Fabric.LoadTests.Reports;
using Fabric.LoadTests.Scenarios;

namespace Fabric.LoadTests;

/// <summary>The verb `compare`: takes its time and other people's programs, so it is not one of `all`.</summary>
internal static partial class LoadCommands
{
    private static Command CompareVerb()
    {
        var only = new Option<string[]>("--only") { Description = $"which peers: {string.Join(", ", CompareScenario.PeerNames)} (default: all)", AllowMultipleArgumentsPerToken = true };
        only.AcceptOnlyFromAmong([.. CompareScenario.PeerNames]);
        var html = new Option<FileInfo?>("--html") { Description = "also write the report to this file, as one page of HTML with plots" };
        var markdown = new Option<FileInfo?>("--markdown") { Description = "also write a summary to this file, as Markdown" };
        var verb = new Command("compare", new CompareScenario().Description) { only, Json, html, markdown, KeepData };
        verb.SetAction((parsed, cancellation) => RunComparisonAsync(
            new ScenarioOptions(Only: parsed.GetValue(only), KeepData: parsed.GetValue(KeepData)), parsed, parsed.GetValue(html), parsed.GetValue(markdown), cancellation));
        return verb;
    }

    private static async Task<int> RunComparisonAsync(ScenarioOptions options, ParseResult parsed, FileInfo? html, FileInfo? markdown, CancellationToken cancellation)
    {
        var (scenario, machine) = (new CompareScenario(), MachineInfo.Read());
        Console.WriteLine($"{machine.Cpu}, {machine.Cores} cores, {machine.Runtime}; ES256 signs in {machine.Es256SignUs:0.0} us, verifies in {machine.Es256VerifyUs:0.0} us");
        var report = new RunReport(scenario.Name, machine);
        var carriedOut = await TryAsync(scenario, report, options, cancellation);
        ReportTable.Print([report]);
        var (results, stamp) = (scenario.Comparison?.Results ?? [], RunStamp.Of(parsed));
        if (parsed.GetValue(Json) is { } json)
        {
            ReportJson.Write(json.FullName, scenario.Name, stamp, [report], writer => PairsJson.Write(writer, results));
        }

        if (html is not null)
        {
            await File.WriteAllTextAsync(html.FullName, HtmlReport.Write(report, results, stamp), CancellationToken.None);
        }

        if (markdown is not null)
        {
            await File.WriteAllTextAsync(markdown.FullName, MarkdownSummary.Write(report, results, stamp), CancellationToken.None);
        }

        return report.PromisesBroken.Count > 0 ? PromiseBroken : carriedOut ? 0 : NotRun;
    }
}
