namespace Fabric.LoadTests.Scenarios;

/// <summary>One agent run of a trace.</summary>
internal sealed record TraceRun(string Session, string User, string Agent, IReadOnlyList<TraceCall> Calls);

/// <summary>One tool call of a run, as it is checked. <paramref name="Class"/>: `read`, `write` or `destructive`.</summary>
internal sealed record TraceCall(string Tool, string Resource, string Class)
{
    /// <summary>The action of every call of a trace.</summary>
    public const string Action = "call";

    private static readonly string[] Reads = ["get_", "search_", "list_", "calculate", "think"];
    private static readonly string[] Writes = ["update_", "book_", "send_", "transfer_"];

    /// <summary>The class of a tool by its name. What the name does not tell is destructive, as for the fabric itself.</summary>
    public static string ClassOf(string tool) =>
        Reads.Any(prefix => tool.StartsWith(prefix, StringComparison.Ordinal)) ? "read"
        : Writes.Any(prefix => tool.StartsWith(prefix, StringComparison.Ordinal)) ? "write"
        : "destructive";
}
