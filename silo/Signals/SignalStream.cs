using System.Text.Json.Nodes;
using System.Text.Json.Serialization;
using Fabric.Silo.Signals.Push;

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

    /// <summary>Where it is pushed to, and how that goes; null: it is polled. Left out then, so that a host of an earlier version can read it.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public PushDelivery? Push { get; init; }

    /// <summary>
    /// Whether there may be something to push: a stream that is paused or disabled holds everything, but for what the fabric says of a change of its own (SSF 1.0 section 8.1.5).
    /// </summary>
    [JsonIgnore]
    public bool IsPushed => Push is not null && (Status == "enabled" || Own.Any(own => own.Type == SignalEvents.StreamUpdated));

    /// <summary>The most events about itself that a stream holds (B1); the oldest give way.</summary>
    private const int OwnMax = 16;

    /// <summary>The most that is acknowledged behind what is not (B1).</summary>
    private const int AcknowledgedMax = 1_000;

    /// <summary>This stream with an event about itself to be delivered.</summary>
    public SignalStream WithOwn(string type, JsonObject fields) =>
        this with { Own = [.. Own.TakeLast(OwnMax - 1), new OwnSignal($"{Id}.{Guid.NewGuid():n}", type, fields)] };

    /// <summary>This stream once its receiver is done with events: it has acknowledged them, or refused them for good.</summary>
    public SignalStream WithDone(IReadOnlySet<string> done) => this with
    {
        Own = [.. Own.Where(own => !done.Contains(own.Jti))],
        Acknowledged =
        [
            .. Acknowledged.Union(done.Where(jti => jti.StartsWith(Id + ".c", StringComparison.Ordinal) && jti.Length < 100), StringComparer.Ordinal).TakeLast(AcknowledgedMax),
        ],
    };

    /// <summary>An event about the stream itself.</summary>
    internal sealed record OwnSignal(string Jti, string Type, JsonObject Fields);
}
