namespace Fabric.Silo.OAuth;

/// <summary>The grants that there are, and the token types of an exchange.</summary>
internal static class GrantTypes
{
    /// <summary>RFC 6749 section 4.4.</summary>
    public const string ClientCredentials = "client_credentials";

    /// <summary>RFC 6749 section 4.1.</summary>
    public const string AuthorizationCode = "authorization_code";

    /// <summary>RFC 6749 section 6.</summary>
    public const string RefreshToken = "refresh_token";

    /// <summary>OpenID CIBA core section 10.1.</summary>
    public const string Backchannel = "urn:openid:params:grant-type:ciba";

    /// <summary>RFC 8693.</summary>
    public const string TokenExchange = "urn:ietf:params:oauth:grant-type:token-exchange";

    /// <summary>All of them.</summary>
    public static readonly IReadOnlyList<string> All = [AuthorizationCode, RefreshToken, ClientCredentials, TokenExchange, Backchannel];

    /// <summary>RFC 8693 section 3.</summary>
    public const string AccessTokenType = "urn:ietf:params:oauth:token-type:access_token";

    /// <summary>RFC 8693 section 3: what an access token of the fabric is, too.</summary>
    public const string JwtType = "urn:ietf:params:oauth:token-type:jwt";
}
