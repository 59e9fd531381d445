using System.Text.Json;
using Fabric.Core.Common;
using Fabric.Core.Issuers;
using Fabric.Core.Tokens;
using Fabric.Engine;
using Fabric.Silo.OAuth;

namespace Fabric.Silo.Federation;

/// <summary>
/// Judges tokens of the issuers that a tenant trusts (RFC 7519 section 7.2, RFC 8725, OpenID Connect Core section 3.1.3.7). Which issuer it is comes from the tenant's list, never from the
/// token; what is accepted is compared, never negotiated. Whatever is wrong, the refusal is the same.
/// </summary>
internal sealed class IssuedTokens(IFabricEngine engine, KeySets keys, Issuers issuers, TimeProvider time)
{
    /// <summary>The longest that a token may still live: what lives longer is no token of a moment.</summary>
    public static readonly TimeSpan LifetimeMax = TimeSpan.FromHours(24);

    private static readonly Rejection Invalid = new(Codes.Unauthenticated, "token", "the token is not valid here");

    // RFC 8725 section 3.11: what was signed for another purpose is no token of an identity.
    private static readonly string[] TokenTypes = ["jwt", "at+jwt", "application/at+jwt", "jose"];

    /// <summary>
    /// The token that a text is, of an issuer of a kind that the tenant trusts. Refusals: `auth.unauthenticated`, whatever was wrong; `issuer.keys_unavailable`; `storage.unavailable`.
    /// </summary>
    public async ValueTask<Outcome<IssuedToken>> ReadAsync(string tenant, IssuerKind kind, string text, CancellationToken cancellation)
    {
        var trusted = engine.IssuersOf(tenant);
        if (!trusted.IsOk)
        {
            return trusted.Rejection;
        }

        // A security event token (RFC 8417 section 2.2), or a logout token, which need not say so by its type, says what happened, and lets nobody in.
        return ForeignJwt.TryParseIssued(text) is { } jwt && IsOfTokens(jwt.Header) && !jwt.Claims.TryGetProperty("events", out _) && IssuerOf(trusted.Value, kind, jwt) is { } issuer
            ? await ReadAsync(tenant, issuer, jwt, cancellation)
            : Invalid;
    }

    /// <summary>The same for a token of one issuer, whose type was looked at.</summary>
    public async ValueTask<Outcome<IssuedToken>> ReadAsync(string tenant, TrustedIssuer issuer, ForeignJwt jwt, CancellationToken cancellation)
    {
        // What can be told without the issuer comes first: nobody makes the fabric ask for keys with a token that is wrong anyhow.
        if (ForeignJwt.Text(jwt.Header, "alg") is not { } algorithm || !issuer.Algorithms.Contains(algorithm, StringComparer.Ordinal) || jwt.Text(issuer.SubjectClaim) is not { Length: > 0 and <= 512 } subject
            || !IsVerified(issuer, jwt) || !IsFor(jwt.Claims, issuer, tenant) || MomentsOf(jwt) is not { } moments || (jwt.Claims.TryGetProperty("jti", out _) && !HasId(jwt)))
        {
            return Invalid;
        }
        var kid = jwt.Header.TryGetProperty("kid", out _) ? ForeignJwt.Text(jwt.Header, "kid") ?? "" : null;

        // JWT-SVID section 2.2: the key is always named.
        if (kid is null && issuer.Kind == IssuerKind.Spiffe)
        {
            return Invalid;
        }
        var signed = await keys.HasSignedAsync(issuer, jwt, kid, algorithm, cancellation);
        return !signed.IsOk ? signed.Rejection
            : signed.Value ? new IssuedToken(issuer, subject, jwt.Text("jti"), moments.IssuedAt, moments.ExpiresAt, jwt.Claims, IsAccessToken(jwt.Header))
            : Invalid;
    }

    private static bool IsOfTokens(JsonElement header) =>
        !header.TryGetProperty("typ", out _) || (ForeignJwt.Text(header, "typ") is { } type && TokenTypes.Contains(type, StringComparer.OrdinalIgnoreCase));

    private static bool IsAccessToken(JsonElement header) => ForeignJwt.Text(header, "typ")?.EndsWith("at+jwt", StringComparison.OrdinalIgnoreCase) == true;

    // A SPIFFE ID names its trust domain itself; `iss` is nothing there (JWT-SVID section 3).
    private static TrustedIssuer? IssuerOf(IReadOnlyList<TrustedIssuer> trusted, IssuerKind kind, ForeignJwt jwt)
    {
        var named = kind != IssuerKind.Spiffe ? jwt.Text("iss") : jwt.Text("sub") is { } subject && SpiffeIds.TrustDomainOf(subject) is { } domain ? domain : null;
        return trusted.FirstOrDefault(issuer => issuer.Kind == kind && issuer.Issuer == named);
    }

    // An address that nobody has proven to read is anybody's claim.
    private static bool IsVerified(TrustedIssuer issuer, ForeignJwt jwt) =>
        issuer.SubjectClaim != "email" || (jwt.Claims.TryGetProperty("email_verified", out var verified) && verified.ValueKind == JsonValueKind.True);

    // Who proves to be an agent by a token that is for others too could be one of these others. A user's token may be for several where the party that it was issued to is one of ours.
    private bool IsFor(JsonElement claims, TrustedIssuer issuer, string tenant)
    {
        if (!claims.TryGetProperty("aud", out var audience))
        {
            return false;
        }
        IReadOnlyList<string> ours = issuer.Audiences.Count > 0 ? issuer.Audiences : [issuers.Of(tenant)];
        if (audience.ValueKind != JsonValueKind.Array)
        {
            return ForeignJwt.Text(audience) is { } one && ours.Contains(one, StringComparer.Ordinal);
        }
        var isOurs = audience.EnumerateArray().Any(each => ForeignJwt.Text(each) is { } one && ours.Contains(one, StringComparer.Ordinal));
        return isOurs && (audience.GetArrayLength() == 1
            || (issuer.Kind == IssuerKind.Users && ForeignJwt.Text(claims, "azp") is { } party && ours.Contains(party, StringComparer.Ordinal)));
    }

    private (Instant? IssuedAt, Instant ExpiresAt)? MomentsOf(ForeignJwt jwt)
    {
        var (now, skew) = (Instant.From(time.GetUtcNow()), Limits.ClockSkew);
        if (jwt.Seconds("exp") is not { } ends || (Has("iat") && jwt.Seconds("iat") is null) || (Has("nbf") && jwt.Seconds("nbf") is null))
        {
            return null;
        }
        var (endsAt, madeAt, notBefore) = (MomentOf(ends), jwt.Seconds("iat") is { } made ? MomentOf(made) : (Instant?)null, MomentOf(jwt.Seconds("nbf") ?? 0));
        return endsAt > now - skew && endsAt <= now + LifetimeMax && notBefore <= now + skew && (madeAt is not { } at || (at <= now + skew && at < endsAt)) ? (madeAt, endsAt) : null;

        bool Has(string claim) => jwt.Claims.TryGetProperty(claim, out _);
    }

    private static bool HasId(ForeignJwt jwt) => jwt.Text("jti") is { Length: > 0 and <= ForeignJwt.JtiLengthMax };

    private static Instant MomentOf(double seconds) => new((long)(seconds * 1000));
}
