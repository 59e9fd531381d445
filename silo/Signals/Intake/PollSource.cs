using System.Text.Json.Serialization;

namespace Fabric.Silo.Signals.Intake;

/// <summary>
/// Where a transmitter's events are polled (RFC 8936), and how that goes. <paramref name="SealedAuthorization"/>: the header `Authorization`, sealed; null: none.
/// <paramref name="NextAtMs"/>: not before this is the next poll; who moves it on makes that poll.
/// </summary>
internal sealed record PollSource(string EndpointUrl, string? SealedAuthorization, long NextAtMs = 0, int Failures = 0, string? LastError = null, long? LastErrorAtMs = null, long? PolledAtMs = null)
{
    /// <summary>Without the address, which may hold a secret, and the sealed one.</summary>
    public override string ToString() => $"{nameof(PollSource)} {{ Failures = {Failures} }}";
}

/// <summary>How sources are written.</summary>
[JsonSourceGenerationOptions(DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(PollSource))]
internal sealed partial class PollSourceJson : JsonSerializerContext;
