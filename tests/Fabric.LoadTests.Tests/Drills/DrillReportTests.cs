using System.Text.Json;
using System.Xml.Linq;
using Fabric.LoadTests.Drills.Reports;
using Fabric.LoadTests.Measure;
using Fabric.LoadTests.Reports;

namespace Fabric.LoadTests.Tests.Drills;

public sealed class DrillReportTests
{
    private static readonly MachineInfo Machine = new("a <processor>", 2, 1_024, "an os", "a runtime", "workstation", 20, 40);

    [Fact]
    public void The_page_is_well_formed_whatever_stands_in_it_and_asks_nothing_of_a_network()
    {
        var report = new RunReport("drill \"x\"", Machine);
        report.Note("<script>alert(1)</script> & more");
        report.Broken("R1: \"edge\" <allowed>");
        report.Add("storm.revoke_slower", 1.5, "<times>");

        var page = DrillPage.Write(report, "a & b", "drill <leak>", [Sample()], DateTimeOffset.UnixEpoch);

        var body = XDocument.Parse(page[page.IndexOf("<html", StringComparison.Ordinal)..]);
        Assert.Empty(body.Descendants("script"));
        Assert.DoesNotContain("://", page, StringComparison.Ordinal);
        Assert.DoesNotContain("@import", page, StringComparison.Ordinal);
        Assert.DoesNotContain(body.Descendants().Attributes(), each => each.Name.LocalName is "src" or "href");
        Assert.Contains("Promise broken: R1: \"edge\" <allowed>", body.Descendants("p").Select(each => each.Value));
        Assert.Equal(["NOT MET"], body.Descendants("tbody").Elements("tr").Select(row => row.Elements("td").ElementAt(4).Value));
        Assert.Contains("prefers-color-scheme: dark", page, StringComparison.Ordinal);
        Assert.DoesNotContain("No promise broke", page, StringComparison.Ordinal);
        Assert.Contains("PROMISE BROKEN: R1", DrillSummary.Write(report, "drill", DateTimeOffset.UnixEpoch), StringComparison.Ordinal);
    }

    [Fact]
    public void A_plot_has_each_line_its_dots_and_its_marks_and_passes_over_what_is_no_number()
    {
        var svg = XElement.Parse(LinePlot.Draw(Sample()));

        var line = Assert.Single(svg.Elements("polyline"));
        Assert.Equal(2, ((string?)line.Attribute("points"))!.Split(' ').Length);
        Assert.Equal(3, svg.Elements("circle").Count());
        Assert.Contains("a mark & more", svg.Elements("text").Select(text => text.Value));
        Assert.Equal("<span class=\"key0\">a &lt;line&gt;</span>, <span class=\"key1\">dots</span>", LinePlot.Key(Sample()));
    }

    [Fact]
    public void A_long_line_is_thinned_and_keeps_its_ends()
    {
        var points = Enumerable.Range(0, 100_000).Select(i => ((double)i, (double)i)).ToList();

        var svg = XElement.Parse(LinePlot.Draw(new Plot("long", "x", "y", [new PlotLine("line", points)])));

        var drawn = ((string?)svg.Element("polyline")!.Attribute("points"))!.Split(' ');
        Assert.InRange(drawn.Length, 1_000, LinePlot.PointsMax + 1);
        Assert.Equal(("84,286", "880,44"), (drawn[0], drawn[^1]));
    }

    [Theory]
    [InlineData(0, 97, new double[] { 0, 20, 40, 60, 80, 100 })]
    [InlineData(-3, 4, new double[] { -4, -2, 0, 2, 4 })]
    [InlineData(5, 5, new double[] { 5, 5.2, 5.4, 5.6, 5.8, 6 })]
    public void A_linear_axis_is_widened_to_round_steps(double low, double high, double[] marks)
    {
        var axis = new PlotAxis([low, high, double.NaN], 0, 100, isLog: false);

        Assert.Equal(marks, axis.Marks.Select(mark => Math.Round(mark, 6)));
        Assert.Equal((0, 100), (axis.At(marks[0]), Math.Round(axis.At(marks[^1]), 6)));
    }

    [Fact]
    public void The_json_has_every_point()
    {
        using var stream = new MemoryStream();
        using (var writer = new Utf8JsonWriter(stream))
        {
            writer.WriteStartObject();
            PlotsJson.Write(writer, [Sample()]);
            writer.WriteEndObject();
        }

        var plot = JsonDocument.Parse(stream.ToArray()).RootElement.GetProperty("plots")[0];
        Assert.Equal([1, 10], plot.GetProperty("lines")[0].GetProperty("points")[0].EnumerateArray().Select(each => each.GetDouble()));
        Assert.Equal([2, 3], plot.GetProperty("lines").EnumerateArray().Select(line => line.GetProperty("points").GetArrayLength()));
        Assert.Equal(JsonValueKind.Null, plot.GetProperty("marks")[1].GetProperty("x").ValueKind);
    }

    [Theory]
    [InlineData(false, "drill", "leak", "--count", "20000", "--html", "report.html")]
    [InlineData(false, "drill", "offboard", "--count", "4")]
    [InlineData(false, "drill", "chain", "--edges", "2")]
    [InlineData(false, "storm", "--seconds", "20")]
    [InlineData(false, "soak", "--minutes", "1")]
    [InlineData(false, "scale", "--max", "1000")]
    [InlineData(false, "model", "--edges", "100", "--silos", "4", "--loss", "0.01", "--seed", "3")]
    [InlineData(true, "drill", "leak", "--count", "0")]
    [InlineData(true, "model", "--edges", "0")]
    [InlineData(true, "model", "--loss", "0.95")]
    [InlineData(true, "model", "--credentials", "0")]
    public void What_a_verb_takes_has_its_bounds(bool isRefused, params string[] command) => Assert.Equal(isRefused, LoadCommands.Build().Parse(command).Errors.Count > 0);

    private static Plot Sample() => new("a <plot>", "x & y", "z",
    [
        new PlotLine("a <line>", [(1, 10), (double.NaN, 3), (2, 20)]),
        new PlotLine("dots", [(1, 1), (2, 2), (3, 3)], IsDots: true),
    ])
    { Marks = [new PlotMark("a mark & more", 1.5), new PlotMark("nowhere", double.NaN)] };
}
