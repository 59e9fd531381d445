using Fabric.Core.Common;
using Fabric.Silo.Api;
using Microsoft.Net.Http.Headers;

namespace Fabric.Silo.OAuth.Registration;

/// <summary>How the registration endpoints say no, also when the guard around them does (RFC 7591 section 3.2.2, RFC 6750 section 3.1).</summary>
internal static class RegistrationErrors
{
    /// <summary>RFC 7591 section 3.2.2.</summary>
    public const string InvalidRedirectUri = "invalid_redirect_uri";
    /// <summary>RFC 7591 section 3.2.2.</summary>
    public const string InvalidMetadata = "invalid_client_metadata";
    /// <summary>RFC 7591 section 3.2.2.</summary>
    public const string InvalidStatement = "invalid_software_statement";
    /// <summary>RFC 7591 section 3.2.2.</summary>
    public const string UnapprovedStatement = "unapproved_software_statement";
    /// <summary>RFC 6750 section 3.1.</summary>
    public const string InvalidToken = "invalid_token";
    /// <summary>RFC 6750 section 3.1.</summary>
    public const string InsufficientScope = "insufficient_scope";

    private const string ServerError = "server_error";

    /// <summary>Whatever is wrong with a token, the refusal is the same.</summary>
    public static readonly Rejection BadToken = new(InvalidToken, "authorization", "the token is missing, not valid here, used up or at its end");

    /// <summary>The endpoints' own form.</summary>
    public static readonly RefusalStyle Style = new(Write);

    /// <summary>A refusal of what a client says of itself.</summary>
    public static Rejection Bad(string member, string detail) => new(InvalidMetadata, member, $"{member}: {detail}");

    private static void Write(HttpContext context, Rejection rejection, int known)
    {
        var (status, error) = Told(rejection.Code, known);
        var headers = context.Response.Headers;
        OAuthErrors.NoStore(headers);
        if (status == StatusCodes.Status401Unauthorized)
        {
            // RFC 6750 section 3.1: who has presented nothing is told no error.
            headers[HeaderNames.WWWAuthenticate] = context.Request.Headers.Authorization.Count == 0 ? "Bearer realm=\"fabric\"" : $"Bearer realm=\"fabric\", error=\"{InvalidToken}\"";
        }
        else if (status == StatusCodes.Status503ServiceUnavailable)
        {
            headers[HeaderNames.RetryAfter] = "1";
        }
        JsonAnswer.Write(context, status, new OAuthError(error, OAuthErrors.Printable(rejection.Detail)), OAuthJson.Default.OAuthError);
    }

    // INVARIANT T1: another tenant's token is a token that is not valid here.
    private static (int Status, string Error) Told(string code, int known) => code switch
    {
        InvalidRedirectUri or InvalidMetadata or InvalidStatement or UnapprovedStatement => (StatusCodes.Status400BadRequest, code),
        InvalidToken or Codes.Unauthenticated or Codes.NotFound => (StatusCodes.Status401Unauthorized, InvalidToken),
        Codes.Forbidden => (StatusCodes.Status403Forbidden, InsufficientScope),
        Codes.LimitReached => (StatusCodes.Status429TooManyRequests, OAuthErrors.Unavailable),
        OAuthErrors.AccessDenied => (StatusCodes.Status403Forbidden, code),
        _ => known switch
        {
            StatusCodes.Status413PayloadTooLarge => (known, InvalidMetadata),
            StatusCodes.Status400BadRequest or StatusCodes.Status415UnsupportedMediaType => (StatusCodes.Status400BadRequest, InvalidMetadata),
            StatusCodes.Status503ServiceUnavailable => (known, OAuthErrors.Unavailable),
            StatusCodes.Status500InternalServerError => (known, ServerError),
            _ => (StatusCodes.Status403Forbidden, OAuthErrors.AccessDenied),
        },
    };
}
