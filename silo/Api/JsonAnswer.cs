using System.Buffers;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Fabric.Contracts;
using Fabric.Contracts.Common;
using Fabric.Core.Common;
using Microsoft.AspNetCore.WebUtilities;
using Microsoft.Net.Http.Headers;

namespace Fabric.Silo.Api;

/// <summary>Writes answers: JSON with a length, through one buffer a thread. Nothing is flushed here; the end of the request does it.</summary>
internal static class JsonAnswer
{
    private const int KeptBytesMax = 256 * 1024;
    private const string Json = "application/json";

    [ThreadStatic]
    private static ArrayBufferWriter<byte>? _buffer;
    [ThreadStatic]
    private static Utf8JsonWriter? _writer;

    public static void Write<T>(HttpContext context, int status, T value, JsonTypeInfo<T> type, string mediaType = Json)
    {
        var buffer = _buffer ??= new ArrayBufferWriter<byte>(4096);
        var writer = _writer ??= new Utf8JsonWriter(buffer, new JsonWriterOptions { SkipValidation = true });
        try
        {
            JsonSerializer.Serialize(writer, value, type);
            writer.Flush();
            var response = context.Response;
            response.StatusCode = status;
            response.ContentType = mediaType;
            response.ContentLength = buffer.WrittenCount;
            if (!HttpMethods.IsHead(context.Request.Method))
            {
                response.BodyWriter.Write(buffer.WrittenSpan);
            }
        }
        finally
        {
            if (buffer.Capacity > KeptBytesMax)
            {
                (_buffer, _writer) = (null, null);
            }
            else
            {
                buffer.ResetWrittenCount();
                writer.Reset();
            }
        }
    }

    /// <summary>A refusal as RFC 9457 problem details, or as the endpoint has it (<see cref="RefusalStyle"/>).</summary>
    public static void Refuse(HttpContext context, Rejection rejection)
    {
        if (context.Response.HasStarted)
        {
            context.Abort();
            return;
        }
        var status = StatusTable.Of(rejection.Code);
        if (context.GetEndpoint()?.Metadata.GetMetadata<RefusalStyle>() is { } style)
        {
            style.Write(context, rejection, status);
            return;
        }
        var headers = context.Response.Headers;
        if (status == StatusCodes.Status401Unauthorized)
        {
            headers[HeaderNames.WWWAuthenticate] = "Bearer realm=\"fabric\"";
        }
        else if (status == StatusCodes.Status503ServiceUnavailable)
        {
            headers[HeaderNames.RetryAfter] = "1";
        }
        headers[HeaderNames.CacheControl] = "no-store";
        Write(context, status, ProblemOf(rejection, status), FabricJson.Default.Problem, Problem.MediaType);
    }

    public static Problem ProblemOf(Rejection rejection, int status) =>
        new(Problem.TypeOf(rejection.Code), ReasonPhrases.GetReasonPhrase(status), status, rejection.Code, rejection.Subject, rejection.Detail);
}
