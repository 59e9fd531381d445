namespace Fabric.Silo.OAuth.Refresh;

/// <summary>
/// The refresh tokens of one session, of which the newest alone is good. <paramref name="Current"/> and <paramref name="Previous"/>: SHA-256 of the tokens, in hex. <paramref name="Salt"/>: with it
/// the previous token makes the current one once more, and nothing else does. <paramref name="IsPublic"/>: of a client that proves itself by nothing.
/// </summary>
internal sealed record RefreshFamily(
    string Client, string User, string Session, string? ProofKey, string? Audience, string Current, string? Previous, string? Salt, long BegunAtMs, long RotatedAtMs, bool IsPublic = false);
