using System.Buffers;
using System.Buffers.Text;
using System.Text.Json;
using Fabric.Core.Keys;

namespace Fabric.Core.Tokens;

/// <summary>Public keys as JSON Web Keys (RFC 7517; EC keys by RFC 7518 section 6.2).</summary>
public static class JwkJson
{
    /// <summary>Appends one key: `kty`, `crv`, `x`, `y`, `kid`, `alg`, `use`.</summary>
    public static void Write(VerificationKey key, IBufferWriter<byte> destination)
    {
        using var writer = new Utf8JsonWriter(destination);
        WriteKey(writer, key);
    }

    /// <summary>Appends a key set: `{"keys":[...]}` (RFC 7517 section 5).</summary>
    public static void WriteSet(IEnumerable<VerificationKey> keys, IBufferWriter<byte> destination)
    {
        using var writer = new Utf8JsonWriter(destination);
        writer.WriteStartObject();
        writer.WriteStartArray("keys"u8);
        foreach (var key in keys)
        {
            WriteKey(writer, key);
        }

        writer.WriteEndArray();
        writer.WriteEndObject();
    }

    private static void WriteKey(Utf8JsonWriter writer, VerificationKey key)
    {
        writer.WriteStartObject();
        writer.WriteString("kty"u8, "EC"u8);
        writer.WriteString("crv"u8, "P-256"u8);
        writer.WriteString("x"u8, Base64Url.EncodeToString(key.X.Span));
        writer.WriteString("y"u8, Base64Url.EncodeToString(key.Y.Span));
        writer.WriteString("kid"u8, key.Kid);
        writer.WriteString("alg"u8, "ES256"u8);
        writer.WriteString("use"u8, "sig"u8);
        writer.WriteEndObject();
    }
}
