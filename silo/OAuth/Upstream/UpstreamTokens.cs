using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Fabric.Core.Common;
using Fabric.Core.Issuers;
using Fabric.Core.Tokens;
using Fabric.Engine;
using Fabric.Silo.Federation;
using Fabric.Silo.Outbound;

namespace Fabric.Silo.OAuth.Upstream;

/// <summary>What the browser brought back, and what it has to fit: the client's redirect URI, the PKCE verifier and the nonce of the flow.</summary>
internal sealed record UpstreamCode(string Code, string RedirectUri, string Verifier, string Nonce)
{
    /// <summary>Without the code: a log is no place for it.</summary>
    public override string ToString() => nameof(UpstreamCode);
}

/// <summary>
/// Gets the ID token for a code (OpenID Connect Core section 3.1.3) and judges it (section 3.1.3.7). Its access token is not used for anything. Why a code came to nothing stands in the log, for
/// who runs the host; the browser is told no more than that.
/// </summary>
internal sealed class UpstreamTokens(IFabricEngine engine, OutboundHttp http, IssuedTokens tokens, TimeProvider time, ILoggerFactory logs)
{
    // INVARIANT B1, R5: who sends made-up codes holds up so many, and a tenant whose provider is slow so many of its own.
    private const int WaitingMax = 64;
    private const int WaitingOfTenantMax = 8;
    private const string FormType = "application/x-www-form-urlencoded";

    private static readonly string[] Types = ["application/json"];
    private static readonly JsonDocumentOptions Strict = new() { AllowDuplicateProperties = false, MaxDepth = 16 };
    private static readonly Rejection Busy = new(Codes.StorageUnavailable, "sign-in", "too many sign in at this moment: try again in a moment");
    private static readonly Rejection Silent = new(Codes.IssuerKeysUnavailable, "issuer", "the issuer does not answer: try again in a moment");
    private static readonly Rejection Refused = new(Codes.Unauthenticated, "user", "what the issuer said is no proof of who you are: begin again");

    private readonly ILogger _log = logs.CreateLogger("Fabric.Silo.Federation");
    private readonly Dictionary<string, int> _ofTenants = new(StringComparer.Ordinal);
    private int _waiting;

    /// <summary>What the issuer says of the user that signed in.</summary>
    public async ValueTask<Outcome<IssuedToken>> RedeemAsync(string tenant, TrustedIssuer issuer, ProviderMetadata provider, UpstreamCode code, CancellationToken cancellation)
    {
        if (!TryEnter(tenant))
        {
            return Busy;
        }
        try
        {
            var answer = await AskAsync(tenant, issuer, provider, code, cancellation);
            return answer.IsOk ? await JudgeAsync(tenant, issuer, answer.Value.IdToken, answer.Value.AccessToken, code.Nonce, cancellation) : answer.Rejection;
        }
        finally
        {
            Leave(tenant);
        }
    }

    private bool TryEnter(string tenant)
    {
        lock (_ofTenants)
        {
            var own = _ofTenants.GetValueOrDefault(tenant);
            if (own >= WaitingOfTenantMax || _waiting >= WaitingMax)
            {
                return false;
            }
            (_ofTenants[tenant], _waiting) = (own + 1, _waiting + 1);
            return true;
        }
    }

    private void Leave(string tenant)
    {
        lock (_ofTenants)
        {
            _waiting--;
            if (--_ofTenants[tenant] == 0)
            {
                _ofTenants.Remove(tenant);
            }
        }
    }

    private async ValueTask<Outcome<(string IdToken, string? AccessToken)>> AskAsync(
        string tenant, TrustedIssuer issuer, ProviderMetadata provider, UpstreamCode code, CancellationToken cancellation)
    {
        var secret = engine.LoginSecretOf(tenant, issuer);
        if (!secret.IsOk)
        {
            return secret.Rejection;
        }
        if (RequestOf(issuer, provider, code, secret.Value) is not { } request)
        {
            return Failed(issuer, "its token endpoint takes neither client_secret_basic nor client_secret_post", Silent);
        }
        var reply = await http.SendAsync(request, cancellation);
        return reply.Fault == OutboundFault.Status ? Failed(issuer, $"its token endpoint answered {(int)reply.Status}", Refused)
            : !reply.IsOk ? Failed(issuer, $"its token endpoint: {reply.Fault}", Silent)
            : Parse(reply.Body) is { } answer ? answer : Failed(issuer, "its token endpoint gave no ID token", Refused);
    }

