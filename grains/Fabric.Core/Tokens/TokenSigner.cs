using System.Buffers;
using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using Fabric.Core.Common;

namespace Fabric.Core.Tokens;

/// <summary>
/// Signs tokens with ES256 (RFC 7518 section 3.4) under one private key. Safe for any number of threads. The nonce of each signature comes from
/// the operating system inside of <see cref="ECDsa"/>: the one randomness in Core that is not passed in, since a nonce that a caller could
/// choose would give the key away.
/// </summary>
public sealed class TokenSigner : IDisposable
{
    [ThreadStatic]
    private static ArrayBufferWriter<byte>? _buffer;

    private readonly EcdsaPool _pool;

    /// <summary>A signer under a P-256 key: id, public point and private number, 32 big-endian bytes each. Throws <see cref="ArgumentException"/> when it is none.</summary>
    public TokenSigner(string kid, ReadOnlySpan<byte> x, ReadOnlySpan<byte> y, ReadOnlySpan<byte> d)
    {
        if (kid.Length is 0 or > TokenReader.KidLengthMax || !PlainText.Is(kid))
        {
            throw new ArgumentException($"a key id has 1 to {TokenReader.KidLengthMax} plain characters", nameof(kid));
        }

        if (d.Length != EcdsaPool.FieldSize)
        {
            throw new ArgumentException($"a private key has {EcdsaPool.FieldSize} bytes", nameof(d));
        }

        Kid = kid;
        _pool = new EcdsaPool(x, y, d);
    }

    /// <summary>The key's id, as tokens name it.</summary>
    public string Kid { get; }

    /// <summary>Writes the signature (r and s, 32 bytes each) of <paramref name="signingInput"/> to the first 64 bytes of <paramref name="signature"/>.</summary>
    public void Sign(ReadOnlySpan<byte> signingInput, Span<byte> signature)
    {
        var ecdsa = _pool.Rent();
        try
        {
            ecdsa.SignData(
                signingInput, signature[..TokenWriter.SignatureSize], HashAlgorithmName.SHA256, DSASignatureFormat.IeeeP1363FixedFieldConcatenation);
        }
        finally
        {
            _pool.Return(ecdsa);
        }
    }

    /// <summary>Appends a signed token in compact form, ASCII. Refuses, with nothing appended, what <see cref="TokenWriter.WriteSigningInput"/> refuses.</summary>
    public Rejection? WriteToken(TokenClaims claims, IBufferWriter<byte> destination)
    {
        var buffer = _buffer ??= new ArrayBufferWriter<byte>(2048);
        if (Fill(buffer, claims) is { } rejection)
        {
            return rejection;
        }

        buffer.WrittenSpan.CopyTo(destination.GetSpan(buffer.WrittenCount));
        destination.Advance(buffer.WrittenCount);
        return null;
    }

    /// <summary>A signed token in compact form. Refuses what <see cref="TokenWriter.WriteSigningInput"/> refuses.</summary>
    public Outcome<string> MakeToken(TokenClaims claims)
    {
        var buffer = _buffer ??= new ArrayBufferWriter<byte>(2048);
        return Fill(buffer, claims) is { } rejection ? rejection : Encoding.ASCII.GetString(buffer.WrittenSpan);
    }

    /// <inheritdoc/>
    public void Dispose() => _pool.Dispose();

    private Rejection? Fill(ArrayBufferWriter<byte> buffer, TokenClaims claims)
    {
        buffer.ResetWrittenCount();
        if (TokenWriter.WriteSigningInput(claims, Kid, buffer) is { } rejection)
        {
            return rejection;
        }

        Span<byte> signature = stackalloc byte[TokenWriter.SignatureSize];
        Sign(buffer.WrittenSpan, signature);
        var span = buffer.GetSpan(1 + TokenWriter.SignatureLength);
        span[0] = (byte)'.';
        Base64Url.EncodeToUtf8(signature, span[1..]);
        buffer.Advance(1 + TokenWriter.SignatureLength);
        return null;
    }
}
