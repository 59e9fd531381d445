using System.Security.Cryptography;

namespace Fabric.Core.Tokens;

/// <summary>Verifies ES256 signatures (RFC 7518 section 3.4) under one public key. Safe for any number of threads.</summary>
public sealed class TokenVerifier : IDisposable
{
    private readonly EcdsaPool _pool;

    /// <summary>A verifier under the P-256 point (x, y), 32 big-endian bytes each. Throws <see cref="ArgumentException"/> when it is not on the curve.</summary>
    public TokenVerifier(ReadOnlySpan<byte> x, ReadOnlySpan<byte> y) => _pool = new EcdsaPool(x, y, default);

    /// <summary>Whether the signature of the token that <paramref name="parsed"/> was made of is this key's.</summary>
    public bool Verify(ParsedToken parsed, ReadOnlySpan<byte> utf8Token) =>
        parsed.SigningInputLength <= utf8Token.Length && Verify(utf8Token[..parsed.SigningInputLength], parsed.Signature.Span);

    /// <summary>
    /// Whether <paramref name="signature"/> (r and s, 32 bytes each) is this key's over <paramref name="signingInput"/>. Anybody can turn a signature
    /// into a second valid one of the same input, so a signature is no name for a token; its `jti` is.
    /// </summary>
    public bool Verify(ReadOnlySpan<byte> signingInput, ReadOnlySpan<byte> signature)
    {
        if (signature.Length != TokenWriter.SignatureSize)
        {
            return false;
        }

        var ecdsa = _pool.Rent();
        try
        {
            return ecdsa.VerifyData(signingInput, signature, HashAlgorithmName.SHA256, DSASignatureFormat.IeeeP1363FixedFieldConcatenation);
        }
        finally
        {
            _pool.Return(ecdsa);
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _pool.Dispose();
}
