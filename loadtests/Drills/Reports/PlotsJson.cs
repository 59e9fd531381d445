using System.Text.Json;

namespace Fabric.LoadTests.Drills.Reports;

/// <summary>The plots for machines: `"plots":[{"title":…, "across":…, "up":…, "lines":[{"name":…, "points":[[x, y], …]}], "marks":[…]}]`, every point of them.</summary>
internal static class PlotsJson
{
    /// <summary>Writes the member.</summary>
    public static void Write(Utf8JsonWriter writer, IReadOnlyList<Plot> plots)
    {
        writer.WriteStartArray("plots");
        foreach (var plot in plots)
        {
            writer.WriteStartObject();
            writer.WriteString("title", plot.Title);
            writer.WriteString("across", plot.Across);
            writer.WriteString("up", plot.Up);
            writer.WriteStartArray("lines");
            foreach (var line in plot.Lines)
            {
                WriteLine(writer, line);
            }

            writer.WriteEndArray();
            writer.WriteStartArray("marks");
            foreach (var mark in plot.Marks)
            {
                writer.WriteStartObject();
                writer.WriteString("name", mark.Name);
                WriteFinite(writer, "x", mark.X);
                writer.WriteEndObject();
            }

            writer.WriteEndArray();
            writer.WriteEndObject();
        }

        writer.WriteEndArray();
    }

    private static void WriteLine(Utf8JsonWriter writer, PlotLine line)
    {
        writer.WriteStartObject();
        writer.WriteString("name", line.Name);
        writer.WriteStartArray("points");
        foreach (var (x, y) in line.Points.Where(point => double.IsFinite(point.X) && double.IsFinite(point.Y)))
        {
            writer.WriteStartArray();
            writer.WriteNumberValue(x);
            writer.WriteNumberValue(y);
            writer.WriteEndArray();
        }

        writer.WriteEndArray();
        writer.WriteEndObject();
    }

    private static void WriteFinite(Utf8JsonWriter writer, string name, double value)
    {
        if (double.IsFinite(value))
        {
            writer.WriteNumber(name, value);
        }
        else
        {
            writer.WriteNull(name);
        }
    }
}
