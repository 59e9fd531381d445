using System.Text.Json.Serialization;

namespace Fabric.LoadTests.Processes;

/// <summary>What the storm's process is told, one JSON object a line. <paramref name="Cores"/>: with <see cref="StormOps.Burn"/>, how many cores to keep busy, parts of one too.</summary>
internal sealed record StormOrder(string Op, double Cores = 0);

/// <summary>
/// What it answers to each order. After <see cref="StormOps.Stop"/>: what was <paramref name="Revoked"/> and answered, the processor time that the process has used for it and how
/// long it went on. <paramref name="Fault"/>: why the work ended by itself.
/// </summary>
internal sealed record StormTally(long Revoked = 0, double RanMs = 0, double TookMs = 0, string? Fault = null);

/// <summary>The orders.</summary>
internal static class StormOps
{
    /// <summary>Revokes with all callers as fast as they are answered, until stopped.</summary>
    public const string Revoke = "revoke";

    /// <summary>Uses as much processor time as it is told on nothing that leaves the process, until stopped.</summary>
    public const string Burn = "burn";

    /// <summary>Stops, waits for what is under way, and tells what was done.</summary>
    public const string Stop = "stop";
}

/// <summary>Orders and answers as JSON.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
[JsonSerializable(typeof(StormOrder))]
[JsonSerializable(typeof(StormTally))]
internal sealed partial class StormJson : JsonSerializerContext;
