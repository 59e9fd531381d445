using System.Text.Json;
using System.Xml.Linq;
using Fabric.LoadTests.Drills.Reports;
using Fabric.LoadTests.Measure;
using Fabric.LoadTests.Reports;

namespace Fabric.LoadTests.Tests.Drills;

public sealed class DrillReportTests
{
    private static readonly MachineInfo Machine = new("a <processor>", 2, 1_024, "an os", "a runtime", "workstation", 20, 40);
    private static readonly RunStamp Stamp = new(DateTimeOffset.UnixEpoch, "abc123", "drill <leak>");

    [Fact]
    public void The_page_is_well_formed_whatever_stands_in_it_and_asks_nothing_of_a_network()
    {
        var report = new RunReport("drill \"x\"", Machine);
        report.Note("<script>alert(1)</script> & more");
        report.Broken("R1: \"edge\" <allowed>");
        report.Add("storm.revoke_slower", 1.5, "<times>");

        var page = DrillPage.Write(report, "a & b", Stamp, [Sample()]);

        var body = XDocument.Parse(page[page.IndexOf("<html", StringComparison.Ordinal)..]);
        Assert.Empty(body.Descendants("script"));
        Assert.DoesNotContain("://", page, StringComparison.Ordinal);
        Assert.DoesNotContain("@import", page, StringComparison.Ordinal);
        Assert.DoesNotContain(body.Descendants().Attributes(), each => each.Name.LocalName is "src" or "href");
        Assert.Contains("Promise broken: R1: \"edge\" <allowed>", body.Descendants("p").Select(each => each.Value));
        Assert.Equal(["NOT MET"], body.Descendants("tbody").Elements("tr").Select(row => row.Elements("td").ElementAt(4).Value));
        Assert.Contains("prefers-color-scheme: dark", page, StringComparison.Ordinal);
        Assert.Contains("1970-01-01 00:00 UTC, commit abc123; a <processor>, 2 cores", body.Root!.Value, StringComparison.Ordinal);
        Assert.Equal("drill <leak>", Assert.Single(body.Descendants("code")).Value);
        Assert.DoesNotContain("No promise broke", page, StringComparison.Ordinal);
        Assert.Contains("PROMISE BROKEN: R1", DrillSummary.Write(report, Stamp), StringComparison.Ordinal);
    }

    [Fact]
    public void A_plot_has_each_line_its_dots_and_its_marks_and_passes_over_what_is_no_number()
    {
        var svg = XElement.Parse(LinePlot.Draw(Sample()));

        var line = Assert.Single(svg.Elements("polyline"));
        Assert.Equal(2, ((string?)line.Attribute("points"))!.Split(' ').Length);
        Assert.Equal(3, svg.Elements("circle").Count());
        Assert.Contains("a mark & more", svg.Elements("text").Select(text => text.Value));
        Assert.DoesNotContain("nowhere", svg.Value, StringComparison.Ordinal);
        Assert.DoesNotContain("NaN", svg.ToString(), StringComparison.Ordinal);
        var key = XElement.Parse($"<p>{LinePlot.Key(Sample())}</p>");
        Assert.Equal(("a <line>, dots", 2), (key.Value, key.Elements("svg").Count()));
        Assert.Equal(["key0", "key1"], key.Elements("span").Select(name => (string?)name.Attribute("class")));
    }

    [Fact]
    public void The_names_of_close_marks_stand_beside_or_above_each_other()
    {
        var two = MarkLabel.Place([("the report arrives", 300), ("confirmed", 303)], 0, 900);

        Assert.Equal([(0, true), (0, false)], two.Select(label => (label.Row, label.IsLeft)));
        for (var count = 1; count <= 6; count++)
        {
            var labels = MarkLabel.Place(Enumerable.Range(0, count).Select(i => ($"a mark of some length {i}", 500.0 + (3 * i))), 0, 900);

            Assert.Equal(count, labels.Count);
            var clashes = from one in labels
                          from other in labels
                          where !ReferenceEquals(one, other) && one.Row == other.Row && one.Span.From < other.Span.To && other.Span.From < one.Span.To
                          select (one, other);
            Assert.Empty(clashes);
            Assert.All(labels, label => Assert.InRange(label.Span.From, 0, label.Span.To));
        }
    }

    [Fact]
    public void A_name_goes_to_the_side_that_has_room_for_it_and_marks_far_apart_share_a_row()
    {
        var labels = MarkLabel.Place([("at the left end", 2), ("in the middle", 450), ("at the right end", 898)], 0, 900);

        Assert.Equal([(0, false), (0, false), (0, true)], labels.Select(label => (label.Row, label.IsLeft)));
    }

    [Fact]
    public void Further_rows_of_names_make_the_plot_taller()
    {
        var close = Sample() with { Marks = [.. Enumerable.Range(0, 4).Select(i => new PlotMark("a mark of some length", 1.5 + (i / 1e4)))] };

        var (one, four) = (XElement.Parse(LinePlot.Draw(Sample())), XElement.Parse(LinePlot.Draw(close)));

        Assert.Equal("0 0 900 340", (string?)one.Attribute("viewBox"));
        Assert.Equal("0 -16 900 356", (string?)four.Attribute("viewBox"));
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
    [InlineData(300, 546, new double[] { 0, 100, 200, 300, 400, 500, 600 })]
    [InlineData(500, 546, new double[] { 500, 510, 520, 530, 540, 550 })]
    public void A_linear_axis_is_widened_to_round_steps(double low, double high, double[] marks)
    {
        var axis = new PlotAxis([low, high, double.NaN], 0, 100, isLog: false);

        Assert.Equal(marks, axis.Marks.Select(mark => Math.Round(mark, 6)));
        Assert.Equal((0, 100), (axis.At(marks[0]), Math.Round(axis.At(marks[^1]), 6)));
    }

    [Fact]
    public void An_axis_that_is_not_widened_ends_where_its_values_do()
    {
        var axis = new PlotAxis([-198, 597], 0, 100, isLog: false, isWidened: false);

        Assert.Equal([0, 200, 400], axis.Marks);
        Assert.Equal((0, 100), (axis.At(-198), axis.At(597)));
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
    [InlineData(false, "scale", "--silos", "3")]
    [InlineData(true, "scale", "--silos", "0")]
    [InlineData(false, "report", "docs/results")]
    [InlineData(true, "report")]
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
