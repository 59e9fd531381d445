using System.Text.Json;
using System.Text.Json.Serialization;

namespace Fabric.Contracts.Issuers;

/// <summary>
/// Trusts an issuer of tokens, in place of what was trusted by the same id. <paramref name="Kind"/>: `users` (its tokens say who a user is), `workload` (OpenID Connect tokens say which agent
/// a workload is), `spiffe` (JWT-SVIDs do), `signals` (its security event tokens say what happened to users) or `login` (users sign in at it: the fabric is its client <paramref name="ClientId"/>, with
/// <paramref name="ClientSecret"/> or, left out, as a public client, and asks for <paramref name="Scopes"/>, left out `openid`). <paramref name="Issuer"/>: its `iss`, or `spiffe://TRUST-DOMAIN`. Keys come from its
/// metadata (OpenID Connect Discovery, RFC 8414), from <paramref name="JwksUri"/>, or are <paramref name="Jwks"/> (RFC 7517). <paramref name="Audiences"/>: whom tokens must be for; left out for
/// workloads: the tenant's issuer. <paramref name="Algorithms"/>: left out ES256 and RS256. <paramref name="SubjectClaim"/>: left out `sub`.
/// </summary>
[JsonUnmappedMemberHandling(JsonUnmappedMemberHandling.Disallow)]
public sealed record PutIssuer(
    string Kind, string Issuer, string? JwksUri = null, JsonElement? Jwks = null, IReadOnlyList<string>? Audiences = null, IReadOnlyList<string>? Algorithms = null,
    string? SubjectClaim = null, IReadOnlyList<SubjectRuleDto>? Subjects = null, bool CreateUsers = false, bool Reusable = false, string? ClientId = null, string? ClientSecret = null,
    IReadOnlyList<string>? Scopes = null)
{
    /// <summary>Without the secret: a log is no place for it.</summary>
    public override string ToString() => $"{nameof(PutIssuer)} {{ {Kind} {Issuer} }}";
}

/// <summary>
/// Which workload is an agent: the whole subject, or one that ends in `/*` or `:*`, where the star stands for one segment without a slash or colon.
/// </summary>
[JsonUnmappedMemberHandling(JsonUnmappedMemberHandling.Disallow)]
public sealed record SubjectRuleDto(string Subject, string Agent);

/// <summary>An issuer that a tenant trusts. <paramref name="HasClientSecret"/>: whether the fabric has a secret there; the secret itself is told to nobody.</summary>
public sealed record IssuerInfo(
    string Tenant, string Id, string Kind, string Issuer, string? JwksUri, JsonElement? Jwks, IReadOnlyList<string> Audiences, IReadOnlyList<string> Algorithms,
    string SubjectClaim, IReadOnlyList<SubjectRuleDto> Subjects, bool CreateUsers, bool Reusable, ulong Revision, string? ClientId = null, bool HasClientSecret = false,
    IReadOnlyList<string>? Scopes = null);

/// <summary>
/// Polls the events of an issuer of kind `signals` (RFC 8936), in place of where it was polled before. <paramref name="Authorization"/>: the header `Authorization` of each poll; a secret, which no
/// answer has. Left out it stays where the address does, and is none where that is another.
/// </summary>
[JsonUnmappedMemberHandling(JsonUnmappedMemberHandling.Disallow)]
public sealed record PutSignalPoll(string EndpointUrl, string? Authorization = null)
{
    /// <summary>Without the secret, and without the address, which may hold one: a log is no place for them.</summary>
    public override string ToString() => nameof(PutSignalPoll);
}

/// <summary>
/// Where an issuer's events are polled, and how that goes: polls that failed in a row, what was wrong last, and when one went well last. <paramref name="HasAuthorization"/>: whether a secret goes
/// with it.
/// </summary>
public sealed record SignalPollInfo(
    string EndpointUrl, bool HasAuthorization, int Failures, string? LastError, DateTimeOffset? LastErrorAt, DateTimeOffset? PolledAt);
