using Fabric.Contracts.Common;
using Fabric.Core.Common;
using Fabric.Core.Lineages;
using Fabric.Core.Tokens;
using Fabric.Engine;
using Fabric.Engine.Wire;
using Fabric.Silo.Api;

namespace Fabric.Silo.OAuth;

/// <summary>
/// Introspection (RFC 7662): the fabric's own word on a token, at this moment. Enforcement points and administrators are told about tokens that have to do with their tenant, an agent
/// about its own. Of all others nobody learns more than that they are not active.
/// </summary>
internal sealed class IntrospectionEndpoint(IFabricEngine engine, IntrospectionReply reply)
{
    private static readonly IntrospectionAnswer Inactive = new(false);

    /// <summary>Answers a request.</summary>
    public Task AnswerAsync(HttpContext context)
    {
        var (caller, form) = (context.Caller(), Form.Of(context));
        if (form["token"] is not { } token)
        {
            OAuthErrors.Refuse(context, new Rejection(OAuthErrors.InvalidRequest, "token", "token is missing"));
            return Task.CompletedTask;
        }
        var standing = engine.Introspect(token);
        if (standing.Code == Codes.CheckUnavailable)
        {
            // RFC 7662 has no word for not knowing; to say that a token is dead would be as wrong as that it lives.
            OAuthErrors.Refuse(context, new Rejection(Codes.CheckUnavailable, "token", "this fabric cannot tell now: ask again"));
            return Task.CompletedTask;
        }
        OAuthErrors.NoStore(context.Response.Headers);
        var answer = standing is { Code: null, Claims: { } claims } && MaySee(caller, (string)context.GetRouteValue("t")!, claims) ? Of(claims) : Inactive;
        reply.Write(context, answer);
        return Task.CompletedTask;
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
