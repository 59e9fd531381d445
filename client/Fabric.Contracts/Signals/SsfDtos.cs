using System.Text.Json;
using System.Text.Json.Serialization;

namespace Fabric.Contracts.Signals;

/// <summary>
/// Makes or changes a stream (OpenID SSF 1.0 section 8.1.1): what a receiver supplies, and what it may repeat of the transmitter's, which must then be right. Unknown
/// fields are passed over.
/// </summary>
public sealed record SsfStreamRequest(
    [property: JsonPropertyName("stream_id")] string? StreamId = null, [property: JsonPropertyName("events_requested")] IReadOnlyList<string>? EventsRequested = null,
    SsfDelivery? Delivery = null, string? Description = null, string? Iss = null, string? Aud = null);

/// <summary>
/// How a stream is delivered (SSF 1.0 section 6.1). <paramref name="Method"/>: `urn:ietf:rfc:8936` (poll; the address is the transmitter's) or `urn:ietf:rfc:8935` (push; the address is the
/// receiver's). <paramref name="AuthorizationHeader"/>: what is sent as `Authorization` with each push; a secret, which no answer has.
/// </summary>
public sealed record SsfDelivery(
    string? Method = null, [property: JsonPropertyName("endpoint_url")] string? EndpointUrl = null,
    [property: JsonPropertyName("authorization_header")] string? AuthorizationHeader = null)
{
    /// <summary>Without the secret, and without the address, which may hold one: a log is no place for them.</summary>
    public override string ToString() => $"{nameof(SsfDelivery)} {{ {Method} }}";
}

/// <summary>A stream's configuration (SSF 1.0 section 8.1.1).</summary>
public sealed record SsfStreamInfo(
    [property: JsonPropertyName("stream_id")] string StreamId, string Iss, string Aud, SsfDelivery Delivery,
    [property: JsonPropertyName("events_supported")] IReadOnlyList<string> EventsSupported,
    [property: JsonPropertyName("events_requested")] IReadOnlyList<string> EventsRequested,
    [property: JsonPropertyName("events_delivered")] IReadOnlyList<string> EventsDelivered,
    [property: JsonPropertyName("min_verification_interval")] int MinVerificationInterval, string? Description = null);

/// <summary>A stream's status (SSF 1.0 section 8.1.2): `enabled`, `paused` or `disabled`. <paramref name="Push"/>: how its delivery goes; passed over in a request.</summary>
public sealed record SsfStatus([property: JsonPropertyName("stream_id")] string? StreamId = null, string? Status = null, string? Reason = null, SsfPushState? Push = null);

/// <summary>
/// How the delivery by push goes: attempts that failed in a row, when the next one is made, when one succeeded last, how many events the receiver has refused for good, and what it said last.
/// </summary>
public sealed record SsfPushState(
    int Failures, [property: JsonPropertyName("retry_at")] DateTimeOffset? RetryAt, [property: JsonPropertyName("delivered_at")] DateTimeOffset? DeliveredAt, long Refused,
    [property: JsonPropertyName("last_error")] SsfPushError? LastError);

/// <summary>
/// Why an event was not taken. <paramref name="Err"/>: the receiver's error code (RFC 8935 section 2.4), or of our own: `http_STATUS`, `unreachable`, `timeout`, `redirected`, `address`.
/// </summary>
public sealed record SsfPushError(string Err, string? Description, string Jti, DateTimeOffset At);

/// <summary>Adds a subject to a stream or removes it (SSF 1.0 section 8.1.3).</summary>
public sealed record SsfSubject([property: JsonPropertyName("stream_id")] string? StreamId = null, JsonElement? Subject = null, bool? Verified = null);

/// <summary>Asks for a verification event (SSF 1.0 section 8.1.4).</summary>
public sealed record SsfVerification([property: JsonPropertyName("stream_id")] string? StreamId = null, string? State = null);

/// <summary>Asks for events, and acknowledges others (RFC 8936 section 2.2).</summary>
public sealed record SsfPoll(
    int? MaxEvents = null, bool ReturnImmediately = false, IReadOnlyList<string>? Ack = null, JsonElement? SetErrs = null);

/// <summary>The events of a poll (RFC 8936 section 2.3): security event tokens by `jti`.</summary>
public sealed record SsfPollAnswer(IReadOnlyDictionary<string, string> Sets, bool MoreAvailable);

/// <summary>What a transmitter says of itself (SSF 1.0 section 7.1).</summary>
public sealed record SsfConfiguration(
    [property: JsonPropertyName("spec_version")] string SpecVersion, string Issuer, [property: JsonPropertyName("jwks_uri")] string JwksUri,
    [property: JsonPropertyName("delivery_methods_supported")] IReadOnlyList<string> DeliveryMethodsSupported,
    [property: JsonPropertyName("configuration_endpoint")] string ConfigurationEndpoint, [property: JsonPropertyName("status_endpoint")] string StatusEndpoint,
    [property: JsonPropertyName("add_subject_endpoint")] string AddSubjectEndpoint, [property: JsonPropertyName("remove_subject_endpoint")] string RemoveSubjectEndpoint,
    [property: JsonPropertyName("verification_endpoint")] string VerificationEndpoint,
    [property: JsonPropertyName("authorization_schemes")] IReadOnlyList<SsfAuthorization> AuthorizationSchemes,
    [property: JsonPropertyName("default_subjects")] string DefaultSubjects = "ALL");

/// <summary>How receivers authenticate (SSF 1.0 section 7.1.1).</summary>
public sealed record SsfAuthorization([property: JsonPropertyName("spec_urn")] string SpecUrn);
