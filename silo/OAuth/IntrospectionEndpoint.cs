using Fabric.Contracts.Common;
using Fabric.Core.Common;
using Fabric.Core.Lineages;
using Fabric.Core.Tokens;
using Fabric.Engine;
using Fabric.Engine.Wire;
using Fabric.Silo.Api;
using Fabric.Silo.OAuth.Refresh;

namespace Fabric.Silo.OAuth;

/// <summary>
/// Introspection (RFC 7662): the fabric's own word on a token, at this moment. Enforcement points and administrators are told about tokens that have to do with their tenant, an agent
/// about its own. Of all others nobody learns more than that they are not active.
/// </summary>
internal sealed class IntrospectionEndpoint(IFabricEngine engine, RefreshTokens refresh, Issuers issuers, IntrospectionReply reply)
{
    private static readonly IntrospectionAnswer Inactive = new(false);

    /// <summary>Answers a request.</summary>
    public async Task AnswerAsync(HttpContext context)
    {
        var (caller, form) = (context.Caller(), Form.Of(context));
        if (form["token"] is not { } token)
        {
            OAuthErrors.Refuse(context, new Rejection(OAuthErrors.InvalidRequest, "token", "token is missing"));
            return;
        }
        if (token.StartsWith(RefreshTokens.Prefix, StringComparison.Ordinal))
        {
            await AnswerRefreshAsync(context, caller, token);
            return;
        }
        var standing = engine.Introspect(token);
        if (standing.Code == Codes.CheckUnavailable)
        {
            // RFC 7662 has no word for not knowing; to say that a token is dead would be as wrong as that it lives.
            OAuthErrors.Refuse(context, new Rejection(Codes.CheckUnavailable, "token", "this fabric cannot tell now: ask again"));
            return;
        }
        OAuthErrors.NoStore(context.Response.Headers);
        var answer = standing is { Code: null, Claims: { } claims } && MaySee(caller, (string)context.GetRouteValue("t")!, claims) ? Of(claims) : Inactive;
        reply.Write(context, answer);
    }

    // To its own client alone: to an enforcement point a refresh token is no token that allows anything, however live it is.
    private async ValueTask AnswerRefreshAsync(HttpContext context, Caller caller, string token)
    {
        var found = caller.Role == Role.Agent ? await refresh.FindAsync(caller.Tenant!, token, context.RequestAborted) : Outcome<Held<RefreshFamily>?>.Of(null);
        if (!found.IsOk)
        {
            OAuthErrors.Refuse(context, found.Rejection);
            return;
        }
        var answer = Inactive;
        if (found.Value is { Value: { } family } held && family.Client == caller.Subject && refresh.UseOf(family, token) != TokenUse.Reused)
        {
            var session = await engine.As(caller).GetSessionAsync(family.Session, context.RequestAborted);
            if (session is { IsOk: true, Value.Status: "active" })
            {
                answer = new IntrospectionAnswer(
                    true, ScopeText.Write(session.Value.Scopes), family.Client, Exp: held.Note.Until.UnixSeconds, Iat: family.RotatedAtMs / 1_000, Sub: family.User, Aud: family.Audience,
                    Iss: issuers.Of(caller.Tenant!), Sid: family.Session, Tenant: caller.Tenant, AuthorizationDetails: DetailsText.Write(session.Value.Scopes),
                    Cnf: family.ProofKey is { } key ? new ConfirmationAnswer(key) : null);
            }
        }
        OAuthErrors.NoStore(context.Response.Headers);
        reply.Write(context, answer);
    }

    /// <summary>Whether a caller may be told about a token at a tenant's endpoint.</summary>
    // INVARIANT T1: the same rule as for checks: the tenant is in the token's lineage.
    private bool MaySee(Caller caller, string tenant, TokenClaims claims) => caller.Role == Role.Agent
        ? claims.Tenant == caller.Tenant && claims.ClientId == caller.Subject
        : engine.Keys.HandleOf(tenant) is { IsZero: false } handle && claims.Lineage.Contains(NodeKind.Tenant, handle);

    private static IntrospectionAnswer Of(TokenClaims claims)
    {
        IReadOnlyList<ScopeDto> scopes = ScopeWire.Write(claims.Scopes);
        ActorAnswer? act = null;
        foreach (var actor in claims.Actors.Reverse())
        {
            act = new ActorAnswer(actor.Agent, actor.Tenant, actor.User, act);
        }
        return new IntrospectionAnswer(
            true, ScopeText.Write(scopes), claims.ClientId, claims.ProofKey is null ? "Bearer" : "DPoP", claims.ExpiresAt.UnixSeconds, claims.IssuedAt.UnixSeconds,
            claims.Subject, claims.Audience, claims.Issuer, Names.FormatId(claims.CredentialId), Names.FormatId(claims.SessionId), claims.Tenant, DetailsText.Write(scopes), act,
            claims.ProofKey is { } key ? new ConfirmationAnswer(key) : null);
    }
}
