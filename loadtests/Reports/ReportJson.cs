using System.Text.Json;
using Fabric.LoadTests.Measure;

namespace Fabric.LoadTests.Reports;

/// <summary>
/// The report for machines: `{"scenario":…, "date":…, "commit":…, "command":…, "machine":{…}, "metrics":{"name":{"value":…, "unit":…}}, "promisesBroken":[…]}`. Of several
/// scenarios it is one object: scenario `all`, all metrics together.
/// </summary>
internal static class ReportJson
{
    /// <summary>Writes the report of one run, or of several as one, to a file. <paramref name="more"/>: adds members of its own.</summary>
    public static void Write(string path, string scenario, RunStamp stamp, IReadOnlyList<RunReport> reports, Action<Utf8JsonWriter>? more = null)
    {
        using var file = File.Create(path);
        using var writer = new Utf8JsonWriter(file, new JsonWriterOptions { Indented = true });
        writer.WriteStartObject();
        writer.WriteString("scenario", scenario);
        writer.WriteString("date", stamp.At);
        writer.WriteString("commit", stamp.Commit);
        writer.WriteString("command", stamp.Command);
        WriteMachine(writer, reports[0].Machine);
        writer.WriteBoolean("fullSize", reports.All(report => report.IsFullSize));
        writer.WriteStartObject("metrics");
        foreach (var metric in reports.SelectMany(report => report.Metrics))
        {
            WriteMetric(writer, metric);
        }

        writer.WriteEndObject();
        WriteTexts(writer, "promisesBroken", reports.SelectMany(report => report.PromisesBroken));
        WriteTexts(writer, "notes", reports.SelectMany(report => report.Notes));
        more?.Invoke(writer);
        writer.WriteEndObject();
    }

    private static void WriteMachine(Utf8JsonWriter writer, MachineInfo machine)
    {
        writer.WriteStartObject("machine");
        writer.WriteString("cpu", machine.Cpu);
        writer.WriteNumber("cores", machine.Cores);
        writer.WriteNumber("memoryMb", machine.MemoryMb);
        writer.WriteString("os", machine.Os);
        writer.WriteString("runtime", machine.Runtime);
        writer.WriteString("garbageCollector", machine.GarbageCollector);
        writer.WriteNumber("es256SignUs", Math.Round(machine.Es256SignUs, 2));
        writer.WriteNumber("es256VerifyUs", Math.Round(machine.Es256VerifyUs, 2));
        writer.WriteEndObject();
    }

    private static void WriteMetric(Utf8JsonWriter writer, Metric metric)
    {
        writer.WriteStartObject(metric.Name);
        if (double.IsFinite(metric.Value))
        {
            writer.WriteNumber("value", metric.Value);
        }
        else
        {
            writer.WriteNull("value");
        }

        writer.WriteString("unit", metric.Unit);
        if (Bar.Of(metric.Name) is { } bar)
        {
            writer.WriteString("bar", bar.ToString());
            writer.WriteBoolean("met", bar.IsMetBy(metric.Value));
        }

        writer.WriteEndObject();
    }

    private static void WriteTexts(Utf8JsonWriter writer, string name, IEnumerable<string> texts)
    {
        writer.WriteStartArray(name);
        foreach (var text in texts)
        {
            writer.WriteStringValue(text);
        }

        writer.WriteEndArray();
    }
}
