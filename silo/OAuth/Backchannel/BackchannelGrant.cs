using Fabric.Contracts.Sessions;
using Fabric.Core.Common;
using Fabric.Engine;

namespace Fabric.Silo.OAuth.Backchannel;

/// <summary>The poll for a session that waits for a user (OpenID CIBA core sections 10.1 and 11).</summary>
internal sealed class BackchannelGrant(IFabricEngine engine, OAuthNotes notes, TimeProvider time)
{
    private const int SlowDownSeconds = 5;

    private static readonly Rejection Invalid = new(OAuthErrors.InvalidGrant, "auth_req_id", "the request is not known, not this client's, or its token was given out");
    private static readonly Rejection Over = new(OAuthErrors.ExpiredToken, "auth_req_id", "nobody has answered in time: ask anew");

    /// <summary>The session, once the user has said yes.</summary>
    public async ValueTask<Outcome<Granted>> FindAsync(Caller client, GrantRequest asked, Form form, CancellationToken cancellation)
    {
        if (form["auth_req_id"] is not { } id)
        {
            return new Rejection(OAuthErrors.InvalidRequest, "auth_req_id", "auth_req_id is missing");
        }
        if (asked.Scopes is not null || asked.Session is not null || asked.Purpose is not null || asked.LifetimeSeconds is not null || asked.Audience is not null)
        {
            return new Rejection(OAuthErrors.InvalidRequest, "scope", "what is asked for was said in the backchannel request");
        }
        var found = await notes.Backchannel.FindAsync(client.Tenant!, id, cancellation);
        if (!found.IsOk || found.Value is not { } held || held.Value.Client != client.Subject || held.Value.IsDone)
        {
            return found.IsOk ? Invalid : found.Rejection;
        }
        var session = await engine.As(client).GetSessionAsync(held.Value.Session, cancellation);
        if (!session.IsOk)
        {
            return session.Rejection.Code == Codes.NotFound ? Over : session.Rejection;
        }
        return session.Value.Status switch
        {
            "active" => await TakeAsync(held, cancellation),
            "requested" => await WaitAsync(held, cancellation),
            "denied" => new Rejection(OAuthErrors.AccessDenied, "auth_req_id", "the user has said no"),
            "expired" => Over,
            _ => new Rejection(OAuthErrors.AccessDenied, "auth_req_id", "the session is over"),
        };
    }

    // Of several polls one gets the token. A yes that came in time counts, also when it is asked for late.
    private async ValueTask<Outcome<Granted>> TakeAsync(Held<BackchannelRequest> held, CancellationToken cancellation)
    {
        var taken = await notes.Backchannel.ReplaceAsync(held, held.Value with { IsDone = true }, cancellation);
        return !taken.IsOk ? taken.Rejection : taken.Value is null ? Invalid : new Granted(held.Value.Session, null, held.Value.Audience, held.Value.User);
    }

    private async ValueTask<Outcome<Granted>> WaitAsync(Held<BackchannelRequest> held, CancellationToken cancellation)
    {
        var (request, now) = (held.Value, Instant.From(time.GetUtcNow()));
        if (now.UnixMs >= request.ExpiresAtMs)
        {
            // Nobody gets anything for a yes from now on.
            await engine.As(Caller.Fabric).DenySessionAsync(request.Session, new DenySession("nobody has answered in time"), cancellation);
            return Over;
        }
        var isTooSoon = now.UnixMs < request.AskedAgainAtMs + (request.IntervalSeconds * 1_000L);
        var next = request with { AskedAgainAtMs = now.UnixMs, IntervalSeconds = request.IntervalSeconds + (isTooSoon ? SlowDownSeconds : 0) };

        // Whoever asks side by side asks too often.
        var noted = await notes.Backchannel.ReplaceAsync(held, next, cancellation);
        return !noted.IsOk ? noted.Rejection
            : isTooSoon || noted.Value is null ? new Rejection(OAuthErrors.SlowDown, "auth_req_id", $"ask at most every {next.IntervalSeconds} seconds")
            : new Rejection(OAuthErrors.Pending, "auth_req_id", "the user has not answered yet");
    }
}
