using System.Text.Json.Serialization;

namespace Fabric.Silo.OAuth.Registration;

/// <summary>
/// What is kept of a client beside the agent that it is. <paramref name="Initial"/>: the initial access token that it came by, which said that it may use <paramref name="Ceiling"/> and be at
/// <paramref name="Hosts"/>. <paramref name="Current"/>, <paramref name="Previous"/>, <paramref name="Salt"/> and <paramref name="RotatedAtMs"/> are the <see cref="TokenChain"/> of its registration access
/// tokens.
/// </summary>
internal sealed record RegisteredClient(
    string Id, string Initial, string? Name, string Method, IReadOnlyList<string> Grants, bool NeedsProof, IReadOnlyList<string> Ceiling, IReadOnlyList<string>? Hosts, long RegisteredAtMs,
    string Current, string? Previous, string? Salt, long RotatedAtMs)
{
    /// <summary>The registration access tokens.</summary>
    [JsonIgnore]
    public TokenChain Chain
    {
        get => new(Current, Previous, Salt, RotatedAtMs);
        init => (Current, Previous, Salt, RotatedAtMs) = value;
    }

    /// <summary>Whether the client has registered for a grant.</summary>
    public bool MayUse(string grant) => Grants.Contains(grant, StringComparer.Ordinal);
}
