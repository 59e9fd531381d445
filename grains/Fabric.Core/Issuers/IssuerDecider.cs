using System.Buffers;
using Fabric.Core.Common;
using Fabric.Core.Tenants;

namespace Fabric.Core.Issuers;

/// <summary>Decides whom a tenant trusts.</summary>
public static class IssuerDecider
{
    /// <summary>Issuers of a tenant (B1).</summary>
    public const int IssuersMax = 32;
    /// <summary>Subject rules of an issuer (B1).</summary>
    public const int SubjectsMax = 64;
    /// <summary>Audiences of an issuer (B1).</summary>
    public const int AudiencesMax = 8;
    /// <summary>Characters of an issuer, a key set's address or an audience (B1).</summary>
    public const int UrlLengthMax = 512;
    /// <summary>Characters of an inline key set (B1).</summary>
    public const int JwksLengthMax = 16 * 1024;

    private const string TrustDomain = "spiffe://";

    private static readonly SearchValues<char> ClaimCharacters = SearchValues.Create("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-.:/");
    private static readonly SearchValues<char> DomainCharacters = SearchValues.Create("abcdefghijklmnopqrstuvwxyz0123456789._-");

    /// <summary>What a token may be signed by. None of them is symmetric: who can check a token must not be able to make one.</summary>
    public static IReadOnlyList<string> Algorithms { get; } = ["ES256", "ES384", "RS256", "PS256"];

    /// <summary>Decides to trust an issuer, in place of the one with the same id.</summary>
    public static Outcome<IssuerTrusted> Trust(TenantState tenant, TrustedIssuer issuer)
    {
        if (Check(issuer) is { } bad)
        {
            return bad;
        }

        if (tenant.Standing.Ended)
        {
            return new Rejection(Codes.TenantRevoked, tenant.Id, "the tenant is revoked");
        }

        foreach (var other in tenant.Issuers)
        {
            // One of them would decide alone, and nobody could tell which.
            if (other.Id != issuer.Id && other.Kind == issuer.Kind && other.Issuer == issuer.Issuer)
            {
                return new Rejection(Codes.AlreadyExists, other.Id, "this issuer is trusted for this already");
            }
        }

        return tenant.Issuers.Count >= IssuersMax && tenant.Issuers.All(other => other.Id != issuer.Id)
            ? new Rejection(Codes.LimitReached, tenant.Id, $"a tenant trusts at most {IssuersMax} issuers")
            : new IssuerTrusted(tenant.Id, issuer);
    }

    /// <summary>Decides to trust an issuer no more. Also of a tenant that is revoked.</summary>
    public static Outcome<IssuerDistrusted> Distrust(TenantState tenant, string id) => tenant.Issuers.Any(issuer => issuer.Id == id)
        ? new IssuerDistrusted(tenant.Id, id)
        : new Rejection(Codes.NotFound, id, "the node does not exist");

    private static Rejection? Check(TrustedIssuer issuer) =>
        Names.CheckId("id", issuer.Id)
        ?? (issuer.Kind is IssuerKind.None or > IssuerKind.Login ? Bad("kind", "an issuer is of kind `users`, `workload`, `spiffe`, `signals` or `login`") : null)
        ?? CheckIssuer(issuer)
        ?? CheckKeys(issuer)
        ?? CheckAudiences(issuer)
        ?? CheckSubjects(issuer)
        ?? CheckLogin(issuer);

    private static Rejection? CheckIssuer(TrustedIssuer issuer)
    {
        if (issuer.Kind != IssuerKind.Spiffe)
        {
            return IsUrl(issuer.Issuer) ? null : Bad("issuer", $"an issuer is an https URL of at most {UrlLengthMax} characters, without user, query and fragment");
        }

        var isDomain = issuer.Issuer.StartsWith(TrustDomain, StringComparison.Ordinal) && issuer.Issuer.Length - TrustDomain.Length is >= 1 and <= 255
            && !issuer.Issuer.AsSpan(TrustDomain.Length).ContainsAnyExcept(DomainCharacters);
        return isDomain ? null : Bad("issuer", "a SPIFFE issuer is `spiffe://TRUST-DOMAIN`");
    }

