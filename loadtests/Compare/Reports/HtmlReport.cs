using System.Text;
using Fabric.LoadTests.Compare.Pairs;
using Fabric.LoadTests.Measure;
using Fabric.LoadTests.Reports;

namespace Fabric.LoadTests.Compare.Reports;

/// <summary>The report as one page that asks nothing of a network: tables, plots as SVG, light or dark as its reader's system is.</summary>
internal static class HtmlReport
{
    /// <summary>The style that all reports share.</summary>
    internal const string Style = """
        :root { color-scheme: light dark; --back: #fcfcfb; --text: #1d2126; --soft: #5d6670; --line: #d9dde1; --fabric: #1f66d0; --peer: #c4570c; --good: #17743a; --bad: #b3261e; }
        @media (prefers-color-scheme: dark) { :root { --back: #15181c; --text: #e6e9ec; --soft: #9aa4ae; --line: #363d45; --fabric: #75aefc; --peer: #f29a5c; --good: #6fcf8e; --bad: #ff8a80; } }
        body { background: var(--back); color: var(--text); font: 15px/1.5 system-ui, sans-serif; max-width: 1080px; margin: 2rem auto; padding: 0 1rem; }
        h1 { font-size: 1.6rem; margin-bottom: .2rem; } h2 { font-size: 1.15rem; margin-top: 2.2rem; } h2::first-letter { text-transform: uppercase; } p.soft, li, figcaption { color: var(--soft); }
        .command { display: block; white-space: pre; overflow-x: auto; margin-top: .3rem; font-size: 12.5px; }
        .wide { overflow-x: auto; } table { border-collapse: collapse; width: 100%; font-size: 13.5px; font-variant-numeric: tabular-nums; }
        th, td { text-align: left; padding: .4rem .7rem .4rem 0; border-bottom: 1px solid var(--line); vertical-align: top; } th { color: var(--soft); font-weight: 600; }
        td.n, th.n { text-align: right; } td.n { white-space: nowrap; } .met { color: var(--good); font-weight: 600; } .not { color: var(--bad); font-weight: 600; }
        svg { width: 100%; height: auto; } svg text { fill: var(--text); font-size: 13px; } svg .tick { fill: var(--soft); font-size: 11.5px; } svg .value { font-weight: 600; }
        .grid { stroke: var(--line); } .even { stroke: var(--soft); stroke-dasharray: 4 4; } .spread { stroke: var(--fabric); stroke-width: 3; stroke-linecap: round; opacity: .55; }
        .median { fill: var(--fabric); } .bar { stroke: var(--peer); stroke-width: 3; } polyline { fill: none; stroke-width: 2.5; stroke-linejoin: round; }
        polyline.fabric { stroke: var(--fabric); } polyline.peer { stroke: var(--peer); } .key-fabric { color: var(--fabric); font-weight: 600; } .key-peer { color: var(--peer); font-weight: 600; }
        .plots { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(440px, 100%), 1fr)); gap: 1.4rem; } figure { margin: 0; }
        """;

    /// <summary>Writes the page.</summary>
    public static string Write(RunReport report, IReadOnlyList<PairResult> results, RunStamp stamp)
    {
        var page = new StringBuilder();
        page.Append("<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\" /><meta name=\"viewport\" content=\"width=device-width, initial-scale=1\" />");
        page.Append("<title>Fabric, side by side</title><style>").Append(Style).Append("</style></head><body>\n");
        page.Append("<h1>Fabric, side by side</h1><p class=\"soft\">")
            .Append(RunHead.Write(report.Machine, stamp)).Append("</p><p class=\"soft\">Each pair ran A B A B on this machine in one run; ratios are of the two sides of one round.</p>\n");
        Broken(page, report.PromisesBroken);
        page.Append("<h2>How many times better Fabric was</h2><p class=\"soft\">Dot: the median of the rounds. Line: from the lowest to the highest. Upright mark: what it must reach. Left of 1× the peer was better.</p>\n");
        page.Append("<figure>").Append(RatioPlot.Draw(results)).Append("</figure>\n");
        Table(page, results);
        Latencies(page, results);
        page.Append("<h2>How to read it</h2><ul>");
        foreach (var note in report.Notes)
        {
            page.Append("<li>").Append(Html.Text(note)).Append("</li>");
        }

        return page.Append("</ul>\n</body></html>\n").ToString();
    }

    private static void Broken(StringBuilder page, IReadOnlyList<string> broken)
    {
        foreach (var promise in broken)
        {
            page.Append("<p class=\"not\">Promise broken: ").Append(Html.Text(promise)).Append("</p>");
        }
    }

    private static void Table(StringBuilder page, IReadOnlyList<PairResult> results)
    {
        page.Append("<div class=\"wide\"><table><thead><tr><th>pair</th><th>Fabric</th><th>peer</th><th class=\"n\">times better (spread)</th><th class=\"n\">bar</th><th></th><th class=\"n\">CPU an operation, client + server: Fabric</th><th class=\"n\">peer</th><th class=\"n\">repeated</th></tr></thead><tbody>\n");
        foreach (var result in results)
        {
            var (spec, verdict) = (result.Spec, PairText.Verdict(result));
            page.Append("<tr><td>").Append(Html.Text(PairText.Short(spec)))
                .Append("</td><td>").Append(Html.Text($"{spec.FabricWork}: {PairText.Value(result.Values.Fabric, spec.Unit)}"))
                .Append("</td><td>").Append(Html.Text($"{spec.PeerWork}: {PairText.Value(result.Values.Peer, spec.Unit)}"))
                .Append("</td><td class=\"n\">").Append(PairText.Spread(result))
                .Append("</td><td class=\"n\">").Append(Html.Text(PairText.BarOf(spec)))
                .Append("</td><td class=\"").Append(verdict == "met" ? "met" : "not").Append("\">").Append(verdict)
                .Append("</td><td class=\"n\">").Append(PairText.Cpu(result.CpuUs(round => round.Fabric)))
                .Append("</td><td class=\"n\">").Append(PairText.Cpu(result.CpuUs(round => round.Peer)))
                .Append("</td><td class=\"n\">").Append(result.Repeated).Append(result.Contaminated > 0 ? $" ({result.Contaminated} contaminated)" : "").Append("</td></tr>\n");
        }

        page.Append("</tbody></table></div>\n");
    }

    private static void Latencies(StringBuilder page, IReadOnlyList<PairResult> results)
    {
        page.Append("<h2>Latency, from a schedule</h2><p class=\"soft\">Each operation has a time at which it is due, and its latency counts from then: a side that stands still is charged for all that were due meanwhile. ")
            .Append("<span class=\"key-fabric\">Fabric</span> and <span class=\"key-peer\">the peer</span>, both axes logarithmic.</p><div class=\"plots\">\n");
        foreach (var result in results)
        {
            if (result.Latencies is not var (fabric, peer, perSecond))
            {
                continue;
            }

            page.Append("<figure>").Append(PercentilePlot.Draw(result.Spec, fabric, peer)).Append("<figcaption>")
                .Append(Html.Text($"{PairText.Short(result.Spec)}, {perSecond:N0} a second: {result.Spec.FabricWork} ({Told(fabric)}) beside {result.Spec.PeerWork} ({Told(peer)})"))
                .Append("</figcaption></figure>\n");
        }

        page.Append("</div>\n");
    }

    private static string Told(LatencyRecorder latencies) => string.Join(", ", PercentilePlot.Told.Where(percent => PercentilePlot.IsTold(latencies, percent))
        .Select(percent => $"p{percent} {PairText.Milliseconds(Math.Round(latencies.PercentileMs(percent), 4))}"));
}
