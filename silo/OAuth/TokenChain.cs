namespace Fabric.Silo.OAuth;

/// <summary>
/// Tokens of which each replaces the one before, and the newest alone is good. <paramref name="Current"/> and <paramref name="Previous"/>: SHA-256 of tokens, in hex. <paramref name="Salt"/>: with it the
/// previous token makes the current one once more, and nothing else does.
/// </summary>
internal readonly record struct TokenChain(string Current, string? Previous, string? Salt, long RotatedAtMs);
