using Fabric.Core.Common;
using Fabric.Core.Issuers;
using Fabric.Core.Tokens;
using Fabric.Engine;
using Fabric.Silo.OAuth;

namespace Fabric.Silo.Federation;

/// <summary>
/// Agents that prove who they are by what their platform says of them: an OpenID Connect token of a build service or a cluster, or a JWT-SVID, as a client assertion (RFC 7521 section 4.2, RFC 7523
/// section 3, draft-ietf-oauth-spiffe-client-auth). The agent has no secret that could be stolen from where it is kept.
/// </summary>
internal sealed class WorkloadAssertions(IFabricEngine engine, IssuedTokens tokens)
{
    /// <summary>What `client_assertion_type` is for a JWT-SVID.</summary>
    public const string SpiffeType = "urn:ietf:params:oauth:client-assertion-type:jwt-spiffe";

    /// <summary>The name of it in metadata.</summary>
    public const string SpiffeMethod = "spiffe_jwt";

    private const string SpiffeScheme = "spiffe://";

    private static readonly Rejection Invalid = new(Codes.Unauthenticated, "client_assertion", "the client is not known, or its assertion is not valid");

    /// <summary>Who must have made an assertion of the type of RFC 7523, by what it says of itself: a trust domain, an issuer; null: the client, or nobody.</summary>
    public static IssuerKind? KindOf(string assertion) =>
        ForeignJwt.TryParseIssued(assertion) is not { } jwt || jwt.Text("iss") is { } issuer && issuer == jwt.Text("sub") ? null
        : jwt.Text("sub")?.StartsWith(SpiffeScheme, StringComparison.Ordinal) == true ? IssuerKind.Spiffe
        : IssuerKind.Workload;

    /// <summary>
    /// The agent that a workload is. <paramref name="clientId"/>: the agent that it says to be; null: the first that its subject is. Whatever is wrong, the refusal is the same, but for one
    /// that was used before or may have been, and for keys that cannot be had.
    /// </summary>
    public async ValueTask<Outcome<Caller>> AuthenticateAsync(string tenant, string? clientId, string assertion, IssuerKind kind, CancellationToken cancellation)
    {
        var read = await tokens.ReadAsync(tenant, kind, assertion, cancellation);
        if (!read.IsOk)
        {
            return read.Rejection.Code == Codes.Unauthenticated ? Invalid : read.Rejection;
        }
        var token = read.Value;
        if (token.Issuer.AgentOf(token.Subject, clientId) is not { } agent)
        {
            return Invalid;
        }
        var who = engine.AuthenticateAgent(tenant, agent, _ => true);
        if (!who.IsOk)
        {
            return who.Rejection.Code == Codes.Unauthenticated ? Invalid : who.Rejection;
        }
        if (token.Issuer.Reusable || token.Id is not { } id)
        {
            // Without an id nobody can tell the second use from the first: the end of the token is what bounds it.
            return who;
        }

        // Whether it was used before the start of a host is told by when it was made.
        return token.IssuedAt is not { } made ? Invalid
            : await engine.UseOnceAsync(new SingleUse($"{tenant}/{agent}", UseNames.Of("issued", $"{tenant}\n{token.Issuer.Issuer}", id), made, token.ExpiresAt), cancellation) is { } used ? used
            : who;
    }
}
