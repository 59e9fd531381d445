using System.Buffers;
using System.Text;
using Fabric.Core.Common;
using Fabric.Silo.Api;
using Microsoft.Net.Http.Headers;

namespace Fabric.Silo.AuthZen;

/// <summary>Errors as AuthZEN 1.0 section 10.1.2 has them: its statuses, and a body that is a message; with the request's identifier (section 10.1.3).</summary>
internal static class AccessRefusal
{
    private const string RequestId = "X-Request-ID";
    private const int RequestIdCharsMax = 200;

    public static readonly RefusalStyle Style = new(Write);

    /// <summary>Gives the request's identifier back; a refusal when it cannot be given back as it is.</summary>
    public static Rejection? Echo(HttpContext context)
    {
        var ids = context.Request.Headers[RequestId];
        if (ids.Count == 0)
        {
            return null;
        }
        if (ids is not [{ Length: <= RequestIdCharsMax } id] || id.AsSpan().ContainsAnyExceptInRange(' ', '~'))
        {
            return new Rejection(Codes.InvalidField, RequestId, $"one identifier of at most {RequestIdCharsMax} printable ASCII characters");
        }
        context.Response.Headers[RequestId] = id;
        return null;
    }

    private static void Write(HttpContext context, Rejection rejection, int status)
    {
        Echo(context);
        var response = context.Response;
        // The standard has no status of its own for a body of another type.
        response.StatusCode = status == StatusCodes.Status415UnsupportedMediaType ? StatusCodes.Status400BadRequest : status;
        response.Headers[HeaderNames.CacheControl] = "no-store";
        if (status == StatusCodes.Status401Unauthorized)
        {
            response.Headers[HeaderNames.WWWAuthenticate] = "Bearer realm=\"fabric\"";
        }
        else if (status == StatusCodes.Status503ServiceUnavailable)
        {
            response.Headers[HeaderNames.RetryAfter] = "1";
        }
        response.ContentType = "text/plain; charset=utf-8";
        var message = Encoding.UTF8.GetBytes($"{rejection.Code}: {rejection.Subject}: {rejection.Detail}");
        response.ContentLength = message.Length;
        response.BodyWriter.Write(message);
    }
}
