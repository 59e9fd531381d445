using System.Globalization;
using System.Text;
using Fabric.LoadTests.Compare.Reports;
using Fabric.LoadTests.Reports;

namespace Fabric.LoadTests.Drills.Reports;

/// <summary>A plot as SVG: its axes, its lines in the page's colours, from the fifth on broken as well, its marks with their names.</summary>
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
    private const int RowHeight = 16;

    /// <summary>Draws it.</summary>
    public static string Draw(Plot plot)
    {
        var points = plot.Lines.SelectMany(line => line.Points).ToList();
        var marked = plot.Marks.Where(mark => double.IsFinite(mark.X)).ToList();
        var across = new PlotAxis([.. points.Select(point => point.X), .. marked.Select(mark => mark.X)], Left, Right, plot.IsLogAcross, isWidened: false);
        var up = new PlotAxis(points.Select(point => point.Y), Bottom, Top, plot.IsLogUp);
        var labels = MarkLabel.Place(marked.Select(mark => (mark.Name, across.At(mark.X))), 0, Width);

        // Further rows of names make room above.
        var above = labels.Select(label => label.Row * RowHeight).DefaultIfEmpty().Max();
        var svg = new StringBuilder();
        svg.Append(Of($"<svg viewBox=\"0 {-above} {Width} {Height + above}\" role=\"img\" aria-label=\"{Html.Text(plot.Title)}\">"));
        svg.Append(Of($"<text class=\"tick\" x=\"4\" y=\"{Top - 28 - above}\">{Html.Text(plot.Up)}</text>"));
        Axes(svg, plot, across, up);

        // The first line is what the plot is about: nothing is drawn over it.
        for (var i = plot.Lines.Count - 1; i >= 0; i--)
        {
            Line(svg, plot.Lines[i], i % Plot.LinesMax, across, up);
        }

        foreach (var label in labels)
        {
            var y = Top - 10 - (label.Row * RowHeight);
            svg.Append(Of($"<line class=\"even\" x1=\"{label.At:0.#}\" x2=\"{label.At:0.#}\" y1=\"{y - 8}\" y2=\"{Bottom}\" />"));
            svg.Append(Of($"<text class=\"tick\" x=\"{label.At + (label.IsLeft ? -MarkLabel.Gap : MarkLabel.Gap):0.#}\" y=\"{y}\" text-anchor=\"{(label.IsLeft ? "end" : "start")}\">{Html.Text(label.Name)}</text>"));
        }

        return svg.Append("</svg>").ToString();
    }

    /// <summary>The lines' names, each behind a piece of its line and in its colour; empty for one line.</summary>
    public static string Key(Plot plot) => plot.Lines.Count < 2
        ? ""
        : string.Join(", ", plot.Lines.Select((line, i) => Swatch(line, i % Plot.LinesMax) + $"<span class=\"key{i % Plot.LinesMax}\">{Html.Text(line.Name)}</span>"));

    private static string Swatch(PlotLine line, int colour) => line.IsDots
        ? $"<svg class=\"swatch\" viewBox=\"0 0 12 10\"><circle class=\"dot{colour}\" cx=\"6\" cy=\"5\" r=\"3.5\" /></svg>"
        : $"<svg class=\"swatch\" viewBox=\"0 0 28 10\"><polyline class=\"line{colour}\" points=\"0,5 28,5\" /></svg>";

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
