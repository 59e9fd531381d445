using System.Text.Json.Nodes;

namespace Fabric.Silo.Signals;

/// <summary>A receiver's stream as it is stored. Immutable: a change is a new one, written whole.</summary>
internal sealed record SignalStream
{
    public required string Id { get; init; }

    public required string Tenant { get; init; }

    /// <summary>Whose stream it is: the caller's name.</summary>
    public required string Receiver { get; init; }

    public required string Audience { get; init; }

    public IReadOnlyList<string> EventsRequested { get; init; } = [];

    public string? Description { get; init; }

    public string Status { get; init; } = "enabled";

    public string? Reason { get; init; }

    /// <summary>All changes up to here are acknowledged or no signals for this stream; null: from the oldest that the fabric keeps.</summary>
    public required string? Cursor { get; init; }

    /// <summary>Acknowledged behind one that is not.</summary>
    public IReadOnlyList<string> Acknowledged { get; init; } = [];

    /// <summary>Events about the stream itself that are not acknowledged.</summary>
    public IReadOnlyList<OwnSignal> Own { get; init; } = [];

    /// <summary>Subjects of which no event is sent.</summary>
    public IReadOnlyList<JsonNode> Removed { get; init; } = [];

    public DateTimeOffset VerifiedAt { get; init; }

    /// <summary>The most events about itself that a stream holds (B1); the oldest give way.</summary>
    private const int OwnMax = 16;

    /// <summary>This stream with an event about itself to be delivered.</summary>
    public SignalStream WithOwn(string type, JsonObject fields) =>
        this with { Own = [.. Own.TakeLast(OwnMax - 1), new OwnSignal($"{Id}.{Guid.NewGuid():n}", type, fields)] };

    /// <summary>An event about the stream itself.</summary>
    internal sealed record OwnSignal(string Jti, string Type, JsonObject Fields);
}
