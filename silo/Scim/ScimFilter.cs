using System.Text.Json;
using Fabric.Core.Common;
using Fabric.Core.Tokens;

namespace Fabric.Silo.Scim;

/// <summary>A filter (RFC 7644 section 3.4.2.2) of the one kind that identity providers look users up by: `userName eq "..."` or `externalId eq "..."`.</summary>
internal sealed record ScimFilter(bool ByExternalId, string Value)
{
    private const int CharsMax = 1_024;

    private static readonly JsonDocumentOptions Plain = new() { MaxDepth = 1 };

    /// <summary>The filter that a text is. Refusal: `invalidFilter`.</summary>
    public static Outcome<ScimFilter> Parse(string text)
    {
        var trimmed = text.Trim();
        var parts = trimmed.Length <= CharsMax ? trimmed.Split(' ', 3, StringSplitOptions.RemoveEmptyEntries) : [];
        var attribute = parts.Length == 3 ? parts[0].ToLowerInvariant().Replace(ScimResource.UserSchema.ToLowerInvariant() + ":", "", StringComparison.Ordinal) : "";
        return attribute is "username" or "externalid" && parts[1].Equals("eq", StringComparison.OrdinalIgnoreCase) && Unquote(parts[2].Trim()) is { } value
            ? new ScimFilter(attribute == "externalid", value)
            : new Rejection(ScimErrors.InvalidFilter, "filter", "a filter is `userName eq \"...\"` or `externalId eq \"...\"`");
    }

    // Section 3.4.2.2: a value is written as in JSON. What comes after it makes it none.
    private static string? Unquote(string text)
    {
        try
        {
            using var value = JsonDocument.Parse(text, Plain);
            return ForeignJwt.Text(value.RootElement);
        }
        catch (JsonException)
        {
            return null;
        }
    }
}
