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
    /// <summary>The request has no token, or two: by RFC 6750 section 3.1 the challenge then names no error.</summary>
    public static Task WriteUnauthenticatedAsync(HttpContext context)
    {
        context.Response.Headers.WWWAuthenticate = TokenChallenge.ForNoToken();
        return WriteProblemAsync(context, StatusCodes.Status401Unauthorized, Codes.Unauthenticated, "the request has no token");
    }

    /// <summary>The call was denied with this code; its token came under the scheme DPoP, or as a bearer token.</summary>
    public static Task WriteAsync(HttpContext context, string code, bool isDpop)
    {
        if (context.Response.HasStarted)
        {
            context.Abort();
            return Task.CompletedTask;
        }

        context.Response.Clear();
        var status = TokenChallenge.StatusOf(code);
        if (status is StatusCodes.Status401Unauthorized or StatusCodes.Status403Forbidden)
        {
            context.Response.Headers.WWWAuthenticate = TokenChallenge.For(code, isDpop);
        }

        return WriteProblemAsync(context, status, code, DetailOf(status));
    }

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
