using System.Text.Json;
using Fabric.Core.Common;

namespace Fabric.LoadTests.Scenarios;

/// <summary>Reads agent runs: one JSON object a line with `session`, `user`, `agent` and `calls` of `tool` and `args`. Blank lines are skipped.</summary>
internal static class TraceReader
{
    private const int LineCharsMax = 4 * 1024 * 1024;

    /// <summary>All runs of a file. Throws <see cref="LoadException"/> that names the line and what is wrong with it.</summary>
    public static List<TraceRun> ReadFile(string path)
    {
        if (!File.Exists(path))
        {
            throw new LoadException($"there is no trace file `{path}`");
        }

        using var reader = new StreamReader(path);
        return Read(reader);
    }

    /// <summary>All runs of a text. See <see cref="ReadFile"/>.</summary>
    public static List<TraceRun> Read(TextReader reader)
    {
        var runs = new List<TraceRun>();
        var number = 0;
        while (reader.ReadLine() is { } line)
        {
            number++;
            if (!string.IsNullOrWhiteSpace(line))
            {
                runs.Add(ReadLine(line, number));
            }
        }

        return runs.Count > 0 ? runs : throw new LoadException("the trace has no runs");
    }

    private static TraceRun ReadLine(string line, int number)
    {
        if (line.Length > LineCharsMax)
        {
            throw Bad(number, $"longer than {LineCharsMax:N0} characters");
        }

        try
        {
            using var json = JsonDocument.Parse(line, new JsonDocumentOptions { MaxDepth = 64 });
            var calls = json.RootElement.ValueKind == JsonValueKind.Object && json.RootElement.TryGetProperty("calls", out var list)
                && list.ValueKind == JsonValueKind.Array ? list : throw Bad(number, "`calls` must be a list");
            return new TraceRun(
                Text(json.RootElement, "session", number), Id(json.RootElement, "user", number), Id(json.RootElement, "agent", number),
                [.. calls.EnumerateArray().Select(call => ReadCall(call, number))]);
        }
        catch (JsonException fault)
        {
            throw Bad(number, $"not a JSON object (at byte {fault.BytePositionInLine})", fault);
        }
    }

    private static TraceCall ReadCall(JsonElement call, int number)
    {
        if (call.ValueKind != JsonValueKind.Object)
        {
            throw Bad(number, "a call must be an object");
        }

        var tool = Text(call, "tool", number);
        var args = call.TryGetProperty("args", out var found) && found.ValueKind == JsonValueKind.Object
            ? found
            : throw Bad(number, $"`args` of `{tool}` must be an object");
        return new TraceCall(tool, ResourceOf(tool, args), TraceCall.ClassOf(tool));
    }

    // The thing that the call is about: a reservation, else a user, else the tool itself.
    private static string ResourceOf(string tool, JsonElement args) =>
        args.TryGetProperty("reservation_id", out var reservation) && reservation.ValueKind == JsonValueKind.String ? $"reservation/{reservation.GetString()}"
        : args.TryGetProperty("user_id", out var user) && user.ValueKind == JsonValueKind.String ? $"user/{user.GetString()}"
        : tool;

    private static string Text(JsonElement parent, string name, int number) =>
        parent.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String && value.GetString() is { Length: > 0 } text
            ? text
            : throw Bad(number, $"`{name}` must be a text");

    private static string Id(JsonElement parent, string name, int number)
    {
        var text = Text(parent, name, number);
        return IdText.IsValid(text) ? text : throw Bad(number, $"`{name}` must have 1 to {IdText.LengthMax} letters, digits and `._-@:+`");
    }

    private static LoadException Bad(int number, string what, Exception? inner = null) => new($"line {number} of the trace: {what}", inner);
}
