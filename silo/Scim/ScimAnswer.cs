using System.Buffers;
using System.Text;
using System.Text.Json.Nodes;

namespace Fabric.Silo.Scim;

/// <summary>Writes answers of `application/scim+json` (RFC 7644 section 3.1). None is kept by anybody on the way.</summary>
internal static class ScimAnswer
{
    public const string MediaType = "application/scim+json";

    public static void Write(HttpContext context, int status, JsonObject body)
    {
        var bytes = Encoding.UTF8.GetBytes(body.ToJsonString());
        var response = context.Response;
        (response.StatusCode, response.ContentType, response.ContentLength) = (status, MediaType, bytes.Length);
        response.Headers.CacheControl = "no-store";
        response.BodyWriter.Write(bytes);
    }
}
