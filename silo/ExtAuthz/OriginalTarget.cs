using System.Buffers;
using System.Globalization;
using System.Text;

namespace Fabric.Silo.ExtAuthz;

/// <summary>
/// The path of a request target (RFC 9112 section 3.2.1), read so that whoever is behind the proxy cannot read it as another one. What readers are known to
/// differ over is not read at all: dot segments, empty segments, encoded slashes, dots, backslashes and percent signs, path parameters, control characters.
/// </summary>
internal sealed class OriginalTarget
{
    /// <summary>The most characters of a target (B1).</summary>
    public const int CharsMax = 4_096;

    private const int SegmentsMax = 64;

    // RFC 3986 section 3.3 without the semicolon, and the percent sign.
    private static readonly SearchValues<char> PathChars = SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~!$&'()*+,=:@/%");
    private static readonly UTF8Encoding Strict = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    private OriginalTarget(string[] segments, bool endsInSlash) => (Segments, EndsInSlash) = (segments, endsInSlash);

    /// <summary>The segments, percent-decoded: none is empty, and none holds a slash.</summary>
    public string[] Segments { get; }

    /// <summary>Whether a slash follows the last segment. The root has no segment and ends in one.</summary>
    public bool EndsInSlash { get; }

    /// <summary>Reads a target; null when it has no one meaning.</summary>
    public static OriginalTarget? Read(ReadOnlySpan<char> target)
    {
        if (target.Length is 0 or > CharsMax || target[0] != '/' || target.ContainsAnyExceptInRange('!', '~') || target.Contains('#'))
        {
            return null;
        }
        var question = target.IndexOf('?');
        var path = question < 0 ? target : target[..question];
        if (path.Length == 1)
        {
            return new OriginalTarget([], endsInSlash: true);
        }
        if (path.ContainsAnyExcept(PathChars))
        {
            return null;
        }
        var endsInSlash = path[^1] == '/';
        var inner = endsInSlash ? path[1..^1] : path[1..];
        var segments = new string[inner.Count('/') + 1];
        if (segments.Length > SegmentsMax)
        {
            return null;
        }
        var at = 0;
        foreach (var range in inner.Split('/'))
        {
            if (Decode(inner[range]) is not { } segment)
            {
                return null;
            }
            segments[at++] = segment;
        }
        return new OriginalTarget(segments, endsInSlash);
    }

    /// <summary>The decoded path from a segment on, without a leading slash.</summary>
    public string From(int segment) => string.Join('/', Segments.AsSpan(segment)!) + (EndsInSlash && segment < Segments.Length ? "/" : "");

    private static string? Decode(ReadOnlySpan<char> text)
    {
        if (text.Length == 0)
        {
            return null;
        }
        var decoded = text.Contains('%') ? Unescape(text) : text.ToString();
        return decoded is null or "." or ".." ? null : decoded;
    }

    private static string? Unescape(ReadOnlySpan<char> text)
    {
        var bytes = new byte[text.Length];
        var length = 0;
        for (var i = 0; i < text.Length; i++)
        {
            if (text[i] != '%')
            {
                bytes[length++] = (byte)text[i];
                continue;
            }
            if (i + 2 >= text.Length || !char.IsAsciiHexDigit(text[i + 1]) || !char.IsAsciiHexDigit(text[i + 2]))
            {
                return null;
            }
            var value = byte.Parse(text.Slice(i + 1, 2), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture);
            if (value is < 0x20 or 0x7f or (byte)'/' or (byte)'\\' or (byte)'.' or (byte)'%' or (byte)';' or (byte)'?' or (byte)'#')
            {
                return null;
            }
            bytes[length++] = value;
            i += 2;
        }
        try
        {
            return Strict.GetString(bytes, 0, length);
        }
        catch (DecoderFallbackException)
        {
            return null;
        }
    }
}
