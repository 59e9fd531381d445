using System.Text.Json;
using Fabric.Core.Common;
using Microsoft.Net.Http.Headers;

namespace Fabric.Silo.OAuth.Registration;

/// <summary>Reads what a client says of itself (RFC 7591 section 3.1): one JSON object, no member twice. The size limit is the endpoint's (B1).</summary>
internal static class RegistrationBody
{
    /// <summary>The most bytes of a body (B1): sixteen redirect URIs and eight keys, and room for what is passed over.</summary>
    public const int BytesMax = 32 * 1024;

    private static readonly JsonDocumentOptions Strict = new() { AllowDuplicateProperties = false, MaxDepth = 8 };

    /// <summary>The object in the body. Refusal: `invalid_client_metadata`.</summary>
    public static async ValueTask<Outcome<JsonElement>> ReadAsync(HttpContext context)
    {
        if (!MediaTypeHeaderValue.TryParse(context.Request.ContentType, out var type) || !type.MediaType.Equals("application/json", StringComparison.OrdinalIgnoreCase))
        {
            return RegistrationErrors.Bad("content-type", "the body must be application/json");
        }
        try
        {
            using var document = await JsonDocument.ParseAsync(context.Request.Body, Strict, context.RequestAborted);
            return document.RootElement.ValueKind == JsonValueKind.Object ? document.RootElement.Clone() : RegistrationErrors.Bad("body", "it is no object");
        }
        catch (Exception fault) when (fault is JsonException or InvalidOperationException)
        {
            // Not JSON, names that are no UTF-8, or a member twice: one reader would take the other.
            return RegistrationErrors.Bad("body", "it is no valid JSON, is nested too deep, or a member stands there twice");
        }
    }
}
