using Fabric.Contracts.Sessions;
using Fabric.Core.Common;
using Fabric.Core.Tokens;
using Fabric.Engine;
using Fabric.Engine.Wire;
using Fabric.Silo.Federation;

namespace Fabric.Silo.OAuth;

/// <summary>
/// Token exchange (RFC 8693) as delegation: the client shows a credential that another agent has handed it, and gets a session of its own below it, within its scopes and its
/// lifetime, which dies with it. The client that authenticates is the actor; the chain is in the token's nested `act`. Another issuer's token is a user's: <see cref="UserTokenGrant"/>.
/// </summary>
internal sealed class TokenExchangeGrant(IFabricEngine engine, UserTokenGrant users, Issuers issuers, string defaultAudience, TimeProvider time)
{
    /// <summary>What the task of a session is called whose client does not say.</summary>
    public const string PurposeDefault = "OAuth token exchange";

    /// <summary>The session that the token is to be of.</summary>
    public async ValueTask<Outcome<string>> OpenAsync(Caller client, GrantRequest asked, Form form, string? proofKey, CancellationToken cancellation)
    {
        if (CheckForm(form, asked) is { } bad)
        {
            return bad;
        }
        var token = form["subject_token"]!;
        if (form["subject_token_type"]! is var type && users.IsForeign(type, token))
        {
            return await users.OpenAsync(client, asked, type, token, proofKey, cancellation);
        }
        var standing = engine.Introspect(token);
        if (standing is not { Code: null, Claims: { } subject })
        {
            return standing.Code == Codes.CheckUnavailable
                ? new Rejection(Codes.CheckUnavailable, "subject_token", "this fabric cannot tell now: ask again")
                : Invalid("subject_token", "it is no credential of this fabric that stands");
        }

        // RFC 9449 section 7.1: who only bears a token that is bound to a key has nothing to hand on.
        if (subject.ProofKey is { } key && key != proofKey)
        {
            return Invalid("subject_token", "it is bound to a key: prove that key in this request");
        }

        // docs/decisions/0047: what was given for one audience is for that one alone, whoever exchanges it, but for the client that is that audience.
        var isFree = subject.Audience == defaultAudience || (subject.Tenant == client.Tenant && subject.Audience == client.Subject) || subject.Audience == issuers.Of(client.Tenant!);
        if (!isFree && asked.Audience is not null && asked.Audience != subject.Audience)
        {
            return new Rejection(OAuthErrors.InvalidTarget, "resource", "the subject token is for another audience: what comes of it is for that one");
        }
        var scopes = asked.Scopes ?? ScopeWire.Write(subject.Scopes);
        var lifetime = Math.Max(1, (long)(subject.ExpiresAt - Instant.From(time.GetUtcNow())).TotalSeconds);

        // RFC 7800: what comes of a token that is bound to a key is bound to it as well, whichever way its session is asked later.
        var command = new DelegateSession(
            client.Subject, asked.Purpose ?? PurposeDefault, scopes, client.Tenant, Math.Min(asked.LifetimeSeconds ?? lifetime, lifetime), token, isFree ? null : subject.Audience, subject.ProofKey);

        // The authority is the credential's: what its agent could delegate by itself, and no more than the credential has. It is seen to stand once more in there.
        var opened = await engine.As(new Caller(Role.Agent, subject.Tenant, subject.ClientId)).DelegateSessionAsync(Names.FormatId(subject.SessionId), command, cancellation);
        return opened.IsOk ? opened.Value.Id : Told(opened.Rejection);
    }

    private static Rejection? CheckForm(Form form, GrantRequest asked)
    {
        if (asked.Session is not null)
        {
            return Invalid("session", "a delegated session is always a new one");
        }
        if (form["subject_token"] is not { Length: <= TokenReader.LengthMax } || form["subject_token_type"] is not (GrantTypes.AccessTokenType or GrantTypes.JwtType or UserTokenGrant.IdTokenType))
        {
            return Invalid("subject_token", $"a subject_token of type {GrantTypes.AccessTokenType}, or a user's of type {UserTokenGrant.IdTokenType}, is needed");
        }
        if (form["actor_token"] is not null || form["actor_token_type"] is not null)
        {
            return Invalid("actor_token", "the actor is the client that authenticates; leave actor_token out");
        }
        return form["requested_token_type"] is null or GrantTypes.AccessTokenType or GrantTypes.JwtType
            ? null
            : Invalid("requested_token_type", "access tokens are what is issued");
    }

    // RFC 8693 section 2.2.2: whatever is wrong with the subject is an invalid request. That a trust grant is missing says nothing of the other tenant.
    private static Rejection Told(Rejection rejection) => rejection.Code switch
    {
        Codes.DelegationCycle or Codes.DelegationDepth or Codes.TrustMissing or Codes.AgentWrongUser or Codes.SessionNotApproved => Invalid("subject_token", rejection.Detail),
        Codes.NotFound => Invalid("subject_token", "its session is not there any more"),
        _ => rejection,
    };

    private static Rejection Invalid(string subject, string detail) => new(OAuthErrors.InvalidRequest, subject, detail);
}
