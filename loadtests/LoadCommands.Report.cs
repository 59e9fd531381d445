using System.CommandLine;
using Fabric.LoadTests.Reports.Written;

namespace Fabric.LoadTests;

/// <summary>The verb `report`: a page over runs that were made before.</summary>
internal static partial class LoadCommands
{
    private static Command ReportVerb()
    {
        var folder = new Argument<DirectoryInfo>("folder") { Description = "where the runs have written their JSON" };
        var verb = new Command("report", $"writes {ResultsIndex.FileName} over a folder of results: each run with its date, commit and command, and every bar") { folder };
        verb.SetAction(async (parsed, _) =>
        {
            try
            {
                Console.WriteLine($"{ResultsIndex.Write(parsed.GetValue(folder)!)} runs");
                return 0;
            }
            catch (LoadException fault)
            {
                await Console.Error.WriteLineAsync(fault.Message);
                return NotRun;
            }
        });
        return verb;
    }
}
