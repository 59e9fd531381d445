using System.Buffers;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Fabric.Core.Common;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Net.Http.Headers;

namespace Fabric.Silo.Api;

/// <summary>Reads a body: whole, as strict JSON, without a copy. The size limit is the server's (B1).</summary>
internal static class JsonBody
{
    public static readonly Rejection NotJson = new(Codes.ContentType, "content-type", "the body must be `application/json`, in UTF-8");

    public delegate Outcome<T> Parser<T>(in ReadOnlySequence<byte> bytes);

    public static ValueTask<Outcome<T>> ReadAsync<T>(HttpContext context, JsonTypeInfo<T> type, T? whenEmpty)
        where T : class =>
        whenEmpty is not null && context.Request.ContentType is null && !MayHaveBody(context)
            ? new(whenEmpty)
            : ReadAsync(context, (in ReadOnlySequence<byte> bytes) => Parse(bytes, type, whenEmpty));

    public static async ValueTask<Outcome<T>> ReadAsync<T>(HttpContext context, Parser<T> parse)
    {
        if (!IsJson(context.Request.ContentType))
        {
            return NotJson;
        }
        var body = context.Request.BodyReader;
        while (true)
        {
            var read = await body.ReadAsync(context.RequestAborted);
            if (!read.IsCompleted)
            {
                body.AdvanceTo(read.Buffer.Start, read.Buffer.End);
                continue;
            }
            var outcome = parse(read.Buffer);
            body.AdvanceTo(read.Buffer.End);
            return outcome;
        }
    }

    public static Outcome<T> Parse<T>(in ReadOnlySequence<byte> bytes, JsonTypeInfo<T> type, T? whenEmpty = null)
        where T : class
    {
        if (bytes.IsEmpty)
        {
            return whenEmpty is not null ? whenEmpty : new Rejection(Codes.MalformedRequest, "$", "the body is empty");
        }
        try
        {
            var value = JsonSerializer.Deserialize(bytes.IsSingleSegment ? bytes.FirstSpan : bytes.ToArray(), type);
            return value is not null ? value : new Rejection(Codes.InvalidField, "$", "the body is `null`");
        }
        catch (JsonException fault)
        {
            return JsonFaults.Explain(fault);
        }
    }

    private static bool MayHaveBody(HttpContext context) =>
        context.Request.ContentLength is not (null or 0)
        || (context.Request.ContentLength is null && context.Features.Get<IHttpRequestBodyDetectionFeature>()?.CanHaveBody != false);

    private static bool IsJson(string? contentType) =>
        string.Equals(contentType, "application/json", StringComparison.OrdinalIgnoreCase)
        || (MediaTypeHeaderValue.TryParse(contentType, out var type)
            && type.MediaType.Equals("application/json", StringComparison.OrdinalIgnoreCase)
            && (!type.Charset.HasValue || type.Charset.Equals("utf-8", StringComparison.OrdinalIgnoreCase)));
}