    private static Rejection? CheckKeys(TrustedIssuer issuer)
    {
        if (issuer.JwksUri is not null && issuer.Jwks is not null)
        {
            return Bad("jwks", "keys are at `jwksUri` or stand in `jwks`, not both");
        }

        if (issuer.Kind == IssuerKind.Spiffe && issuer.JwksUri is null && issuer.Jwks is null)
        {
            return Bad("jwksUri", "a SPIFFE trust domain has no metadata: its bundle is at `jwksUri`, or stands in `jwks`");
        }

        if ((issuer.JwksUri is { } url && !IsUrl(url, mayHaveQuery: true)) || issuer.Jwks is { Length: > JwksLengthMax })
        {
            return Bad("jwksUri", $"`jwksUri` is an https URL of at most {UrlLengthMax} characters, `jwks` a key set of at most {JwksLengthMax}");
        }

        return issuer.Algorithms.Count is 0 or > 8 || issuer.Algorithms.Any(algorithm => !Algorithms.Contains(algorithm, StringComparer.Ordinal))
            ? Bad("algorithms", $"one or more of {string.Join(", ", Algorithms)}")
            : null;
    }

    private static Rejection? CheckAudiences(TrustedIssuer issuer)
    {
        if (issuer.Audiences.Count > AudiencesMax || issuer.Audiences.Any(audience => audience is not { Length: >= 1 and <= UrlLengthMax } || !PlainText.Is(audience)))
        {
            return Bad("audiences", $"at most {AudiencesMax} audiences of 1 to {UrlLengthMax} plain characters");
        }

        return issuer.Kind is IssuerKind.Users or IssuerKind.Signals or IssuerKind.Login && issuer.Audiences.Count == 0
            ? Bad("audiences", "say whom its tokens are for: a token for another service proves nothing here")
            : null;
    }

    private static Rejection? CheckSubjects(TrustedIssuer issuer)
    {
        if (issuer.SubjectClaim is not { Length: >= 1 and <= 128 } || issuer.SubjectClaim.AsSpan().ContainsAnyExcept(ClaimCharacters))
        {
            return Bad("subjectClaim", "the name of a claim");
        }

        var isOfAgents = issuer.Kind is IssuerKind.Workload or IssuerKind.Spiffe;
        if ((isOfAgents && issuer.Subjects.Count is 0 or > SubjectsMax) || (!isOfAgents && issuer.Subjects.Count > 0))
        {
            return Bad("subjects", $"1 to {SubjectsMax} subjects for workloads, none for users");
        }

        if ((issuer.CreateUsers && issuer.Kind != IssuerKind.Users) || (issuer.Reusable && !isOfAgents))
        {
            return Bad("createUsers", "`createUsers` is for users, `reusable` for workloads");
        }

        if (issuer.Kind == IssuerKind.Spiffe && (issuer.SubjectClaim != "sub" || issuer.Subjects.Any(rule => !rule.Subject.StartsWith(issuer.Issuer + "/", StringComparison.Ordinal))))
        {
            return Bad("subjects", "a subject is a SPIFFE ID of the trust domain, in the claim `sub`");
        }

        return issuer.Subjects.Select(rule => rule.Check()).FirstOrDefault(bad => bad is not null);
    }

    // OpenID Connect Core section 2: an ID token is for the client that asked for it, and for nobody else.
    private static Rejection? CheckLogin(TrustedIssuer issuer) =>
        issuer.Kind != IssuerKind.Login ? issuer.Login is null ? null : Bad("clientId", "the fabric is a client of issuers of kind `login` alone")
        : issuer.Login is not { } login ? Bad("clientId", "say which client of the issuer the fabric is")
        : login.Check() ?? (issuer.Audiences is [{ } audience] && audience == login.ClientId ? null : Bad("audiences", "an ID token is for the client alone: leave `audiences` out"));

    // Whether plain http may be used, and to where, is the host's to say when it connects.
    private static bool IsUrl(string text, bool mayHaveQuery = false) =>
        text.Length <= UrlLengthMax && !text.AsSpan().ContainsAnyExceptInRange('!', '~') && Uri.TryCreate(text, UriKind.Absolute, out var url)
        && url.Scheme is "https" or "http" && url.Host.Length > 0 && url.UserInfo.Length == 0 && !text.Contains('#', StringComparison.Ordinal)
        && (mayHaveQuery || !text.Contains('?', StringComparison.Ordinal));

    private static Rejection Bad(string field, string detail) => new(Codes.InvalidField, field, detail);
}
