using System.Text.Json;

namespace Fabric.LoadTests.Reports.Written;

/// <summary>One run as its JSON tells it.</summary>
/// <param name="Name">The file's name, without its ending.</param>
/// <param name="Scenario">What was run.</param>
/// <param name="Stamp">When, of which commit and by which command.</param>
/// <param name="Machine">On what.</param>
/// <param name="IsFullSize">Whether it had the size that the bars are meant for.</param>
/// <param name="Broken">The promises that broke.</param>
/// <param name="Bars">The values that have a bar.</param>
internal sealed record WrittenRun(
    string Name, string Scenario, RunStamp Stamp, string Machine, bool IsFullSize, IReadOnlyList<string> Broken, IReadOnlyList<WrittenBar> Bars)
{
    /// <summary>Reads the text of a file that a verb has written. Throws <see cref="LoadException"/>, which names it, when it is none.</summary>
    public static WrittenRun Parse(string name, string text)
    {
        try
        {
            using var json = JsonDocument.Parse(text);
            var (root, machine) = (json.RootElement, json.RootElement.GetProperty("machine"));
            return new WrittenRun(
                name, Text(root, "scenario"), new RunStamp(root.GetProperty("date").GetDateTimeOffset(), Text(root, "commit"), Text(root, "command")),
                $"{Text(machine, "cpu")}, {machine.GetProperty("cores").GetInt32()} cores, {machine.GetProperty("memoryMb").GetInt64():N0} MB, {Text(machine, "os")}, {Text(machine, "runtime")}",
                root.GetProperty("fullSize").GetBoolean(), [.. root.GetProperty("promisesBroken").EnumerateArray().Select(each => each.GetString() ?? "")],
                [.. root.GetProperty("metrics").EnumerateObject().Where(metric => metric.Value.TryGetProperty("bar", out _)).Select(BarOf)]);
        }
        catch (Exception fault) when (fault is JsonException or KeyNotFoundException or InvalidOperationException or FormatException)
        {
            throw new LoadException($"{name}.json is no report of a run: {fault.Message}");
        }
    }

    private static WrittenBar BarOf(JsonProperty metric)
    {
        var value = metric.Value.GetProperty("value");
        return new WrittenBar(
            metric.Name, value.ValueKind == JsonValueKind.Null ? double.NaN : value.GetDouble(), Text(metric.Value, "unit"), Text(metric.Value, "bar"), metric.Value.GetProperty("met").GetBoolean());
    }

    private static string Text(JsonElement element, string name) => element.GetProperty(name).GetString() ?? throw new FormatException($"`{name}` is no text");
}
