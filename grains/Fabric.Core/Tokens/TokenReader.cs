using System.Buffers;
using System.Buffers.Text;
using System.Text.Json;
using Fabric.Core.Common;

namespace Fabric.Core.Tokens;

/// <summary>
/// Takes a token apart, strictly and without verifying it (RFC 7515, RFC 7519, RFC 9068; hardened by RFC 8725). The algorithm is not negotiated:
/// it is ES256 or the token is refused.
/// </summary>
public static class TokenReader
{
    /// <summary>The most bytes of a token (B1).</summary>
    public const int LengthMax = 16 * 1024;

    /// <summary>The most characters of a key id (B1).</summary>
    public const int KidLengthMax = 128;

    private static readonly SearchValues<byte> Alphabet =
        SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"u8);

    // RFC 8725 section 2.4 and RFC 7519 section 4: a name that stands twice is read differently by different parsers.
    private static readonly JsonDocumentOptions Strict = new() { AllowDuplicateProperties = false, MaxDepth = 32 };

    /// <summary>
    /// The parts of a token in compact form, ASCII. <see cref="Codes.TokenAlgorithm"/> when `alg` is not exactly `ES256` or `typ` is not an access
    /// token's; <see cref="Codes.TokenMalformed"/> for all else that is wrong. Never throws; details never repeat what the token holds.
    /// </summary>
    public static Outcome<ParsedToken> Parse(ReadOnlySpan<byte> utf8Token) => Parse(utf8Token, null);

    /// <summary>The parts of a token whose scope set may be one that is held already.</summary>
    internal static Outcome<ParsedToken> Parse(ReadOnlySpan<byte> utf8Token, ScopePool? scopes)
    {
        if (utf8Token.Length > LengthMax)
        {
            return Malformed($"a token has at most {LengthMax} bytes");
        }

        var first = utf8Token.IndexOf((byte)'.');
        var last = utf8Token.LastIndexOf((byte)'.');
        if (first < 0 || last == first || utf8Token[(first + 1)..last].Contains((byte)'.'))
        {
            return Malformed("a token has three parts");
        }

        // A caller can make this throw at will, but each throw costs it less than the signature check that a well-formed token would cost.
        try
        {
            using var header = JsonDocument.Parse(Decode(utf8Token[..first]), Strict);
            if (Refuse(header.RootElement, out var kid) is { } rejection)
            {
                return rejection;
            }

            var signature = Decode(utf8Token[(last + 1)..]);
            if (signature.Length != TokenWriter.SignatureSize)
            {
                return Malformed("an ES256 signature has 64 bytes");
            }

            using var payload = JsonDocument.Parse(Decode(utf8Token[(first + 1)..last]), Strict);
            return new ParsedToken(kid, last, signature, ClaimsJson.Read(payload.RootElement, scopes));
        }
        catch (UnreadableException e)
        {
            return Malformed(e.Message);
        }
        catch (Exception e) when (e is JsonException or FormatException or InvalidOperationException or ArgumentException or OverflowException or KeyNotFoundException)
        {
            return Malformed("the token is not the JSON of an access token");
        }
    }

    /// <summary>The id of the key that a well-formed token names in its header; null when there is none. Nothing is verified.</summary>
    public static string? KidOf(ReadOnlySpan<char> token)
    {
        var end = token.IndexOf('.');
        if (end is <= 0 or > 4 * KidLengthMax)
        {
            return null;
        }

        Span<byte> utf8 = stackalloc byte[4 * KidLengthMax];
        if (System.Text.Ascii.FromUtf16(token[..end], utf8, out var written) != System.Buffers.OperationStatus.Done)
        {
            return null;
        }

        try
        {
            using var header = JsonDocument.Parse(Decode(utf8[..written]));
            return Refuse(header.RootElement, out var kid) is null ? kid : null;
        }
        catch (Exception e) when (e is UnreadableException or JsonException or InvalidOperationException)
        {
            return null;
        }
    }

    /// <summary>
    /// The bytes that unpadded base64url (RFC 7515 section 2) stands for. Throws <see cref="UnreadableException"/> on anything else, also on padding,
    /// white space, and on bits set past the last byte: each value has one text.
    /// </summary>
    internal static byte[] Decode(ReadOnlySpan<byte> text)
    {
        var tail = text.Length % 4;
        if (tail == 1 || text.ContainsAnyExcept(Alphabet) || (tail != 0 && (ValueOf(text[^1]) & (tail == 2 ? 0b1111 : 0b11)) != 0))
        {
            throw new UnreadableException("a part is not base64url");
        }

        return Base64Url.DecodeFromUtf8(text);
    }

    private static Rejection? Refuse(JsonElement header, out string kid)
    {
        kid = "";
        string? alg = null, typ = null;
        foreach (var member in header.EnumerateObject())
        {
            switch (member.Name)
            {
                case "alg": alg = member.Value.GetString(); break;
                case "typ": typ = member.Value.GetString(); break;
                case "kid": kid = member.Value.GetString() ?? ""; break;
                // `crit` asks for something this reader does not do (RFC 7515 section 4.1.11); `jwk`, `jku` and their like would bring a key along
                // (RFC 8725 section 3.10). No token of the fabric has either.
                default: return Malformed("the header has a member other than `alg`, `typ` and `kid`");
            }
        }

        // RFC 8725 section 3.1: one algorithm, compared exactly. `none`, HS256 with the public key and `es256` all end here.
        if (alg != "ES256")
        {
            return new Rejection(Codes.TokenAlgorithm, "token", "the algorithm is not ES256");
        }

        if (typ is not ("at+jwt" or "application/at+jwt"))
        {
            return new Rejection(Codes.TokenAlgorithm, "token", "the type is not that of an access token (RFC 9068 section 4)");
        }

        return kid.Length is >= 1 and <= KidLengthMax && PlainText.Is(kid) ? null : Malformed("the key id is missing or too long");
    }

    private static int ValueOf(byte symbol) => symbol switch
    {
        >= (byte)'A' and <= (byte)'Z' => symbol - 'A',
        >= (byte)'a' and <= (byte)'z' => symbol - 'a' + 26,
        >= (byte)'0' and <= (byte)'9' => symbol - '0' + 52,
        (byte)'-' => 62,
        _ => 63,
    };

    private static Rejection Malformed(string detail) => new(Codes.TokenMalformed, "token", detail);
}
