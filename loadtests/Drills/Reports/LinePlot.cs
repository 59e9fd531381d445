using System.Globalization;
using System.Text;
using Fabric.LoadTests.Compare.Reports;
using Fabric.LoadTests.Reports;

namespace Fabric.LoadTests.Drills.Reports;

/// <summary>A plot as SVG: its axes, its lines in the page's colours, its marks with their names.</summary>
internal static class LinePlot
{
    /// <summary>Points of a line that are drawn; of a longer one every so many, with the first and the last.</summary>
    public const int PointsMax = 1_500;

    private const int Width = 900;
    private const int Height = 340;
    private const int Left = 84;
    private const int Right = 880;
    private const int Top = 44;
    private const int Bottom = 286;

    /// <summary>Draws it.</summary>
    public static string Draw(Plot plot)
    {
        var points = plot.Lines.SelectMany(line => line.Points).ToList();
        var across = new PlotAxis([.. points.Select(point => point.X), .. plot.Marks.Select(mark => mark.X)], Left, Right, plot.IsLogAcross);
        var up = new PlotAxis(points.Select(point => point.Y), Bottom, Top, plot.IsLogUp);
        var svg = new StringBuilder();
        svg.Append(Of($"<svg viewBox=\"0 0 {Width} {Height}\" role=\"img\" aria-label=\"{Html.Text(plot.Title)}\">"));
        Axes(svg, plot, across, up);
        for (var i = 0; i < plot.Lines.Count; i++)
        {
            Line(svg, plot.Lines[i], i % Plot.LinesMax, across, up);
        }

        foreach (var mark in plot.Marks)
        {
            var at = across.At(mark.X);
            var side = at > (Left + Right) / 2.0 ? "end" : "start";
            svg.Append(Of($"<line class=\"even\" x1=\"{at:0.#}\" x2=\"{at:0.#}\" y1=\"{Top - 18}\" y2=\"{Bottom}\" />"));
            svg.Append(Of($"<text class=\"tick\" x=\"{at + (side == "end" ? -4 : 4):0.#}\" y=\"{Top - 10}\" text-anchor=\"{side}\">{Html.Text(mark.Name)}</text>"));
        }

        return svg.Append("</svg>").ToString();
    }

    /// <summary>The lines' names in their colours; empty for one line.</summary>
    public static string Key(Plot plot) => plot.Lines.Count < 2
        ? ""
        : string.Join(", ", plot.Lines.Select((line, i) => $"<span class=\"key{i % Plot.LinesMax}\">{Html.Text(line.Name)}</span>"));

    private static void Axes(StringBuilder svg, Plot plot, PlotAxis across, PlotAxis up)
    {
        foreach (var mark in up.Marks)
        {
            svg.Append(Of($"<line class=\"grid\" x1=\"{Left}\" x2=\"{Right}\" y1=\"{up.At(mark):0.#}\" y2=\"{up.At(mark):0.#}\" />"));
            svg.Append(Of($"<text class=\"tick\" x=\"{Left - 8}\" y=\"{up.At(mark) + 4:0.#}\" text-anchor=\"end\">{Short(mark)}</text>"));
        }

        foreach (var mark in across.Marks)
        {
            svg.Append(Of($"<line class=\"grid\" x1=\"{across.At(mark):0.#}\" x2=\"{across.At(mark):0.#}\" y1=\"{Bottom}\" y2=\"{Bottom + 5}\" />"));
            svg.Append(Of($"<text class=\"tick\" x=\"{across.At(mark):0.#}\" y=\"{Bottom + 20}\" text-anchor=\"middle\">{Short(mark)}</text>"));
        }

        svg.Append(Of($"<text class=\"tick\" x=\"{(Left + Right) / 2}\" y=\"{Height - 10}\" text-anchor=\"middle\">{Html.Text(plot.Across)}</text>"));
        svg.Append(Of($"<text class=\"tick\" x=\"4\" y=\"{Top - 28}\">{Html.Text(plot.Up)}</text>"));
    }

    private static void Line(StringBuilder svg, PlotLine line, int colour, PlotAxis across, PlotAxis up)
    {
        var points = Thin(line.Points).Where(point => double.IsFinite(point.X) && double.IsFinite(point.Y)).ToList();
        if (line.IsDots)
        {
            foreach (var (x, y) in points)
            {
                svg.Append(Of($"<circle class=\"dot{colour}\" cx=\"{across.At(x):0.#}\" cy=\"{up.At(y):0.#}\" r=\"3.5\" />"));
            }

            return;
        }

        svg.Append(Of($"<polyline class=\"line{colour}\" points=\"{string.Join(' ', points.Select(point => Of($"{across.At(point.X):0.#},{up.At(point.Y):0.#}")))}\" />"));
    }

    private static IEnumerable<(double X, double Y)> Thin(IReadOnlyList<(double X, double Y)> points)
    {
        var every = Math.Max(1, (points.Count + PointsMax - 1) / PointsMax);
        return points.Where((_, i) => i % every == 0 || i == points.Count - 1);
    }

    private static string Short(double value) => Math.Abs(value) switch
    {
        >= 1e9 => Of($"{value / 1e9:0.##} G"),
        >= 1e6 => Of($"{value / 1e6:0.##} M"),
        >= 1e4 => Of($"{value / 1e3:0.##} k"),
        _ => Metric.Format(Math.Round(value, 6)),
    };

    private static string Of(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