    private static OutboundRequest? RequestOf(TrustedIssuer issuer, ProviderMetadata provider, UpstreamCode code, string? secret)
    {
        var id = issuer.Login!.ClientId;
        var form = $"grant_type=authorization_code&code={Uri.EscapeDataString(code.Code)}&redirect_uri={Uri.EscapeDataString(code.RedirectUri)}&code_verifier={code.Verifier}";
        var byHeader = secret is not null && provider.Methods.Contains(ProviderMetadata.Basic, StringComparer.Ordinal);
        if (secret is not null && !byHeader && !provider.Methods.Contains(ProviderMetadata.Post, StringComparer.Ordinal))
        {
            return null;
        }
        form = byHeader ? form : secret is null ? $"{form}&client_id={Uri.EscapeDataString(id)}" : $"{form}&client_id={Uri.EscapeDataString(id)}&client_secret={Uri.EscapeDataString(secret)}";

        // RFC 6749 section 2.3.1: both are form-urlencoded before they are joined.
        var pair = byHeader ? $"{Uri.EscapeDataString(id)}:{Uri.EscapeDataString(secret!)}" : null;
        return new OutboundRequest(provider.Token)
        {
            Types = Types, Body = Encoding.ASCII.GetBytes(form), BodyType = FormType, Authorization = pair is null ? null : "Basic " + Convert.ToBase64String(Encoding.ASCII.GetBytes(pair)),
        };
    }

    private static (string IdToken, string? AccessToken)? Parse(byte[] json)
    {
        try
        {
            using var document = JsonDocument.Parse(json, Strict);
            return document.RootElement.ValueKind == JsonValueKind.Object && ForeignJwt.Text(document.RootElement, "id_token") is { } token
                ? (token, ForeignJwt.Text(document.RootElement, "access_token"))
                : null;
        }
        catch (JsonException)
        {
            return null;
        }
    }

    private async ValueTask<Outcome<IssuedToken>> JudgeAsync(string tenant, TrustedIssuer issuer, string text, string? accessToken, string nonce, CancellationToken cancellation)
    {
        if (ForeignJwt.TryParseIssued(text) is not { } jwt || !IsIdToken(jwt) || jwt.Text("iss") != issuer.Issuer)
        {
            return Failed(issuer, "its ID token is none, or another issuer's", Refused);
        }
        if (jwt.Text("nonce") is not { } said || !CryptographicOperations.FixedTimeEquals(Encoding.UTF8.GetBytes(said), Encoding.ASCII.GetBytes(nonce)))
        {
            return Failed(issuer, "its ID token has another nonce than was asked for", Refused);
        }
        if (!IsParty(jwt, issuer.Login!.ClientId) || !IsOfAccessToken(jwt, accessToken))
        {
            return Failed(issuer, "its ID token has another azp, or not this at_hash", Refused);
        }
        var read = await tokens.ReadAsync(tenant, issuer, jwt, cancellation);
        if (!read.IsOk)
        {
            return read.Rejection.Code == Codes.Unauthenticated ? Failed(issuer, "its ID token does not hold: signature, algorithm, audience, time or subject claim", Refused) : read.Rejection;
        }

        // A token of this nonce was made since the flow began; its issuer's clock may be off by as much as ours may.
        return read.Value.IssuedAt is { } made && made > Instant.From(time.GetUtcNow()) - UpstreamFlow.Lifetime - Limits.ClockSkew
            ? read
            : Failed(issuer, "its ID token has no iat, or is too old", Refused);
    }

    // RFC 8725 section 3.11: an access token, a logout token or a security event token lets nobody in.
    private static bool IsIdToken(ForeignJwt jwt) =>
        (!jwt.Header.TryGetProperty("typ", out _) || string.Equals(ForeignJwt.Text(jwt.Header, "typ"), "JWT", StringComparison.OrdinalIgnoreCase)) && !jwt.Claims.TryGetProperty("events", out _);

    private static bool IsParty(ForeignJwt jwt, string client) => !jwt.Claims.TryGetProperty("azp", out _) || jwt.Text("azp") == client;

    // OpenID Connect Core section 3.1.3.6: the left half of the hash that the algorithm names.
    private static bool IsOfAccessToken(ForeignJwt jwt, string? accessToken)
    {
        if (!jwt.Claims.TryGetProperty("at_hash", out _))
        {
            return true;
        }
        if (accessToken is null || jwt.Text("at_hash") is not { } said)
        {
            return false;
        }
        var bytes = Encoding.UTF8.GetBytes(accessToken);
        var hash = ForeignJwt.Text(jwt.Header, "alg") == "ES384" ? SHA384.HashData(bytes) : SHA256.HashData(bytes);
        return said == Base64Url.EncodeToString(hash.AsSpan(0, hash.Length / 2));
    }

    private Rejection Failed(TrustedIssuer issuer, string fault, Rejection told)
    {
        _log.LoginFailed(issuer.Issuer, fault);
        return told;
    }
}
