using System.Globalization;
using System.Text;
using Fabric.LoadTests.Compare.Pairs;
using Fabric.LoadTests.Reports;

namespace Fabric.LoadTests.Compare.Reports;

/// <summary>All pairs' ratios on one logarithmic axis: a line from the lowest round to the highest, a dot at the median, a mark at the bar.</summary>
internal static class RatioPlot
{
    private const int Width = 900;
    private const int Left = 300;
    private const int Right = 820;
    private const int RowHeight = 34;
    private const int Top = 30;

    /// <summary>The plot as SVG.</summary>
    public static string Draw(IReadOnlyList<PairResult> results)
    {
        var height = Top + (RowHeight * results.Count) + 10;
        var bars = results.Select(result => Bar.Of(result.Spec.Name)?.Value).OfType<double>();
        var scale = new LogScale([.. results.SelectMany(result => result.Ratios), .. bars, 1], Left, Right);
        var svg = new StringBuilder();
        svg.Append(Of($"<svg viewBox=\"0 0 {Width} {height}\" role=\"img\" aria-label=\"How many times better Fabric was, pair by pair\">"));
        foreach (var mark in scale.Marks)
        {
            svg.Append(Of($"<line class=\"{(mark == 1 ? "even" : "grid")}\" x1=\"{scale.At(mark):0.#}\" x2=\"{scale.At(mark):0.#}\" y1=\"{Top - 8}\" y2=\"{height - 10}\" />"));
            svg.Append(Of($"<text class=\"tick\" x=\"{scale.At(mark):0.#}\" y=\"{Top - 14}\" text-anchor=\"middle\">{Metric.Format(mark)}×</text>"));
        }

        for (var i = 0; i < results.Count; i++)
        {
            Row(svg, results[i], scale, Top + (RowHeight * i) + (RowHeight / 2));
        }

        return svg.Append("</svg>").ToString();
    }

    private static void Row(StringBuilder svg, PairResult result, LogScale scale, int y)
    {
        var label = Html.Text(PairText.Short(result.Spec));
        svg.Append(Of($"<text x=\"{Left - 14}\" y=\"{y + 4}\" text-anchor=\"end\">{label}</text>"));
        svg.Append(Of($"<line class=\"spread\" x1=\"{scale.At(result.Ratios.Min()):0.#}\" x2=\"{scale.At(result.Ratios.Max()):0.#}\" y1=\"{y}\" y2=\"{y}\" />"));
        svg.Append(Of($"<circle class=\"median\" cx=\"{scale.At(result.Ratio):0.#}\" cy=\"{y}\" r=\"5\"><title>{label}: {PairText.Spread(result)}</title></circle>"));
        if (Bar.Of(result.Spec.Name) is { } bar)
        {
            svg.Append(Of($"<line class=\"bar\" x1=\"{scale.At(bar.Value):0.#}\" x2=\"{scale.At(bar.Value):0.#}\" y1=\"{y - 11}\" y2=\"{y + 11}\" />"));
        }

        svg.Append(Of($"<text class=\"value\" x=\"{Width - 4}\" y=\"{y + 4}\" text-anchor=\"end\">{Metric.Format(result.Ratio)}×</text>"));
    }

    private static string Of(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
