using Fabric.Core.Common;
using Fabric.Silo.Api;
using Microsoft.Net.Http.Headers;

namespace Fabric.Silo.OAuth;

/// <summary>The error codes of the OAuth endpoints, where each is from, and how a refusal of the fabric is told in them.</summary>
internal static class OAuthErrors
{
    /// <summary>RFC 6749 section 5.2.</summary>
    public const string InvalidRequest = "invalid_request";
    /// <summary>RFC 6749 section 5.2.</summary>
    public const string InvalidClient = "invalid_client";
    /// <summary>RFC 6749 section 5.2.</summary>
    public const string InvalidGrant = "invalid_grant";
    /// <summary>RFC 6749 section 5.2.</summary>
    public const string UnauthorizedClient = "unauthorized_client";
    /// <summary>RFC 6749 section 5.2.</summary>
    public const string UnsupportedGrantType = "unsupported_grant_type";
    /// <summary>RFC 6749 section 5.2.</summary>
    public const string InvalidScope = "invalid_scope";
    /// <summary>RFC 7009 section 2.2.1.</summary>
    public const string UnsupportedTokenType = "unsupported_token_type";
    /// <summary>RFC 8707 section 2.</summary>
    public const string InvalidTarget = "invalid_target";
    /// <summary>RFC 9396 section 5.</summary>
    public const string InvalidDetails = "invalid_authorization_details";
    /// <summary>RFC 9449 section 5.</summary>
    public const string InvalidProof = "invalid_dpop_proof";
    /// <summary>RFC 9449 section 8.</summary>
    public const string UseNonce = "use_dpop_nonce";
    /// <summary>RFC 8628 section 3.5: a human has not decided yet.</summary>
    public const string Pending = "authorization_pending";
    /// <summary>RFC 6749 section 4.1.2.1.</summary>
    public const string UnsupportedResponseType = "unsupported_response_type";
    /// <summary>RFC 6749 section 4.1.2.1; OpenID CIBA core section 11.</summary>
    public const string AccessDenied = "access_denied";
    /// <summary>RFC 8628 section 3.5: asked again too soon.</summary>
    public const string SlowDown = "slow_down";
    /// <summary>RFC 8628 section 3.5: what was waited for has not come in time.</summary>
    public const string ExpiredToken = "expired_token";
    /// <summary>RFC 6749 section 4.1.2.1, with status 503.</summary>
    public const string Unavailable = "temporarily_unavailable";

    /// <summary>Seconds after which to ask again for a session that waits for an approval.</summary>
    public const int PollSeconds = 5;

    /// <summary>Answers a refusal: one of this class's codes, or one of the fabric's, which is told as one of them.</summary>
    public static void Refuse(HttpContext context, Rejection rejection)
    {
        var known = OfFabric(rejection);
        var status = StatusOf(rejection, known.Code);
        var headers = context.Response.Headers;
        NoStore(headers);
        if (status == StatusCodes.Status401Unauthorized)
        {
            // RFC 6749 section 5.2: with the scheme that the client used; Basic is the one that every client has.
            headers[HeaderNames.WWWAuthenticate] = "Basic realm=\"fabric\", charset=\"UTF-8\"";
        }
        else if (status == StatusCodes.Status503ServiceUnavailable)
        {
            headers[HeaderNames.RetryAfter] = "1";
        }
        var isPending = known.Code == Pending;
        JsonAnswer.Write(
            context, status, new OAuthError(known.Code, Printable(known.Detail), isPending && Names.ParseId(known.Subject) is not null ? known.Subject : null, isPending ? PollSeconds : null),
            OAuthJson.Default.OAuthError);
    }

    /// <summary>RFC 6749 section 5.1: what holds a token, or tells of one, is kept by nobody.</summary>
    public static void NoStore(IHeaderDictionary headers)
    {
        headers[HeaderNames.CacheControl] = "no-store";
        headers[HeaderNames.Pragma] = "no-cache";
    }

    /// <summary>A refusal as an authorization response tells it (RFC 6749 section 4.1.2.1), which knows of no grant and no client authentication.</summary>
    public static Rejection OfAuthorization(Rejection rejection)
    {
        var known = OfFabric(rejection);
        var code = known.Code switch { InvalidGrant => AccessDenied, InvalidClient => UnauthorizedClient, _ => known.Code };
        return known with { Code = code, Detail = Printable(known.Detail) };
    }

    /// <summary>A refusal of the fabric as one of an OAuth endpoint; one that is already one stays.</summary>
    private static Rejection OfFabric(Rejection rejection) => rejection.Code switch
    {
        Codes.Unauthenticated or Codes.Replayed => rejection with { Code = InvalidClient },
        Codes.Forbidden => rejection with { Code = UnauthorizedClient },
        Codes.ScopeExceeded or Codes.ScopeInvalid => rejection with { Code = InvalidScope },
        Codes.SessionNotApproved => rejection with { Code = Pending },
        Codes.SessionBound => rejection with { Code = rejection.Subject == "audience" ? InvalidTarget : InvalidGrant },
        Codes.TooEarly or Codes.StorageUnavailable or Codes.AuditUnavailable or Codes.Stopping or Codes.LimitReached or Codes.CheckUnavailable
            or Codes.TenantNoKey or Codes.IssuerKeysUnavailable => rejection with { Code = Unavailable },
        Codes.TooLarge or Codes.InvalidField or Codes.BrokenRequest => rejection with { Code = InvalidRequest },
        _ when rejection.Code.Contains('.', StringComparison.Ordinal) => rejection with { Code = InvalidGrant },
        _ => rejection,
    };

    private static int StatusOf(Rejection rejection, string code) => code switch
    {
        InvalidClient => StatusCodes.Status401Unauthorized,
        Unavailable => StatusCodes.Status503ServiceUnavailable,
        _ when rejection.Code == Codes.TooLarge => StatusCodes.Status413PayloadTooLarge,
        _ => StatusCodes.Status400BadRequest,
    };

    /// <summary>A text as an error description: printable ASCII without quotes and backslashes (RFC 6749 section 5.2).</summary>
    public static string Printable(string text) => string.Create(text.Length, text, static (to, from) =>
    {
        for (var i = 0; i < to.Length; i++)
        {
            to[i] = from[i] is '"' or '\\' ? '\'' : from[i] is >= ' ' and <= '~' ? from[i] : '?';
        }
    });
}
