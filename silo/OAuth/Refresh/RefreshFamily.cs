using System.Text.Json.Serialization;

namespace Fabric.Silo.OAuth.Refresh;

/// <summary>
/// The refresh tokens of one session. <paramref name="Current"/>, <paramref name="Previous"/>, <paramref name="Salt"/> and <paramref name="RotatedAtMs"/> are their <see cref="TokenChain"/>.
/// <paramref name="IsPublic"/>: of a client that proves itself by nothing.
/// </summary>
internal sealed record RefreshFamily(
    string Client, string User, string Session, string? ProofKey, string? Audience, string Current, string? Previous, string? Salt, long BegunAtMs, long RotatedAtMs, bool IsPublic = false)
{
    /// <summary>The tokens.</summary>
    [JsonIgnore]
    public TokenChain Chain
    {
        get => new(Current, Previous, Salt, RotatedAtMs);
        init => (Current, Previous, Salt, RotatedAtMs) = value;
    }
}
