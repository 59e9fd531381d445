namespace Fabric.Silo.OAuth.Registration;

/// <summary>
/// What is kept of a client beside the agent that it is. <paramref name="Initial"/>: the initial access token that it came by, which said that it may use <paramref name="Ceiling"/> and be at
/// <paramref name="Hosts"/>. <paramref name="Current"/> and <paramref name="Previous"/>: SHA-256 of registration access tokens, in hex. <paramref name="Salt"/>: with it the previous token makes the current
/// one once more, and nothing else does.
/// </summary>
internal sealed record RegisteredClient(
    string Id, string Initial, string? Name, string Method, IReadOnlyList<string> Grants, bool NeedsProof, IReadOnlyList<string> Ceiling, IReadOnlyList<string>? Hosts, long RegisteredAtMs,
    string Current, string? Previous, string? Salt, long RotatedAtMs)
{
    /// <summary>Whether the client has registered for a grant.</summary>
    public bool MayUse(string grant) => Grants.Contains(grant, StringComparer.Ordinal);
}
