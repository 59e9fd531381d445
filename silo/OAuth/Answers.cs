using System.Text.Json.Serialization;

namespace Fabric.Silo.OAuth;

/// <summary>
/// An error (RFC 6749 section 5.2). <paramref name="Session"/> and <paramref name="Interval"/>: with `authorization_pending`, the session to ask for again and after how many seconds.
/// </summary>
internal sealed record OAuthError(string Error, string ErrorDescription, string? Session = null, int? Interval = null);

/// <summary>A token (RFC 6749 section 5.1; RFC 8693 section 2.2.1; RFC 9396 section 7). <paramref name="Session"/>: the id of the session that it is of.</summary>
internal sealed record TokenAnswer(
    string AccessToken, string TokenType, long ExpiresIn, string? Scope, IReadOnlyList<ToolCallDetail> AuthorizationDetails, string Session, string? IssuedTokenType = null,
    string? RefreshToken = null)
{
    /// <summary>Without the token: a log is no place for it.</summary>
    public override string ToString() => $"{nameof(TokenAnswer)} {{ {Session} }}";
}

/// <summary>The name of a pushed request, and for how many seconds it waits (RFC 9126 section 2.2).</summary>
internal sealed record PushedAnswer(string RequestUri, long ExpiresIn);

/// <summary>What a client polls with, for how long and how often (OpenID CIBA core section 7.3).</summary>
internal sealed record BackchannelAnswer(string AuthReqId, long ExpiresIn, int Interval);

/// <summary>What a token says, to who may know (RFC 7662 section 2.2). One that is not active says nothing else.</summary>
internal sealed record IntrospectionAnswer(
    bool Active, string? Scope = null, string? ClientId = null, string? TokenType = null, long? Exp = null, long? Iat = null, string? Sub = null, string? Aud = null,
    string? Iss = null, string? Jti = null, string? Sid = null, string? Tenant = null, IReadOnlyList<ToolCallDetail>? AuthorizationDetails = null,
    ActorAnswer? Act = null, ConfirmationAnswer? Cnf = null);

/// <summary>Who acts, and who acted before it (RFC 8693 section 4.1).</summary>
internal sealed record ActorAnswer(string Sub, string Tenant, string? User, ActorAnswer? Act);

/// <summary>The key that a token is bound to (RFC 9449 section 6.1).</summary>
internal sealed record ConfirmationAnswer(string Jkt);

/// <summary>
/// An object of `authorization_details` of type `tool_call` (RFC 9396 section 2), as clients state it and tokens carry it. A member that is not known is refused: it could be meant
/// to narrow.
/// </summary>
[JsonUnmappedMemberHandling(JsonUnmappedMemberHandling.Disallow)]
internal sealed record ToolCallDetail(
    string Type, string Tool, string Action = "*", string Resource = "*", bool ReadOnly = false, long? MaxCalls = null, RateDetail? Rate = null, string? Environment = null,
    decimal? NotAfter = null);

/// <summary>Calls in a fixed window.</summary>
[JsonUnmappedMemberHandling(JsonUnmappedMemberHandling.Disallow)]
internal sealed record RateDetail(long Calls, int PerSeconds);
