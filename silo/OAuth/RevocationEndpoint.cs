using Fabric.Contracts.Common;
using Fabric.Contracts.Revocations;
using Fabric.Core.Common;
using Fabric.Engine;
using Fabric.Silo.Api;
using Fabric.Silo.OAuth.Refresh;

namespace Fabric.Silo.OAuth;

/// <summary>
/// Revocation (RFC 7009): a token revokes the one credential that it is, and what was delegated by it; the id of a session, or a refresh token of it, ends that session. Siblings are untouched. An agent revokes
/// its own, an administrator what is its tenant's. Whatever else is presented is answered as if it had been revoked: there is nothing to be learnt here.
/// </summary>
internal sealed class RevocationEndpoint(IFabricEngine engine, RefreshTokens refresh)
{
    private const string Reason = "revoked by its client (RFC 7009)";

    /// <summary>Answers a request.</summary>
    public async Task AnswerAsync(HttpContext context)
    {
        var (caller, form) = (context.Caller(), Form.Of(context));
        if (form["token"] is not { } token)
        {
            OAuthErrors.Refuse(context, new Rejection(OAuthErrors.InvalidRequest, "token", "token is missing"));
            return;
        }
        var tenant = (string)context.GetRouteValue("t")!;
        var revoked = Names.ParseId(token) is not null
            ? await EndAsync(caller, tenant, token, context.RequestAborted)
            : token.StartsWith(RefreshTokens.Prefix, StringComparison.Ordinal) ? await EndFamilyAsync(caller, tenant, token, context.RequestAborted)
            : await RevokeAsync(caller, tenant, token, context.RequestAborted);
        if (revoked.Rejection is { } refused && !IsNothingToRevoke(refused))
        {
            OAuthErrors.Refuse(context, refused);
            return;
        }

        // RFC 7009 section 2.2.1: what is not on disk yet is no success, so the client asks again.
        if (revoked.IsOk && !revoked.Value.Durable)
        {
            OAuthErrors.Refuse(context, new Rejection(OAuthErrors.Unavailable, "storage", "it is denied everywhere already, and not durable yet: ask again"));
            return;
        }
        OAuthErrors.NoStore(context.Response.Headers);
        context.Response.StatusCode = StatusCodes.Status200OK;
    }

    private async ValueTask<Outcome<Receipt>> RevokeAsync(Caller caller, string tenant, string token, CancellationToken cancellation)
    {
        // A token that is locked, or of whose standing this fabric is not sure, is revoked like any other.
        var standing = engine.Introspect(token);
        if (standing.Code == Codes.TokenKeyUnknown)
        {
            // Signed at another silo, by a key that this one has not heard of yet? What is told to be done must be done.
            if (await engine.CatchUpAsync(cancellation) is { } behind)
            {
                return behind;
            }
            standing = engine.Introspect(token);
        }
        if (standing.Claims is not { } claims)
        {
            return standing.Code == Codes.CheckUnavailable ? new Rejection(Codes.CheckUnavailable, "token", "this fabric cannot tell now: ask again") : Nothing;
        }
        if (claims.Tenant != tenant || (caller.Role == Role.Agent && claims.ClientId != caller.Subject))
        {
            return Nothing;
        }
        var id = Names.FormatId(claims.CredentialId);
        var by = caller.Role == Role.Agent ? caller with { OwnCredential = id } : caller;
        return await engine.As(by).RevokeAsync(new RevokeRequest(Tenant: tenant, Credentials: [id], Reason: Reason), cancellation);
    }

    // RFC 7009 section 2.1: with a refresh token go the access tokens of the same grant, which is the session. One that was replaced ends it as well.
    private async ValueTask<Outcome<Receipt>> EndFamilyAsync(Caller caller, string tenant, string token, CancellationToken cancellation)
    {
        var found = await refresh.FindAsync(tenant, token, cancellation);
        if (!found.IsOk || found.Value is not { } held || (caller.Role == Role.Agent && held.Value.Client != caller.Subject))
        {
            return found.IsOk ? Nothing : found.Rejection;
        }
        var ended = await EndAsync(caller, tenant, held.Value.Session, cancellation);

        // Kept until the end is on disk: whoever asks again must find what there is to end.
        if (ended is { IsOk: true, Value.Durable: true } || (ended.Rejection is { } refused && IsNothingToRevoke(refused)))
        {
            await refresh.ForgetAsync(held, cancellation);
        }
        return ended;
    }

    private async ValueTask<Outcome<Receipt>> EndAsync(Caller caller, string tenant, string session, CancellationToken cancellation)
    {
        if (caller.Role != Role.Agent)
        {
            return await engine.As(caller).RevokeAsync(new RevokeRequest(new NodeDto("session", tenant, session), Reason: Reason), cancellation);
        }
        var fabric = engine.As(caller);
        var completed = await fabric.CompleteSessionAsync(session, cancellation);
        return completed.Rejection?.Code switch
        {
            Codes.SessionNotApproved => new Rejection(
                OAuthErrors.UnsupportedTokenType, "token", "the session waits for an approval: it is denied by who may approve it, not ended"),

            // INVARIANT D1: what ended it may be the request before this one, which was told that it is not on disk yet: the newest receipt says whether all is.
            Codes.SessionEnded or Codes.SessionRevoked when engine.Feed.Head is > 0 and var head => await fabric.GetReceiptAsync(head, cancellation: cancellation),
            _ => completed,
        };
    }

    private static Rejection Nothing => new(Codes.NotFound, "token", "nothing of the caller's");

    // RFC 7009 section 2.2: what is not known, not the caller's or ended already needs no revocation.
    private static bool IsNothingToRevoke(Rejection rejection) => rejection.Code is Codes.NotFound or Codes.SessionRevoked or Codes.SessionEnded;
}
