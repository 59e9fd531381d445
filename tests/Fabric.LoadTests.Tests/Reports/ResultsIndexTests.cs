using Fabric.LoadTests.Measure;
using Fabric.LoadTests.Reports;
using Fabric.LoadTests.Reports.Written;

namespace Fabric.LoadTests.Tests.Reports;

public sealed class ResultsIndexTests : IDisposable
{
    private static readonly MachineInfo Machine = new("a processor", 2, 1_024, "an os", "a runtime", "workstation", 20, 40);

    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("fabric-results-");

    public void Dispose() => _folder.Delete(recursive: true);

    [Fact]
    public void Every_run_stands_in_it_with_its_commit_its_command_and_its_bars()
    {
        var kept = new RunReport("compare", Machine);
        kept.Add("compare.check_redis_get", 31.5, "times");
        kept.Add("compare.revoke_redis", 0.4, "times");
        kept.Add("compare.revoke_redis.low", 0.3, "times");
        Write("compare", kept);
        var broken = new RunReport("drill leak", Machine) { IsFullSize = false };
        broken.Broken("R1: an edge | allowed");
        Write("leak", broken);
        File.WriteAllText(Path.Combine(_folder.FullName, "compare.html"), "");

        Assert.Equal(2, ResultsIndex.Write(_folder));

        var lines = File.ReadAllLines(Path.Combine(_folder.FullName, ResultsIndex.FileName));
        Assert.Contains("| compare | 1970-01-01 00:00 UTC | abc123 | full | kept | 1 of 2 | [page](compare.html), [JSON](compare.json) |", lines);
        Assert.Contains("| leak | 1970-01-01 00:00 UTC | abc123 | short | **1 broken** | 0 of 0 | [JSON](leak.json) |", lines);
        Assert.Contains("| compare.check_redis_get | 31.5 | times | >= 30 | met | compare |", lines);
        Assert.Contains("| compare.revoke_redis | 0.4 | times | >= 0.5 | **not met** | compare |", lines);
        Assert.DoesNotContain(lines, line => line.Contains("revoke_redis.low", StringComparison.Ordinal));
        Assert.Contains("    run leak", lines);
        Assert.Contains("leak: PROMISE BROKEN: R1: an edge \\| allowed", lines);
        Assert.Contains("Machine: a processor, 2 cores, 1,024 MB, an os, a runtime.", lines);
    }

    [Theory]
    [InlineData("{}")]
    [InlineData("[]")]
    [InlineData("nothing")]
    [InlineData("""{"scenario":"x","date":"yesterday","commit":"a","command":"b","machine":{},"fullSize":true,"metrics":{},"promisesBroken":[]}""")]
    public void A_file_that_is_no_report_is_named_and_nothing_is_written(string text)
    {
        Write("good", new RunReport("check", Machine));
        File.WriteAllText(Path.Combine(_folder.FullName, "other.json"), text);

        var fault = Assert.Throws<LoadException>(() => ResultsIndex.Write(_folder));

        Assert.StartsWith("other.json", fault.Message, StringComparison.Ordinal);
        Assert.False(File.Exists(Path.Combine(_folder.FullName, ResultsIndex.FileName)));
    }

    [Fact]
    public void A_folder_without_runs_is_said()
    {
        Assert.Throws<LoadException>(() => ResultsIndex.Write(_folder));
        Assert.Throws<LoadException>(() => ResultsIndex.Write(new DirectoryInfo(Path.Combine(_folder.FullName, "none"))));
    }

    [Fact]
    public void A_command_names_files_and_not_the_folders_in_which_somebody_keeps_them() => Assert.EndsWith(
        "dotnet run -c Release --project loadtests -- drill leak --count 20000 --html leak.html --json leak.json --loss 0.01",
        RunStamp.CommandOf(["drill", "leak", "--count", "20000", "--html", "/srv/results/leak.html", "--json", "out/leak.json", "--loss", "0.01"])
            .Replace("-c Debug", "-c Release", StringComparison.Ordinal), StringComparison.Ordinal);

    private void Write(string name, RunReport report) => ReportJson.Write(
        Path.Combine(_folder.FullName, $"{name}.json"), report.Scenario, new RunStamp(DateTimeOffset.UnixEpoch, "abc123", $"run {name}"), [report]);
}
