using System.Text.Json.Serialization;

namespace Fabric.Contracts.Checks;

/// <summary>
/// Asks whether a token may make a call. <paramref name="Class"/>: `read`, `write` or `destructive` (also when unstated). <paramref name="ProofKey"/>: the thumbprint of the key
/// that the presenter has proven to hold (RFC 9449); a token that is bound to a key is denied without it.
/// </summary>
[JsonUnmappedMemberHandling(JsonUnmappedMemberHandling.Disallow)]
public sealed record CheckRequest(
    string Token, string Tool, string Action, string Resource = "", string? Class = null, string? Environment = null, ulong? MinRevision = null,
    string? Tenant = null, string? Audience = null, string? ProofKey = null)
{
    /// <summary>Without the token: a log is no place for it.</summary>
    public override string ToString() => $"{nameof(CheckRequest)} {{ {Tool} {Action} {Resource} }}";
}

/// <summary>Up to 1,000 checks in one request.</summary>
[JsonUnmappedMemberHandling(JsonUnmappedMemberHandling.Disallow)]
public sealed record CheckBatch(IReadOnlyList<CheckRequest> Checks);

/// <summary>
/// A decision: allowed, or denied with a code; the revision and staleness it was decided at; and, for a token that verified, who acts.
/// </summary>
public sealed record CheckAnswer(
    bool Allowed, string? Code, ulong Revision, long StalenessMs, bool BestEffort = false, string? Tenant = null, string? User = null,
    string? Agent = null, string? Session = null, string? Credential = null);

/// <summary>The answers to a <see cref="CheckBatch"/>, in its order.</summary>
public sealed record CheckAnswers(IReadOnlyList<CheckAnswer> Answers);
