using System.Buffers;
using System.Buffers.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using Fabric.Core.Common;
using Fabric.Core.Lineages;

namespace Fabric.Core.Tokens;

/// <summary>Writes what is signed: the header and payload of a JWT access token (RFC 7515 section 3.1, RFC 9068).</summary>
public static class TokenWriter
{
    /// <summary>Bytes of an ES256 signature: r and s, 32 each (RFC 7518 section 3.4).</summary>
    public const int SignatureSize = 64;

    /// <summary>Characters of a signature in the token.</summary>
    public const int SignatureLength = 86;

    // One per thread: a token is written in one go, and issuing is a hot path.
    [ThreadStatic]
    private static Scratch? _scratch;

    /// <summary>
    /// Appends `base64url(header).base64url(payload)`, ASCII, to the destination. <see cref="Codes.LimitReached"/>, with nothing appended, when the
    /// token would be longer than a reader accepts or has too long a chain of actors; else null. The claims' texts are valid ids and plain text.
    /// </summary>
    public static Rejection? WriteSigningInput(TokenClaims claims, string kid, IBufferWriter<byte> destination)
    {
        if (claims.Actors.Count > TokenClaims.ActorsMax)
        {
            return new Rejection(Codes.LimitReached, "act", $"a token names at most {TokenClaims.ActorsMax} actors");
        }

        var scratch = _scratch ??= new Scratch();
        var json = scratch.Write(claims, kid, out var headerLength);
        var headerEncoded = Base64Url.GetEncodedLength(headerLength);
        var length = headerEncoded + 1 + Base64Url.GetEncodedLength(json.Length - headerLength);
        if (length + 1 + SignatureLength > TokenReader.LengthMax)
        {
            return new Rejection(Codes.LimitReached, "token", $"a token has at most {TokenReader.LengthMax} bytes");
        }

        var span = destination.GetSpan(length);
        Base64Url.EncodeToUtf8(json[..headerLength], span);
        span[headerEncoded] = (byte)'.';
        Base64Url.EncodeToUtf8(json[headerLength..], span[(headerEncoded + 1)..]);
        destination.Advance(length);
        return null;
    }

    private static void WriteHeader(Utf8JsonWriter writer, string kid)
    {
        writer.WriteStartObject();
        writer.WriteString("alg"u8, "ES256"u8);
        writer.WriteString("typ"u8, "at+jwt"u8);
        writer.WriteString("kid"u8, kid);
        writer.WriteEndObject();
    }

    private static void WritePayload(Utf8JsonWriter writer, TokenClaims claims)
    {
        writer.WriteStartObject();
        writer.WriteString("iss"u8, claims.Issuer);
        writer.WriteString("sub"u8, claims.Subject);
        writer.WriteString("aud"u8, claims.Audience);
        writer.WriteNumber("exp"u8, claims.ExpiresAt.UnixSeconds);
        writer.WriteNumber("iat"u8, claims.IssuedAt.UnixSeconds);
        WriteId(writer, "jti"u8, claims.CredentialId);
        writer.WriteString("client_id"u8, claims.ClientId);
        WriteId(writer, "sid"u8, claims.SessionId);
        writer.WriteString("tenant"u8, claims.Tenant);
        writer.WritePropertyName("authorization_details"u8);
        writer.WriteRawValue(claims.Scopes.Json, skipInputValidation: true);
        WriteActors(writer, claims.Actors);
        if (claims.ProofKey is { } key)
        {
            writer.WriteStartObject("cnf"u8);
            writer.WriteString("jkt"u8, key);
            writer.WriteEndObject();
        }

        WriteLineage(writer, claims.Lineage);
        WriteStatus(writer, claims.StatusUri);
        writer.WriteEndObject();
    }

    private static void WriteStatus(Utf8JsonWriter writer, string? uri)
    {
        if (uri is null)
        {
            return;
        }

        writer.WriteStartObject("status"u8);
        writer.WriteStartObject("status_list"u8);
        writer.WriteNumber("idx"u8, StatusUri.Index);
        writer.WriteString("uri"u8, uri);
        writer.WriteEndObject();
        writer.WriteEndObject();
    }

    private static void WriteId(Utf8JsonWriter writer, ReadOnlySpan<byte> name, UInt128 id)
    {
        Span<byte> hex = stackalloc byte[32];
        id.TryFormat(hex, out _, "x32");
        writer.WriteString(name, hex);
    }

    private static void WriteActors(Utf8JsonWriter writer, IReadOnlyList<TokenActor> actors)
    {
        for (var i = 0; i < actors.Count; i++)
        {
            writer.WriteStartObject("act"u8);
            writer.WriteString("sub"u8, actors[i].Agent);
            writer.WriteString("tenant"u8, actors[i].Tenant);
            if (actors[i].User is { } user)
            {
                writer.WriteString("user"u8, user);
            }
        }

        for (var i = 0; i < actors.Count; i++)
        {
            writer.WriteEndObject();
        }
    }

    private static void WriteLineage(Utf8JsonWriter writer, Lineage lineage)
    {
        Span<byte> raw = stackalloc byte[Lineage.NodesMax * LineageNode.Size];
        raw = raw[..(lineage.Nodes.Length * LineageNode.Size)];
        lineage.Write(raw);
        Span<byte> text = stackalloc byte[Base64Url.GetEncodedLength(Lineage.NodesMax * LineageNode.Size)];
        writer.WriteString("lin"u8, text[..Base64Url.EncodeToUtf8(raw, text)]);
    }

#pragma warning disable CA1001 // Lives as long as its thread, and a writer over memory holds nothing to give back.
    private sealed class Scratch
#pragma warning restore CA1001
    {
        private readonly ArrayBufferWriter<byte> _buffer = new(2048);
        private readonly Utf8JsonWriter _writer;

        public Scratch() =>
            _writer = new Utf8JsonWriter(_buffer, new JsonWriterOptions { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping, SkipValidation = true });

        /// <summary>The header's JSON, <paramref name="headerLength"/> bytes, and then the payload's; valid until the next write of this thread.</summary>
        public ReadOnlySpan<byte> Write(TokenClaims claims, string kid, out int headerLength)
        {
            _buffer.ResetWrittenCount();
            _writer.Reset();
            WriteHeader(_writer, kid);
            _writer.Flush();
            headerLength = _buffer.WrittenCount;
            _writer.Reset();
            WritePayload(_writer, claims);
            _writer.Flush();
            return _buffer.WrittenSpan;
        }
    }
}
