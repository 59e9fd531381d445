using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;

namespace Fabric.Engine.Commands;

/// <summary>
/// Seals secrets for the disk: AES-256-GCM (NIST SP 800-38D) with a random 96-bit nonce, bound to what the secret is for, so that a sealed
/// key moved to another tenant or name does not open. Layout: version (1), nonce (12), tag (16), ciphertext. Safe for use by many threads.
/// </summary>
internal sealed class KeySealer
{
    /// <summary>Bytes of a master key.</summary>
    public const int KeySize = 32;

    private const byte Version = 1;
    private const int NonceSize = 12;
    private const int TagSize = 16;
    private const int HeaderSize = 1 + NonceSize + TagSize;

    private readonly byte[] _sealKey;
    private readonly byte[] _check;

    /// <summary>A sealer under a master key of <see cref="KeySize"/> bytes.</summary>
    public KeySealer(ReadOnlySpan<byte> key)
    {
        // Each use has a key of its own (HKDF, RFC 5869), so that the published check value says nothing about the sealing key.
        _sealKey = Derive(key, "fabric seal 1");
        _check = Derive(key, "fabric check 1");
    }

    /// <summary>32 bytes that tell this master key from another one without helping to guess it: stored beside the data, in the clear.</summary>
    public byte[] CheckValue => [.. _check];

    /// <summary>Whether a stored check value is this master key's.</summary>
    public bool Matches(ReadOnlySpan<byte> checkValue) => CryptographicOperations.FixedTimeEquals(checkValue, _check);

    /// <summary>The sealed secret. The same three texts open it.</summary>
    public byte[] Seal(ReadOnlySpan<byte> secret, string purpose, string tenant, string name)
    {
        var result = new byte[HeaderSize + secret.Length];
        result[0] = Version;
        var nonce = result.AsSpan(1, NonceSize);
        RandomNumberGenerator.Fill(nonce);
        using var cipher = new AesGcm(_sealKey, TagSize);
        cipher.Encrypt(nonce, secret, result.AsSpan(HeaderSize), result.AsSpan(1 + NonceSize, TagSize), Binding(purpose, tenant, name));
        return result;
    }

    /// <summary>
    /// The secret; the caller wipes it after use. Throws <see cref="CryptographicException"/> when it was sealed under another master key or
    /// for another purpose, tenant or name, or was changed.
    /// </summary>
    public byte[] Open(ReadOnlySpan<byte> @sealed, string purpose, string tenant, string name)
    {
        if (@sealed.Length < HeaderSize || @sealed[0] != Version)
        {
            throw new CryptographicException($"the sealed {purpose} `{name}` is malformed or of a newer version");
        }

        var secret = new byte[@sealed.Length - HeaderSize];
        using var cipher = new AesGcm(_sealKey, TagSize);
        cipher.Decrypt(@sealed.Slice(1, NonceSize), @sealed[HeaderSize..], @sealed.Slice(1 + NonceSize, TagSize), secret, Binding(purpose, tenant, name));
        return secret;
    }

    /// <summary>The associated data: version and texts, each with its length, so that no two triples have the same bytes.</summary>
    private static byte[] Binding(string purpose, string tenant, string name)
    {
        var length = 1 + (3 * sizeof(int)) + Encoding.UTF8.GetByteCount(purpose) + Encoding.UTF8.GetByteCount(tenant) + Encoding.UTF8.GetByteCount(name);
        var bytes = new byte[length];
        bytes[0] = Version;
        var at = 1;
        foreach (var text in (ReadOnlySpan<string>)[purpose, tenant, name])
        {
            var written = Encoding.UTF8.GetBytes(text, bytes.AsSpan(at + sizeof(int)));
            BinaryPrimitives.WriteInt32LittleEndian(bytes.AsSpan(at), written);
            at += sizeof(int) + written;
        }

        return bytes;
    }

    private static byte[] Derive(ReadOnlySpan<byte> key, string use)
    {
        var derived = new byte[KeySize];
        HKDF.DeriveKey(HashAlgorithmName.SHA256, key, derived, salt: [], Encoding.ASCII.GetBytes(use));
        return derived;
    }
}
