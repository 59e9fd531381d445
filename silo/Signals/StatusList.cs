using System.Buffers;
using System.Buffers.Text;
using System.IO.Compression;
using System.Text;
using System.Text.Json;
using Fabric.Core.Common;
using Fabric.Core.Index;
using Fabric.Engine;

namespace Fabric.Silo.Signals;

/// <summary>A list of one status, of two bits, as a signed token: JWT (section 5.1 of draft-ietf-oauth-status-list) or CWT (section 5.2).</summary>
internal sealed record StatusList(string Issuer, string Uri, byte Status, DateTimeOffset IssuedAt, int TtlSeconds)
{
    public const string Jwt = "application/statuslist+jwt";
    public const string Cwt = "application/statuslist+cwt";

    private const int Bits = 2;
    private const byte Valid = 0;
    private const byte Invalid = 1;
    private const byte Suspended = 2;

    // Section 4.1: the statuses, from the lowest bits on, as a ZLIB stream. There are no others than these.
    private static readonly byte[][] Compressed = [Compress(Valid), Compress(Invalid), Compress(Suspended)];

    private long ExpiresAt => IssuedAt.ToUnixTimeSeconds() + (2L * TtlSeconds);

    /// <summary>What a verdict of the index is as a status: a lock may end, all else is final.</summary>
    public static byte StatusOf(in LineageVerdict verdict) => !verdict.Dead ? Valid : verdict.Locked ? Suspended : Invalid;

    /// <summary>The list as a JWT, ASCII, and the key that signed it.</summary>
    public Outcome<(string Kid, byte[] Bytes)> SignJwt(IFabricEngine engine, string tenant)
    {
        var signed = engine.Sign(tenant, kid => Encoding.ASCII.GetBytes($"{Part(json => WriteHead(json, kid))}.{Part(WriteClaims)}"));
        return signed.IsOk
            ? (signed.Value.Kid, [.. signed.Value.Input.Span, (byte)'.', .. Encoding.ASCII.GetBytes(Base64Url.EncodeToString(signed.Value.Signature.Span))])
            : signed.Rejection;
    }

    /// <summary>The list as a CWT: a tagged COSE_Sign1 (RFC 9052 section 4.2), and the key that signed it.</summary>
    public Outcome<(string Kid, byte[] Bytes)> SignCwt(IFabricEngine engine, string tenant)
    {
        var (head, claims) = (Array.Empty<byte>(), Claims());
        var signed = engine.Sign(tenant, kid =>
        {
            // alg ES256, kid, type (RFC 9596).
            head = new CborWriter().Map(3).Integer(1).Integer(-7).Integer(4).Bytes(Encoding.UTF8.GetBytes(kid)).Integer(16).Text(Cwt).ToArray();
            return new CborWriter().Array(4).Text("Signature1").Bytes(head).Bytes([]).Bytes(claims).ToArray();
        });
        return signed.IsOk
            ? (signed.Value.Kid, new CborWriter().Tag(18).Array(4).Bytes(head).Map(0).Bytes(claims).Bytes(signed.Value.Signature.Span).ToArray())
            : signed.Rejection;
    }

    private static void WriteHead(Utf8JsonWriter json, string kid)
    {
        json.WriteString("alg", "ES256");
        json.WriteString("typ", "statuslist+jwt");
        json.WriteString("kid", kid);
    }

    private void WriteClaims(Utf8JsonWriter json)
    {
        json.WriteString("iss", Issuer);
        json.WriteString("sub", Uri);
        json.WriteNumber("iat", IssuedAt.ToUnixTimeSeconds());
        json.WriteNumber("exp", ExpiresAt);
        json.WriteNumber("ttl", TtlSeconds);
        json.WriteStartObject("status_list");
        json.WriteNumber("bits", Bits);
        json.WriteString("lst", Base64Url.EncodeToString(Compressed[Status]));
        json.WriteEndObject();
    }

    private byte[] Claims() => new CborWriter().Map(6)
        .Integer(1).Text(Issuer).Integer(2).Text(Uri).Integer(4).Integer(ExpiresAt).Integer(6).Integer(IssuedAt.ToUnixTimeSeconds())
        .Integer(65_533).Map(2).Text("lst").Bytes(Compressed[Status]).Text("bits").Integer(Bits)
        .Integer(65_534).Integer(TtlSeconds).ToArray();

    private static string Part(Action<Utf8JsonWriter> write)
    {
        var bytes = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(bytes))
        {
            json.WriteStartObject();
            write(json);
            json.WriteEndObject();
        }
        return Base64Url.EncodeToString(bytes.WrittenSpan);
    }

    private static byte[] Compress(byte status)
    {
        using var bytes = new MemoryStream();
        using (var zlib = new ZLibStream(bytes, CompressionLevel.SmallestSize))
        {
            zlib.WriteByte(status);
        }
        return bytes.ToArray();
    }
}
