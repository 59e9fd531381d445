using System.Buffers;
using System.Text;
using Fabric.LoadTests.Compare.Reports;
using Fabric.LoadTests.Reports;

namespace Fabric.LoadTests.Drills.Reports;

/// <summary>The report of a drill as one page that asks nothing of a network, in the style of the comparison's, light or dark as its reader's system is.</summary>
internal static class DrillPage
{
    private const string Lines = """
        :root { --line2: #17743a; --line3: #8a3ffc; --line4: #b3261e; --line5: #00707c; --line6: #9a6700; --line7: #5d6670; }
        @media (prefers-color-scheme: dark) { :root { --line2: #6fcf8e; --line3: #c3a1ff; --line4: #ff8a80; --line5: #5cd0dc; --line6: #e0b252; --line7: #9aa4ae; } }
        .line0 { stroke: var(--fabric); } .line1 { stroke: var(--peer); } .line2 { stroke: var(--line2); } .line3 { stroke: var(--line3); } .line4 { stroke: var(--line4); } .line5 { stroke: var(--line5); } .line6 { stroke: var(--line6); } .line7 { stroke: var(--line7); }
        .dot0 { fill: var(--fabric); } .dot1 { fill: var(--peer); } .dot2 { fill: var(--line2); } .dot3 { fill: var(--line3); } .dot4 { fill: var(--line4); } .dot5 { fill: var(--line5); } .dot6 { fill: var(--line6); } .dot7 { fill: var(--line7); }
        .key0 { color: var(--fabric); } .key1 { color: var(--peer); } .key2 { color: var(--line2); } .key3 { color: var(--line3); } .key4 { color: var(--line4); } .key5 { color: var(--line5); } .key6 { color: var(--line6); } .key7 { color: var(--line7); }
        .line4 { stroke-dasharray: 9 4; } .line5 { stroke-dasharray: 3 4; } .line6 { stroke-dasharray: 12 4 3 4; } .line7 { stroke-dasharray: 6 3; }
        figcaption span { font-weight: 600; } figure { margin-top: 1.6rem; } svg.swatch { width: auto; height: .6em; margin-right: .35em; }
        .signs { font-family: ui-monospace, "DejaVu Sans Mono", monospace; font-size: 12.5px; overflow-wrap: anywhere; }
        """;

    // A picture of signs is read column by column.
    private static readonly SearchValues<char> Signs = SearchValues.Create([DenialPicture.AllDenied, DenialPicture.Mixed]);

    /// <summary>Writes the page.</summary>
    public static string Write(RunReport report, string description, RunStamp stamp, IReadOnlyList<Plot> plots)
    {
        var page = new StringBuilder();
        page.Append("<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\" /><meta name=\"viewport\" content=\"width=device-width, initial-scale=1\" />");
        page.Append("<title>").Append(Html.Text($"Fabric: {report.Scenario}")).Append("</title><style>").Append(HtmlReport.Style).Append(Lines).Append("</style></head><body>\n");
        page.Append("<h1>").Append(Html.Text($"Fabric: {report.Scenario}")).Append("</h1><p>").Append(Html.Text(description)).Append("</p><p class=\"soft\">")
            .Append(RunHead.Write(report.Machine, stamp))
            .Append(report.IsFullSize ? "" : " A short run: the bars are meant for the full size.").Append("</p>\n");
        page.Append(report.PromisesBroken.Count == 0 ? "<p class=\"met\">No promise broke.</p>\n" : "");
        foreach (var promise in report.PromisesBroken)
        {
            page.Append("<p class=\"not\">Promise broken: ").Append(Html.Text(promise)).Append("</p>\n");
        }

        foreach (var plot in plots)
        {
            page.Append("<h2>").Append(Html.Text(plot.Title)).Append("</h2><figure>").Append(LinePlot.Draw(plot)).Append("<figcaption>")
                .Append(LinePlot.Key(plot)).Append(plot.Lines.Count > 1 && plot.Caption.Length > 0 ? ". " : "").Append(Html.Text(plot.Caption)).Append("</figcaption></figure>\n");
        }

        Table(page, report);
        page.Append("<h2>How to read it</h2><ul>");
        foreach (var note in report.Notes)
        {
            page.Append(note.AsSpan().ContainsAny(Signs) ? "<li class=\"signs\">" : "<li>").Append(Html.Text(note)).Append("</li>");
        }

        return page.Append("</ul>\n</body></html>\n").ToString();
    }

    private static void Table(StringBuilder page, RunReport report)
    {
        page.Append("<h2>Values</h2><div class=\"wide\"><table><thead><tr><th>metric</th><th class=\"n\">value</th><th>unit</th><th class=\"n\">bar</th><th></th></tr></thead><tbody>\n");
        foreach (var metric in report.Metrics)
        {
            var (bar, verdict) = (Bar.Of(metric.Name), DrillSummary.Verdict(metric));
            page.Append("<tr><td>").Append(Html.Text(metric.Name)).Append("</td><td class=\"n\">").Append(Metric.Format(metric.Value))
                .Append("</td><td>").Append(Html.Text(metric.Unit)).Append("</td><td class=\"n\">").Append(Html.Text(bar?.ToString() ?? ""))
                .Append("</td><td class=\"").Append(verdict == "met" ? "met" : "not").Append("\">").Append(verdict).Append("</td></tr>\n");
        }

        page.Append("</tbody></table></div>\n");
    }
}
