using System.Buffers;
using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Microsoft.Net.Http.Headers;

namespace Fabric.Silo.Api;

/// <summary>Answers that anybody may keep for a while: how long, and a tag by which to ask whether they still hold (RFC 9110 section 8.8.3, RFC 9111).</summary>
internal static class CachedAnswer
{
    /// <summary>Writes a document, or 304 when the asker has it already.</summary>
    public static void Write<T>(HttpContext context, T value, JsonTypeInfo<T> type, TimeSpan maxAge)
    {
        var body = JsonSerializer.SerializeToUtf8Bytes(value, type);
        var tag = new EntityTagHeaderValue($"\"{Base64Url.EncodeToString(SHA256.HashData(body).AsSpan(0, 18))}\"");
        var headers = context.Response.GetTypedHeaders();
        headers.ETag = tag;
        headers.CacheControl = new CacheControlHeaderValue { Public = true, MaxAge = maxAge };
        if (context.Request.GetTypedHeaders().IfNoneMatch.Any(known => known.Tag == "*" || known.Compare(tag, useStrongComparison: false)))
        {
            context.Response.StatusCode = StatusCodes.Status304NotModified;
            return;
        }
        context.Response.ContentType = "application/json";
        context.Response.ContentLength = body.Length;
        context.Response.BodyWriter.Write(body);
    }
}
