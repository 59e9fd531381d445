using System.Globalization;
using Fabric.Contracts.Checks;
using Fabric.Core.Common;
using Fabric.Silo.Api;
using Microsoft.Net.Http.Headers;

namespace Fabric.Silo.ExtAuthz;

/// <summary>
/// The three answers a proxy knows: 200 with who acts, 401 with a challenge (RFC 6750 section 3), 403. Never another status: what a proxy makes of a 5xx is up to how it is
/// set up, and some let the request through.
/// </summary>
internal static class ExtAuthzAnswer
{
    private const string Code = "X-Fabric-Code";
    private const string Revision = "X-Fabric-Revision";

    /// <summary>How a refusal around the endpoint is answered, faults of the fabric itself among them.</summary>
    public static readonly RefusalStyle Style = new((context, rejection, _) => Deny(context, rejection.Code));

    // Each is always there, if empty: a proxy that copies them then replaces what a client may have sent under their names.
    public static void Allow(HttpContext context, CheckAnswer answer)
    {
        var headers = Head(context, StatusCodes.Status200OK);
        headers["X-Fabric-Tenant"] = answer.Tenant ?? "";
        headers["X-Fabric-User"] = answer.User ?? "";
        headers["X-Fabric-Agent"] = answer.Agent ?? "";
        headers["X-Fabric-Session"] = answer.Session ?? "";
        headers["X-Fabric-Credential"] = answer.Credential ?? "";
        headers[Revision] = answer.Revision.ToString(CultureInfo.InvariantCulture);
    }

    /// <summary>No token, or more than one: the challenge then names no error (RFC 6750 section 3.1).</summary>
    public static void Challenge(HttpContext context)
    {
        var headers = Head(context, StatusCodes.Status401Unauthorized);
        headers[HeaderNames.WWWAuthenticate] = "Bearer realm=\"fabric\"";
        headers[Code] = Codes.Unauthenticated;
    }

    public static Task DenyAsync(HttpContext context, string code)
    {
        Deny(context, code);
        return Task.CompletedTask;
    }

    public static void Deny(HttpContext context, string code)
    {
        var isToken = IsOfToken(code);
        var headers = Head(context, isToken ? StatusCodes.Status401Unauthorized : StatusCodes.Status403Forbidden);
        headers[Code] = code;
        if (isToken)
        {
            headers[HeaderNames.WWWAuthenticate] = $"Bearer realm=\"fabric\", error=\"invalid_token\", error_description=\"{code}\"";
        }
        else if (code.StartsWith("scope.", StringComparison.Ordinal) || code.StartsWith("constraint.", StringComparison.Ordinal))
        {
            headers[HeaderNames.WWWAuthenticate] = $"Bearer realm=\"fabric\", error=\"insufficient_scope\", error_description=\"{code}\"";
        }
    }

    // RFC 6750 section 3.1: a token that is "expired, revoked, malformed, or invalid for other reasons".
    private static bool IsOfToken(string code) =>
        code.StartsWith("token.", StringComparison.Ordinal) || code.EndsWith(".revoked", StringComparison.Ordinal) || code.EndsWith(".locked", StringComparison.Ordinal)
        || code == Codes.SessionEnded;

    private static IHeaderDictionary Head(HttpContext context, int status)
    {
        var response = context.Response;
        response.StatusCode = status;
        response.ContentLength = 0;
        response.Headers[HeaderNames.CacheControl] = "no-store";
        return response.Headers;
    }
}
