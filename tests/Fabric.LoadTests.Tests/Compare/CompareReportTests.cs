using System.Text.Json;
using System.Xml.Linq;
using Fabric.LoadTests.Compare.Pairs;
using Fabric.LoadTests.Compare.Reports;
using Fabric.LoadTests.Measure;
using Fabric.LoadTests.Reports;

namespace Fabric.LoadTests.Tests.Compare;

public sealed class CompareReportTests
{
    private static readonly MachineInfo Machine = new("a <processor>", 2, 1_024, "an os", "a runtime", "workstation", 20, 40);
    private static readonly RunStamp Stamp = new(DateTimeOffset.UnixEpoch, "abc123", "compare <everything>");

    [Fact]
    public void The_page_is_well_formed_whatever_stands_in_it_and_asks_nothing_of_a_network()
    {
        var report = new RunReport("compare", Machine);
        report.Note("<script>alert(1)</script> & more");
        report.Broken("R1: \"edge\" <allowed>");

        var page = HtmlReport.Write(report, [Result("compare.check_redis_get", 40), Result("compare.revoke_redis", 0.2)], Stamp);

        var body = XDocument.Parse(page[page.IndexOf("<html", StringComparison.Ordinal)..]);
        Assert.Empty(body.Descendants("script"));
        Assert.DoesNotContain("://", page, StringComparison.Ordinal);
        Assert.DoesNotContain("@import", page, StringComparison.Ordinal);
        Assert.DoesNotContain(body.Descendants().Attributes(), each => each.Name.LocalName is "src" or "href");
        Assert.Contains("1970-01-01 00:00 UTC, commit abc123; a <processor>, 2 cores", body.Root!.Value, StringComparison.Ordinal);
        Assert.Equal("compare <everything>", Assert.Single(body.Descendants("code")).Value);
        Assert.Contains("Promise broken: R1: \"edge\" <allowed>", body.Descendants("p").Select(each => each.Value));
    }

    [Fact]
    public void A_bar_is_met_or_not_and_both_stand_in_page_and_summary()
    {
        var report = new RunReport("compare", Machine);
        PairResult[] results = [Result("compare.check_redis_get", 40), Result("compare.revoke_redis", 0.2), Result("compare.without_bar", 3)];

        Assert.Equal(["met", "NOT MET", ""], results.Select(PairText.Verdict));
        var page = XDocument.Parse(HtmlReport.Write(report, results, Stamp).Replace("<!DOCTYPE html>\n", "", StringComparison.Ordinal));
        Assert.Equal(["met", "NOT MET", ""], page.Descendants("tbody").Elements("tr").Select(row => row.Elements("td").ElementAt(5).Value));
        var rows = MarkdownSummary.Write(report, results, Stamp).Split('\n').Where(line => line.StartsWith("| ", StringComparison.Ordinal)).Skip(1).ToList();
        Assert.Equal(["met", "NOT MET", ""], rows.Select(row => row.Split('|')[6].Trim()));
    }

    [Fact]
    public void Each_round_stands_in_the_json_with_both_sides_and_a_ratio_that_is_no_number_is_null()
    {
        using var stream = new MemoryStream();
        using (var writer = new Utf8JsonWriter(stream))
        {
            writer.WriteStartObject();
            PairsJson.Write(writer, [Result("compare.check_redis_get", 40), Result("compare.broken", double.NaN)]);
            writer.WriteEndObject();
        }

        var pairs = JsonDocument.Parse(stream.ToArray()).RootElement.GetProperty("pairs");
        Assert.Equal(2, pairs[0].GetProperty("rounds").GetArrayLength());
        Assert.Equal(40, pairs[0].GetProperty("rounds")[0].GetProperty("ratio").GetDouble());
        Assert.Equal(1, pairs[0].GetProperty("rounds")[0].GetProperty("peer").GetProperty("serverCpuSeconds").GetDouble());
        Assert.Equal([10, 11, 9], pairs[0].GetProperty("rounds")[0].GetProperty("speeds").EnumerateArray().Select(speed => speed.GetDouble()));
        Assert.Equal(0.025, pairs[0].GetProperty("rounds")[0].GetProperty("others").GetDouble());
        Assert.InRange(pairs[0].GetProperty("latencies").GetProperty("fabric").GetProperty("p99.99Us").GetDouble(), 1_990, 2_000);
        Assert.Equal(JsonValueKind.Null, pairs[1].GetProperty("rounds")[0].GetProperty("ratio").ValueKind);
    }

    [Theory]
    [InlineData("redis", 0)]
    [InlineData("nobody", 1)]
    public void Only_peers_that_there_are_may_be_named(string peer, int errors) =>
        Assert.Equal(errors, LoadCommands.Build().Parse(["compare", "--only", peer]).Errors.Count);

    [Fact]
    public void The_noise_is_told_of_all_rounds_and_by_pair()
    {
        var fast = Result("compare.fast", 1) with { Measured = [Noisy([100, 100, 110], 0.01), Noisy([100, 80, 100], 0.3)] };
        var slow = Result("compare.slow", 1) with { Measured = [Noisy([50, 50, 50], 0.02)] };

        var text = NoiseText.Of([fast, slow], NoiseRule.Default);

        Assert.Contains("beside 3 rounds", text, StringComparison.Ordinal);
        Assert.Contains("2.0% of the machine in the median and 30.0% at most", text, StringComparison.Ordinal);
        Assert.Contains("at 80% to 110% of its pair's median speed", text, StringComparison.Ordinal);
        Assert.Null(NoiseText.Of([], NoiseRule.Default));

        static PairRound Noisy(double[] speeds, double others) => new(new SideRound(1, 1, 1, 1, 1), new SideRound(1, 1, 1, 1, 1), new RoundNoise(speeds, others));
    }

    [Fact]
    public void A_percentile_is_told_only_when_enough_were_measured()
    {
        var few = new LatencyRecorder();
        for (var i = 0; i < 1_000; i++)
        {
            few.RecordNs(i);
        }

        Assert.True(PercentilePlot.IsTold(few, 99.9));
        Assert.False(PercentilePlot.IsTold(few, 99.99));
    }

    [Fact]
    public void An_axis_holds_all_values_between_whole_powers_of_ten()
    {
        var scale = new LogScale([0.5, 2_000, 0, double.NaN], 100, 600);

        Assert.Equal([0.1, 1, 10, 100, 1_000, 10_000], scale.Marks.Select(mark => Math.Round(mark, 6)));
        Assert.Equal((100, 300, 600), (scale.At(0.1), Math.Round(scale.At(10), 6), scale.At(10_000)));
        Assert.Equal(100, scale.At(0));
    }

    private static PairResult Result(string name, double ratio)
    {
        var latencies = new LatencyRecorder();
        for (var i = 1; i <= 20_000; i++)
        {
            latencies.RecordNs(i * 100);
        }

        var round = new PairRound(new SideRound(ratio, 1, 1, 1, 0), new SideRound(1, 1, 1, 1, 1), new RoundNoise([10, 11, 9], 0.025));
        return new PairResult(new PairSpec(name, "<peer>", "a & b", "c", "checks/s"), [round, round], 1, 0) { Latencies = (latencies, latencies, 2_000) };
    }
}
