using System.Buffers.Binary;
using System.Buffers.Text;
using System.Security.Cryptography;
using Fabric.Core.Common;
using Fabric.Silo.Hosting;

namespace Fabric.Silo.OAuth;

/// <summary>
/// The nonces that DPoP proofs carry (RFC 9449 section 8): they say that a proof was made within the last minutes, whatever the client's clock says, and after this fabric
/// started. Nothing is kept: a nonce is its window's number with a keyed hash. Silos of a cluster share the key; a process alone makes its own, so that none from before its start holds.
/// </summary>
internal sealed class DpopNonces(ReadOnlyMemory<byte> key)
{
    /// <summary>How long one nonce is handed out; it is taken for as long again.</summary>
    public static readonly TimeSpan Window = TimeSpan.FromMinutes(2);

    private const int MacSize = 16;
    private const int Size = sizeof(long) + MacSize;
    private const int KeySize = 32;

    /// <summary>The nonces of a host with these settings.</summary>
    public static DpopNonces For(SiloOptions options) => new(
        options is { IsCluster: true, MasterKey: { } master }
            ? HKDF.DeriveKey(HashAlgorithmName.SHA256, Convert.FromBase64String(master), KeySize, salt: [], "fabric dpop nonce"u8.ToArray())
            : RandomNumberGenerator.GetBytes(KeySize));

    /// <summary>The nonce of this moment.</summary>
    public string Current(Instant now) => Make(now.UnixMs / (long)Window.TotalMilliseconds);

    /// <summary>Whether a nonce is of this window or the one before.</summary>
    public bool IsValid(string nonce, Instant now)
    {
        var window = now.UnixMs / (long)Window.TotalMilliseconds;
        return IsSame(nonce, window) || IsSame(nonce, window - 1);
    }

    private bool IsSame(string nonce, long window) =>
        CryptographicOperations.FixedTimeEquals(System.Runtime.InteropServices.MemoryMarshal.AsBytes(nonce.AsSpan()), System.Runtime.InteropServices.MemoryMarshal.AsBytes(Make(window).AsSpan()));

    private string Make(long window)
    {
        Span<byte> nonce = stackalloc byte[Size];
        BinaryPrimitives.WriteInt64BigEndian(nonce, window);
        Span<byte> mac = stackalloc byte[HMACSHA256.HashSizeInBytes];
        HMACSHA256.HashData(key.Span, nonce[..sizeof(long)], mac);
        mac[..MacSize].CopyTo(nonce[sizeof(long)..]);
        return Base64Url.EncodeToString(nonce);
    }
}
