using Fabric.Core.Tokens;

namespace Fabric.Core.Keys;

/// <summary>One key of a ring, with a verifier that is made when it is first needed: most of a large ring's keys verify nothing at this process.</summary>
internal sealed class RingKey
{
    private readonly Lazy<TokenVerifier?> _verifier;

    public RingKey(VerificationKey key)
        : this(key, new Lazy<TokenVerifier?>(() => Make(key)))
    {
    }

    private RingKey(VerificationKey key, Lazy<TokenVerifier?> verifier)
    {
        Key = key;
        _verifier = verifier;
    }

    public VerificationKey Key { get; }

    public bool IsFor(VerificationKey other) =>
        Key.Tenant == other.Tenant && Key.TenantHandle == other.TenantHandle && Key.X.Span.SequenceEqual(other.X.Span) && Key.Y.Span.SequenceEqual(other.Y.Span);

    public RingKey With(VerificationKey key) => new(key, _verifier);

    /// <summary>Whether the token's signature is this key's.</summary>
    public bool Verify(ParsedToken parsed, ReadOnlySpan<byte> utf8Token) => _verifier.Value is { } verifier && verifier.Verify(parsed, utf8Token);

    // A point that is not on the curve verifies nothing.
    private static TokenVerifier? Make(VerificationKey key)
    {
        try
        {
            return new TokenVerifier(key.X.Span, key.Y.Span);
        }
        catch (ArgumentException)
        {
            return null;
        }
    }
}
