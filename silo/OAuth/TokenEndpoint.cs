using System.Text;
using Fabric.Contracts.Credentials;
using Fabric.Core.Common;
using Fabric.Core.Tokens;
using Fabric.Engine;
using Fabric.Engine.Wire;
using Fabric.Silo.Api;
using Fabric.Silo.Federation;
using Fabric.Silo.OAuth.Authorize;
using Fabric.Silo.OAuth.Backchannel;
using Fabric.Silo.OAuth.Refresh;
using Fabric.Silo.OAuth.Registration;

namespace Fabric.Silo.OAuth;

/// <summary>The token endpoint (RFC 6749 section 3.2): the grant that the form names, for the client that the guard has let in.</summary>
internal sealed class TokenEndpoint(
    IFabricEngine engine, Issuers issuers, DpopProofs proofs, OAuthNotes notes, RefreshTokens refresh, RegisteredClients clients, UserTokenGrant users, string defaultAudience, TimeProvider time)
{
    private readonly ClientCredentialsGrant _credentials = new(engine);
    private readonly TokenExchangeGrant _exchange = new(engine, users, issuers, defaultAudience, time);
    private readonly AuthorizationCodeGrant _code = new(engine, notes, new SessionEnds(engine), time);
    private readonly RefreshGrant _refresh = new(refresh, new SessionEnds(engine));
    private readonly BackchannelGrant _backchannel = new(engine, notes, time);

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
        var grant = form["grant_type"];
        if (grant is not (GrantTypes.ClientCredentials or GrantTypes.TokenExchange or GrantTypes.AuthorizationCode or GrantTypes.RefreshToken or GrantTypes.Backchannel))
        {
            return grant is null
                ? new Rejection(OAuthErrors.InvalidRequest, "grant_type", "grant_type is missing")
                : new Rejection(OAuthErrors.UnsupportedGrantType, "grant_type", "the server's metadata names the grants that there are");
        }
        var terms = await clients.TermsOfAsync(client.Tenant!, client.Subject, grant, context.RequestAborted);
        if (!terms.IsOk)
        {
            return terms.Rejection;
        }
        var asked = GrantRequest.Of(form);
        if (!asked.IsOk)
        {
            return asked.Rejection;
        }

        // Before anything is used up: a client that is told to use a nonce comes again with the same code.
        var proven = await proofs.ProvenKeyAsync(context, DpopProofs.OwnerOf(client), issuers.TokenOf(client.Tenant!));
        if (!proven.IsOk)
        {
            return proven.Rejection;
        }
        if (terms.Value is { NeedsProof: true } && proven.Value is null)
        {
            return new Rejection(OAuthErrors.InvalidProof, DpopProofs.Header, "the client has registered for bound tokens alone: a request needs a proof (RFC 9449 section 5.2)");
        }
        var granted = await GrantedAsync(grant, client, asked.Value, form, proven.Value, context.RequestAborted);
        if (!granted.IsOk)
        {
            return asked.Value.Tell(granted.Rejection);
        }
        var issued = await engine.As(client).IssueCredentialsAsync(
            granted.Value.Session, new IssueCredentials(Scopes: granted.Value.Scopes, Audience: granted.Value.Audience, ProofKey: proven.Value), context.RequestAborted);
        if (!issued.IsOk)
        {
            return asked.Value.Tell(issued.Rejection);
        }
        var token = terms.Value?.MayUse(GrantTypes.RefreshToken) == false
            ? Outcome<string?>.Of(null)
            : await RefreshTokenAsync(grant, client, granted.Value, form, proven.Value, context.RequestAborted);
        return token.IsOk ? Of(issued.Value, grant == GrantTypes.TokenExchange, proven.Value is not null, token.Value) : token.Rejection;
    }

    private async ValueTask<Outcome<Granted>> GrantedAsync(string grant, Caller client, GrantRequest asked, Form form, string? proofKey, CancellationToken cancellation)
    {
        switch (grant)
        {
            case GrantTypes.AuthorizationCode:
                return await _code.RedeemAsync(client, asked, form, proofKey, cancellation);
            case GrantTypes.RefreshToken:
                return await _refresh.FindAsync(client, asked, form, proofKey, cancellation);
            case GrantTypes.Backchannel:
                return await _backchannel.FindAsync(client, asked, form, cancellation);
        }
        var session = grant == GrantTypes.TokenExchange
            ? await _exchange.OpenAsync(client, asked, form, proofKey, cancellation)
            : await _credentials.OpenAsync(client, asked, cancellation);
        return session.IsOk ? new Granted(session.Value, asked.Session is null ? null : asked.Scopes, asked.Audience) : session.Rejection;
    }

    // Null: the grant brings none; the client has the credentials that it would get another one with (RFC 6749 section 4.4.3).
    private async ValueTask<Outcome<string?>> RefreshTokenAsync(string grant, Caller client, Granted granted, Form form, string? proofKey, CancellationToken cancellation)
    {
        if (grant == GrantTypes.RefreshToken)
        {
            var next = await _refresh.RotateAsync(client, form["refresh_token"]!, cancellation);
            return next.IsOk ? Outcome<string?>.Of(next.Value) : next.Rejection;
        }
        if (granted.User is not { } user)
        {
            return Outcome<string?>.Of(null);
        }

        // INVARIANT S2: no longer than the session.
        var session = await engine.As(client).GetSessionAsync(granted.Session, cancellation);
        if (!session.IsOk)
        {
            return session.Rejection;
        }
        var first = await refresh.BeginAsync(
            client, user, granted.Session, Instant.From(session.Value.ExpiresAt), proofKey, granted.Audience, cancellation);
        return first.IsOk ? Outcome<string?>.Of(first.Value) : first.Rejection;
    }

    // What the token says was granted: asked-for scopes take constraints over from what they lie within.
    private TokenAnswer Of(IssuedCredentials issued, bool isExchange, bool isBound, string? refreshToken)
    {
        var token = issued.Credentials[0].Token;
        var scopes = ScopeWire.Write(TokenReader.Parse(Encoding.ASCII.GetBytes(token)).Value.Claims.Scopes);
        var seconds = (long)Math.Max(0, Math.Floor((issued.ExpiresAt - time.GetUtcNow()).TotalSeconds));
        return new TokenAnswer(
            token, isBound ? "DPoP" : "Bearer", seconds, ScopeText.Write(scopes), DetailsText.Write(scopes), issued.Session, isExchange ? GrantTypes.AccessTokenType : null, refreshToken);
    }
}
