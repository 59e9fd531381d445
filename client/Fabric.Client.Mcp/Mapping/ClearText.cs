using System.Globalization;
using System.Text.Json;

namespace Fabric.Client.Mcp.Mapping;

/// <summary>
/// Texts that mean one thing to whoever reads them. What a tool might resolve (dot segments, empty segments, backslashes, percent-encoded separators) is not clear: a scope is compared with the text
/// as it stands, and `public/../secret` is below `public/` for a pattern, but not for a file system.
/// </summary>
internal static class ClearText
{
    private static readonly string[] Encoded = ["%2e", "%2f", "%5c", "%00", "%25"];

    /// <summary>Whether a text is one clear segment.</summary>
    public static bool IsSegment(string text) => !text.Contains('/', StringComparison.Ordinal) && IsPath(text);

    /// <summary>Whether a text is clear segments with one slash between two of them.</summary>
    public static bool IsPath(string text)
    {
        foreach (var range in text.AsSpan().Split('/'))
        {
            // White space at an end is trimmed by some readers, and trailing dots by some file systems.
            var segment = text.AsSpan(range).Trim();
            if (segment.Length == 0 || segment.TrimEnd('.').Length == 0 || segment.Length != text.AsSpan(range).Length)
            {
                return false;
            }
        }

        return IsPlain(text);
    }

    /// <summary>Whether an absolute URI is clear: of a scheme, with no dot segments after it. Empty segments are the scheme's business.</summary>
    public static bool IsUri(string text)
    {
        var colon = text.IndexOf(':', StringComparison.Ordinal);
        if (colon <= 0 || !Uri.CheckSchemeName(text[..colon]) || !IsPlain(text))
        {
            return false;
        }

        foreach (var range in text.AsSpan(colon + 1).SplitAny("/?#"))
        {
            var segment = text.AsSpan(colon + 1)[range].Trim();
            if (segment is "." or "..")
            {
                return false;
            }
        }

        return true;
    }

    /// <summary>The text of an argument that is a text, a whole number or a boolean; null of any other.</summary>
    public static string? Of(JsonElement value)
    {
        try
        {
            return value.ValueKind switch
            {
                JsonValueKind.String => value.GetString(),
                JsonValueKind.True => "true",
                JsonValueKind.False => "false",

                // 1e2 and 100.0 are 100 for one reader and a refusal for another: a whole number is written one way.
                JsonValueKind.Number when value.TryGetInt64(out var number) && value.GetRawText() == number.ToString(CultureInfo.InvariantCulture) => value.GetRawText(),
                _ => null,
            };
        }
        catch (InvalidOperationException)
        {
            // Half of a surrogate pair: no text.
            return null;
        }
    }

    private static bool IsPlain(string text)
    {
        foreach (var c in text)
        {
            if (c == '\\' || char.IsControl(c) || char.GetUnicodeCategory(c) is UnicodeCategory.Format or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator)
            {
                return false;
            }
        }

        return !Encoded.Any(encoded => text.Contains(encoded, StringComparison.OrdinalIgnoreCase));
    }
}
