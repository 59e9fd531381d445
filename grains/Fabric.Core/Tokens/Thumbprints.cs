using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;

namespace Fabric.Core.Tokens;

/// <summary>SHA-256 thumbprints of keys (RFC 7638), in base64url: how a token names the key whose holder alone may use it (`cnf.jkt`).</summary>
public static class Thumbprints
{
    /// <summary>Characters of a thumbprint.</summary>
    public const int Length = 43;

    /// <summary>The thumbprint of a P-256 point, 32 bytes each, big-endian.</summary>
    public static string Of(ReadOnlySpan<byte> x, ReadOnlySpan<byte> y)
    {
        // RFC 7638 section 3.2: the required members in the order of their names, without white space.
        var json = $$"""{"crv":"P-256","kty":"EC","x":"{{Base64Url.EncodeToString(x)}}","y":"{{Base64Url.EncodeToString(y)}}"}""";
        return Base64Url.EncodeToString(SHA256.HashData(Encoding.ASCII.GetBytes(json)));
    }

    /// <summary>Whether a text is a thumbprint.</summary>
    public static bool IsValid(string? text) => text is { Length: Length } && Base64Url.IsValid(text, out var bytes) && bytes == SHA256.HashSizeInBytes;
}
