using System.Text;
using Fabric.Contracts.Credentials;
using Fabric.Core.Common;
using Fabric.Core.Tokens;
using Fabric.Engine;
using Fabric.Engine.Wire;
using Fabric.Silo.Api;
using Fabric.Silo.Federation;

namespace Fabric.Silo.OAuth;

/// <summary>The token endpoint (RFC 6749 section 3.2): the grant that the form names, for the client that the guard has let in.</summary>
internal sealed class TokenEndpoint(IFabricEngine engine, Issuers issuers, DpopProofs proofs, UserTokenGrant users, TimeProvider time)
{
    private readonly ClientCredentialsGrant _credentials = new(engine);
    private readonly TokenExchangeGrant _exchange = new(engine, users, time);

    /// <summary>Answers a request.</summary>
    public async Task AnswerAsync(HttpContext context)
    {
        var (client, form) = (context.Caller(), Form.Of(context));
        var answer = await GrantAsync(context, client, form);
        if (!answer.IsOk)
        {
            OAuthErrors.Refuse(context, answer.Rejection);
            return;
        }
        OAuthErrors.NoStore(context.Response.Headers);
        JsonAnswer.Write(context, StatusCodes.Status200OK, answer.Value, OAuthJson.Default.TokenAnswer);
    }

    private async ValueTask<Outcome<TokenAnswer>> GrantAsync(HttpContext context, Caller client, Form form)
    {
        var isExchange = form["grant_type"] == GrantTypes.TokenExchange;
        if (!isExchange && form["grant_type"] != GrantTypes.ClientCredentials)
        {
            return form["grant_type"] is null
                ? new Rejection(OAuthErrors.InvalidRequest, "grant_type", "grant_type is missing")
                : new Rejection(OAuthErrors.UnsupportedGrantType, "grant_type", "the grants are client_credentials and token exchange");
        }
        var asked = GrantRequest.Of(form);
        if (!asked.IsOk)
        {
            return asked.Rejection;
        }
        var proven = await proofs.ProvenKeyAsync(context, $"{client.Tenant}/{client.Subject}", issuers.TokenOf(client.Tenant!));
        if (!proven.IsOk)
        {
            return proven.Rejection;
        }
        var session = isExchange
            ? await _exchange.OpenAsync(client, asked.Value, form, proven.Value, context.RequestAborted)
            : await _credentials.OpenAsync(client, asked.Value, context.RequestAborted);
        if (!session.IsOk)
        {
            return asked.Value.Tell(session.Rejection);
        }
        var scopes = asked.Value.Session is null ? null : asked.Value.Scopes;
        var issued = await engine.As(client).IssueCredentialsAsync(
            session.Value, new IssueCredentials(Scopes: scopes, Audience: asked.Value.Audience, ProofKey: proven.Value), context.RequestAborted);
        return issued.IsOk ? Of(issued.Value, isExchange, proven.Value is not null) : asked.Value.Tell(issued.Rejection);
    }

    // What the token says was granted: asked-for scopes take constraints over from what they lie within.
    private TokenAnswer Of(IssuedCredentials issued, bool isExchange, bool isBound)
    {
        var token = issued.Credentials[0].Token;
        var scopes = ScopeWire.Write(TokenReader.Parse(Encoding.ASCII.GetBytes(token)).Value.Claims.Scopes);
        var seconds = (long)Math.Max(0, Math.Floor((issued.ExpiresAt - time.GetUtcNow()).TotalSeconds));
        return new TokenAnswer(
            token, isBound ? "DPoP" : "Bearer", seconds, ScopeText.Write(scopes), DetailsText.Write(scopes), issued.Session, isExchange ? GrantTypes.AccessTokenType : null);
    }
}
