using Fabric.Core.Common;
using Fabric.Engine;

namespace Fabric.Silo.OAuth.Refresh;

/// <summary>
/// The refresh grant (RFC 6749 section 6): a new credential of the same session, and a new refresh token in place of the one that was shown. One that was replaced already ends the session, since
/// two have it (RFC 9700 section 4.14.2).
/// </summary>
internal sealed class RefreshGrant(RefreshTokens tokens, SessionEnds ends)
{
    private const int LooksMax = 3;

    private static readonly Rejection Invalid = new(OAuthErrors.InvalidGrant, "refresh_token", "the refresh token is not known, was used or is over, or it is not this client's or this key's");

    /// <summary>The session that a token is of. Nothing has changed yet: what is refused afterwards can be asked for again.</summary>
    public async ValueTask<Outcome<Granted>> FindAsync(Caller client, GrantRequest asked, Form form, string? proofKey, CancellationToken cancellation)
    {
        if (form["refresh_token"] is not { } token)
        {
            return new Rejection(OAuthErrors.InvalidRequest, "refresh_token", "refresh_token is missing");
        }
        if (asked.Session is not null || asked.Purpose is not null || asked.LifetimeSeconds is not null)
        {
            return new Rejection(OAuthErrors.InvalidRequest, "session", "a refreshed token is of the session that it was");
        }
        var found = await tokens.FindAsync(client.Tenant!, token, cancellation);
        if (!found.IsOk || found.Value is not { } held)
        {
            return found.IsOk ? Invalid : found.Rejection;
        }

        // The family's id alone is known to nobody who has not had a token of it: whoever else shows one has it from somewhere.
        var family = held.Value;
        if (family.Client != client.Subject || tokens.UseOf(family, token) == TokenUse.Reused)
        {
            return await EndAsync(held, cancellation);
        }

        // docs/decisions/0057: one that was given to a client which proves itself is worth nothing without that.
        if (family.IsPublic != client.IsPublic || (family.ProofKey is { } key && key != proofKey))
        {
            return Invalid;
        }
        return asked.Audience is not null && asked.Audience != family.Audience
            ? new Rejection(OAuthErrors.InvalidTarget, "resource", "the resource is not the one that was granted")
            : new Granted(family.Session, asked.Scopes, family.Audience);
    }

    /// <summary>The token's successor, once a credential was issued: from here on the token is used.</summary>
    public async ValueTask<Outcome<string>> RotateAsync(Caller client, string token, CancellationToken cancellation)
    {
        for (var look = 0; look < LooksMax; look++)
        {
            var found = await tokens.FindAsync(client.Tenant!, token, cancellation);
            if (!found.IsOk || found.Value is not { } held)
            {
                return found.IsOk ? Invalid : found.Rejection;
            }
            if (tokens.UseOf(held.Value, token) == TokenUse.Reused)
            {
                return await EndAsync(held, cancellation);
            }
            var next = await tokens.NextAsync(held, token, cancellation);
            if (!next.IsOk || next.Value is not null)
            {
                return next.IsOk ? next.Value! : next.Rejection;
            }
        }
        return Invalid;
    }

    // The session first: a family that is forgotten while its session lives could not end it again.
    private async ValueTask<Rejection> EndAsync(Held<RefreshFamily> held, CancellationToken cancellation)
    {
        if (await ends.EndAsync(held.Note.Tenant, held.Value.Session, "a refresh token of it was used twice", cancellation) is { } refused)
        {
            return refused;
        }
        await tokens.ForgetAsync(held, cancellation);
        return Invalid;
    }
}
