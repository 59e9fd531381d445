using System.Buffers;
using System.Buffers.Text;
using System.Text;
using System.Text.Json;

namespace Fabric.Core.Tokens;

/// <summary>
/// A JWT that somebody else has signed: an assertion or a proof. Taken apart strictly and NOT verified: nothing it says may be believed before
/// <see cref="IsSignedBy(ReadOnlySpan{byte}, ReadOnlySpan{byte})"/>. The algorithm is not negotiated (RFC 8725 section 3.1): it is ES256 or there is no JWT.
/// </summary>
public sealed class ForeignJwt
{
    /// <summary>The most characters (B1).</summary>
    public const int LengthMax = 8 * 1024;

    /// <summary>The most characters of one that an issuer has made for everybody (B1): some list a user's groups.</summary>
    public const int IssuedLengthMax = 16 * 1024;

    /// <summary>The most characters of a `jti` (B1).</summary>
    public const int JtiLengthMax = 256;

    private const int FieldSize = 32;
    private const int SignatureSize = 2 * FieldSize;

    // RFC 8725 section 2.4: a name that stands twice is read differently by different parsers.
    private static readonly JsonDocumentOptions Strict = new() { AllowDuplicateProperties = false, MaxDepth = 8 };

    private readonly byte[] _signingInput;
    private readonly byte[] _signature;

    private ForeignJwt(JsonElement header, JsonElement claims, byte[] signingInput, byte[] signature) =>
        (Header, Claims, _signingInput, _signature) = (header, claims, signingInput, signature);

    /// <summary>The header.</summary>
    public JsonElement Header { get; }

    /// <summary>The claims.</summary>
    public JsonElement Claims { get; }

    /// <summary>What the signature is made of.</summary>
    public ReadOnlySpan<byte> SigningInput => _signingInput;

    /// <summary>The signature.</summary>
    public ReadOnlySpan<byte> Signature => _signature;

    /// <summary>The parts of a JWT in compact form whose header has `alg` ES256 and no other members than these; null when it is none.</summary>
    public static ForeignJwt? TryParse(string text, params ReadOnlySpan<string> headerMembers)
    {
        if (Parse(text, LengthMax) is not { Signature.Length: SignatureSize } jwt || Text(jwt.Header, "alg") != "ES256")
        {
            return null;
        }
        foreach (var member in jwt.Header.EnumerateObject())
        {
            // `crit` asks for what this reader does not do; `jwk`, `jku`, `x5c` and their like bring a key along where the caller does not expect one.
            if (member.Name != "alg" && !headerMembers.Contains(member.Name))
            {
                return null;
            }
        }
        return jwt;
    }

    /// <summary>
    /// The parts of a JWT that an issuer has made for everybody; null when it is none, or its header brings a key or asks for what this reader does not do. Other members of the header
    /// are passed over, since issuers put there what they like. Its algorithm is the caller's to compare with what is accepted.
    /// </summary>
    public static ForeignJwt? TryParseIssued(string text)
    {
        if (Parse(text, IssuedLengthMax) is not { } jwt)
        {
            return null;
        }
        foreach (var member in jwt.Header.EnumerateObject())
        {
            if (member.Name is "jwk" or "jku" or "x5u" or "x5c" or "crit" or "b64" or "enc" or "zip")
            {
                return null;
            }
        }
        return jwt;
    }

    private static ForeignJwt? Parse(string text, int lengthMax)
    {
        if (text.Length > lengthMax || !Ascii.IsValid(text))
        {
            return null;
        }
        var (first, last) = (text.IndexOf('.', StringComparison.Ordinal), text.LastIndexOf('.'));
        if (first <= 0 || last == first || text.AsSpan(first + 1, last - first - 1).Contains('.')
            || Decode(text.AsSpan(0, first)) is not { } head || Decode(text.AsSpan(first + 1, last - first - 1)) is not { } body
            || Decode(text.AsSpan(last + 1)) is not { } signature)
        {
            return null;
        }
        return ObjectOf(head) is { } header && ObjectOf(body) is { } claims ? new ForeignJwt(header, claims, Encoding.ASCII.GetBytes(text, 0, last), signature) : null;
    }

    /// <summary>Whether the signature is that of a P-256 key, 32 bytes each coordinate.</summary>
    public bool IsSignedBy(ReadOnlySpan<byte> x, ReadOnlySpan<byte> y)
    {
        try
        {
            using var verifier = new TokenVerifier(x, y);
            return verifier.Verify(_signingInput, _signature);
        }
        catch (ArgumentException)
        {
            // Not a point of the curve.
            return false;
        }
    }

    /// <summary>A text claim; null when it is missing or none.</summary>
    public string? Text(string name) => Text(Claims, name);

    /// <summary>A text member of an object; null when it is missing or none.</summary>
    public static string? Text(JsonElement parent, string name) => parent.TryGetProperty(name, out var value) ? Text(value) : null;

    /// <summary>A text; null when it is none.</summary>
    public static string? Text(JsonElement value)
    {
        try
        {
            return value.ValueKind == JsonValueKind.String ? value.GetString() : null;
        }
        catch (InvalidOperationException)
        {
            // Half of a surrogate pair: no text.
            return null;
        }
    }

    /// <summary>A moment in seconds (NumericDate, RFC 7519 section 2); null when it is missing, none, or outside of the years 1970 to 9999.</summary>
    public double? Seconds(string name) =>
        Claims.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.Number && value.TryGetDouble(out var seconds)
            && seconds is >= 0 and <= 253_402_300_799 ? seconds : null;

    /// <summary>The bytes of a coordinate in base64url; null when it is none.</summary>
    public static byte[]? Coordinate(string? text) => text is { Length: 43 } && Decode(text) is { Length: FieldSize } bytes ? bytes : null;

    private static byte[]? Decode(ReadOnlySpan<char> text)
    {
        // The decoder passes over white space and padding, which a JWT has not (RFC 7515 section 2).
        if (text.ContainsAnyExcept(Alphabet))
        {
            return null;
        }
        var bytes = new byte[Base64Url.GetMaxDecodedLength(text.Length)];
        return Base64Url.DecodeFromChars(text, bytes, out _, out var written) == OperationStatus.Done ? bytes[..written] : null;
    }

    private static readonly SearchValues<char> Alphabet = SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_");

    private static JsonElement? ObjectOf(byte[] json)
    {
        try
        {
            var element = JsonElement.Parse(json, Strict);
            return element.ValueKind == JsonValueKind.Object ? element : null;
        }
        catch (JsonException)
        {
            return null;
        }
    }
}
