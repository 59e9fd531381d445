using System.Text.Json;
using Fabric.Contracts;
using Fabric.Contracts.Common;
using Fabric.Core.Common;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.WebUtilities;

namespace Fabric.Client.AspNetCore;

/// <summary>A denial as a resource server gives it: the status and challenge of RFC 6750 section 3, and a problem body (RFC 9457) with the code.</summary>
internal static class BearerAnswer
{
    /// <summary>The request has no bearer token, or two: by RFC 6750 section 3.1 the challenge then names no error.</summary>
    public static Task WriteUnauthenticatedAsync(HttpContext context)
    {
        context.Response.Headers.WWWAuthenticate = "Bearer";
        return WriteProblemAsync(context, StatusCodes.Status401Unauthorized, Codes.Unauthenticated, "the request has no bearer token");
    }

    /// <summary>The call was denied with this code.</summary>
    public static Task WriteAsync(HttpContext context, string code)
    {
        if (context.Response.HasStarted)
        {
            context.Abort();
            return Task.CompletedTask;
        }

        context.Response.Clear();
        var status = StatusOf(code);
        if (status is StatusCodes.Status401Unauthorized or StatusCodes.Status403Forbidden)
        {
            var error = status == StatusCodes.Status401Unauthorized ? "invalid_token" : "insufficient_scope";
            context.Response.Headers.WWWAuthenticate = $"Bearer error=\"{error}\", error_description=\"{code}\"";
        }

        return WriteProblemAsync(context, status, code, DetailOf(status));
    }

    private static int StatusOf(string code) => code switch
    {
        Codes.RateExceeded => StatusCodes.Status429TooManyRequests,
        Codes.QuotaExhausted => StatusCodes.Status403Forbidden,
        Codes.TooLarge => StatusCodes.Status400BadRequest,
        Codes.CheckFailed or Codes.Internal => StatusCodes.Status500InternalServerError,
        _ when code.StartsWith("scope.", StringComparison.Ordinal) || code.StartsWith("constraint.", StringComparison.Ordinal) => StatusCodes.Status403Forbidden,

        // By RFC 6750 an invalid token is one that is "expired, revoked, malformed, or invalid for other reasons".
        _ when code.StartsWith("token.", StringComparison.Ordinal) || code.EndsWith(".revoked", StringComparison.Ordinal)
            || code.EndsWith(".locked", StringComparison.Ordinal) => StatusCodes.Status401Unauthorized,
        _ => StatusCodes.Status503ServiceUnavailable,
    };

    private static string DetailOf(int status) => status switch
    {
        StatusCodes.Status401Unauthorized => "the token is not valid for any call",
        StatusCodes.Status403Forbidden => "the token is not for this call",
        StatusCodes.Status429TooManyRequests => "the token's rate is used for now",
        StatusCodes.Status503ServiceUnavailable => "whether the call may be made cannot be told now",
        _ => "the call cannot be decided",
    };

    private static Task WriteProblemAsync(HttpContext context, int status, string code, string detail)
    {
        var problem = new Problem(Problem.TypeOf(code), ReasonPhrases.GetReasonPhrase(status), status, code, "token", detail);
        context.Response.StatusCode = status;
        context.Response.ContentType = Problem.MediaType;
        context.Response.Headers.CacheControl = "no-store";
        return context.Response.Body.WriteAsync(JsonSerializer.SerializeToUtf8Bytes(problem, FabricJson.Default.Problem), context.RequestAborted).AsTask();
    }
}
