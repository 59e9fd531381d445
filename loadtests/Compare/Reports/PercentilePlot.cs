using System.Globalization;
using System.Text;
using Fabric.LoadTests.Compare.Pairs;
using Fabric.LoadTests.Measure;

namespace Fabric.LoadTests.Compare.Reports;

/// <summary>Latency over percentile, both logarithmic: each step to the right leaves a tenth of the operations.</summary>
internal static class PercentilePlot
{
    /// <summary>The percentiles that are told.</summary>
    public static readonly IReadOnlyList<double> Told = [50, 90, 99, 99.9, 99.99];

    private const int Width = 440;
    private const int Height = 250;
    private const int Left = 62;
    private const int Right = 425;
    private const int Top = 16;
    private const int Bottom = 215;
    private const int StepsPerDecade = 12;

    /// <summary>The plot of a pair's latencies as SVG.</summary>
    public static string Draw(PairSpec spec, LatencyRecorder fabric, LatencyRecorder peer)
    {
        var across = new LogScale([1, Math.Max(10, 1 / (1 - (Told[^1] / 100)))], Left, Right);
        var up = new LogScale([fabric.PercentileMs(1), peer.PercentileMs(1), fabric.MaxNs / 1e6, peer.MaxNs / 1e6], Bottom, Top);
        var svg = new StringBuilder();
        svg.Append(Of($"<svg viewBox=\"0 0 {Width} {Height}\" role=\"img\" aria-label=\"Latency percentiles: {Html.Text(PairText.Short(spec))}\">"));
        foreach (var mark in up.Marks)
        {
            svg.Append(Of($"<line class=\"grid\" x1=\"{Left}\" x2=\"{Right}\" y1=\"{up.At(mark):0.#}\" y2=\"{up.At(mark):0.#}\" />"));
            svg.Append(Of($"<text class=\"tick\" x=\"{Left - 8}\" y=\"{up.At(mark) + 4:0.#}\" text-anchor=\"end\">{PairText.Milliseconds(mark)}</text>"));
        }

        foreach (var percent in Told)
        {
            svg.Append(Of($"<text class=\"tick\" x=\"{across.At(100 / (100 - percent)):0.#}\" y=\"{Bottom + 20}\" text-anchor=\"{(percent == Told[^1] ? "end" : "middle")}\">p{percent}</text>"));
        }

        svg.Append(Curve("peer", peer, across, up)).Append(Curve("fabric", fabric, across, up));
        return svg.Append("</svg>").ToString();
    }

    /// <summary>Whether so few were measured that a percentile would be one of them by chance.</summary>
    public static bool IsTold(LatencyRecorder latencies, double percent) => latencies.Count * (100 - percent) / 100 >= 0.999;

    private static string Curve(string side, LatencyRecorder latencies, LogScale across, LogScale up)
    {
        var points = Enumerable.Range(0, (4 * StepsPerDecade) + 1).Select(step => Math.Pow(10, step / (double)StepsPerDecade))
            .Select(left => (Left: left, Percent: 100 - (100 / left))).Where(each => IsTold(latencies, each.Percent))
            .Select(each => Of($"{across.At(each.Left):0.#},{up.At(latencies.PercentileNs(each.Percent) / 1e6):0.#}"));
        return $"<polyline class=\"{side}\" points=\"{string.Join(' ', points)}\" />";
    }

    private static string Of(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
