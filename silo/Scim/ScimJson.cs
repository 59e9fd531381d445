using System.Text.Json;
using Fabric.Core.Common;
using Fabric.Core.Tokens;
using Microsoft.Net.Http.Headers;

namespace Fabric.Silo.Scim;

/// <summary>Reads bodies: strict JSON, with attribute names in any case (RFC 7643 section 2.1). A name that stands twice, in whatever cases, is refused: one reader would take the other.</summary>
internal static class ScimJson
{
    private static readonly JsonDocumentOptions Strict = new() { AllowDuplicateProperties = false, MaxDepth = 16 };

    /// <summary>The object in the body. Refusal: `invalidSyntax`.</summary>
    public static async ValueTask<Outcome<JsonElement>> ReadAsync(HttpContext context)
    {
        if (!MediaTypeHeaderValue.TryParse(context.Request.ContentType, out var type)
            || !(type.MediaType.Equals(ScimAnswer.MediaType, StringComparison.OrdinalIgnoreCase) || type.MediaType.Equals("application/json", StringComparison.OrdinalIgnoreCase)))
        {
            return Bad($"the body must be `{ScimAnswer.MediaType}` or `application/json`");
        }
        try
        {
            using var document = await JsonDocument.ParseAsync(context.Request.Body, Strict, context.RequestAborted);
            var root = document.RootElement.Clone();
            return root.ValueKind != JsonValueKind.Object ? Bad("the body is no object")
                : HasTwins(root) ? Bad("an attribute stands there twice")
                : root;
        }
        catch (JsonException)
        {
            return Bad("the body is no valid JSON");
        }
    }

    /// <summary>A member by its name in any case.</summary>
    public static bool TryGet(JsonElement parent, string name, out JsonElement value)
    {
        if (parent.ValueKind == JsonValueKind.Object)
        {
            foreach (var member in parent.EnumerateObject().Where(member => member.Name.Equals(name, StringComparison.OrdinalIgnoreCase)))
            {
                value = member.Value;
                return true;
            }
        }
        value = default;
        return false;
    }

    /// <summary>A text member; null when it is missing or null. Refusal: `invalidValue` for anything else.</summary>
    public static Outcome<string?> Text(JsonElement parent, string name) =>
        !TryGet(parent, name, out var value) || value.ValueKind == JsonValueKind.Null ? (Outcome<string?>)(string?)null : TextOf(value, name);

    /// <summary>A text. Refusal: `invalidValue`.</summary>
    public static Outcome<string?> TextOf(JsonElement value, string name) =>
        ForeignJwt.Text(value) is { } text ? text : new Rejection(ScimErrors.InvalidValue, name, $"`{name}` is a text");

    /// <summary>True or false, also as a text in any case, as some identity providers write it, and alone in a list as `value`. Refusal: `invalidValue`.</summary>
    public static Outcome<bool> Flag(JsonElement value, string name) => value.ValueKind switch
    {
        JsonValueKind.True => true,
        JsonValueKind.False => false,
        JsonValueKind.String when bool.TryParse(ForeignJwt.Text(value), out var flag) => flag,
        JsonValueKind.Array when value.GetArrayLength() == 1 && TryGet(value[0], "value", out var inner) && inner.ValueKind != JsonValueKind.Array => Flag(inner, name),
        _ => new Rejection(ScimErrors.InvalidValue, name, $"`{name}` is true or false"),
    };

    private static bool HasTwins(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.Object => value.EnumerateObject().Select(member => member.Name).Distinct(StringComparer.OrdinalIgnoreCase).Count() != value.EnumerateObject().Count()
            || value.EnumerateObject().Any(member => HasTwins(member.Value)),
        JsonValueKind.Array => value.EnumerateArray().Any(HasTwins),
        _ => false,
    };

    private static Rejection Bad(string detail) => new(ScimErrors.InvalidSyntax, "body", detail);
}
