namespace Fabric.Client.Edges;

/// <summary>What a single check asks for beside the call.</summary>
/// <param name="MinRevision">Decide at this revision or a later one: what a mutation returned. 0: whatever the view has.</param>
/// <param name="Authoritative">Let the fabric itself decide, whatever the class.</param>
/// <param name="Timeout">How long an asynchronous check may take in all; null: the enforcement point's own.</param>
/// <param name="Audience">What the token's `aud` must be for this call; null: what the enforcement point's options say.</param>
/// <param name="ProofKey">The thumbprint of the key that the caller has proven to hold (RFC 9449); null: none, so that a token which is bound to a key is denied.</param>
public sealed record CheckOptions(
    ulong MinRevision = 0, bool Authoritative = false, TimeSpan? Timeout = null, string? Audience = null, string? ProofKey = null)
{
    internal static readonly CheckOptions None = new();
}
