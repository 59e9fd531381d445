using System.Globalization;
using Fabric.Contracts.Sessions;
using Fabric.Core.Common;
using Fabric.Engine;
using Fabric.Silo.Api;
using Fabric.Silo.OAuth.Interaction;
using Fabric.Silo.OAuth.Registration;

namespace Fabric.Silo.OAuth.Backchannel;

/// <summary>
/// Backchannel authentication requests (OpenID CIBA core section 7, poll mode): an agent opens a session for a user who is elsewhere, and asks the token endpoint until the user has said yes or
/// no. The session waits like any other that waits for an approval.
/// </summary>
internal sealed class BackchannelEndpoint(IFabricEngine engine, OAuthNotes notes, RegisteredClients clients, TimeProvider time)
{
    /// <summary>What the task of a session is called whose client does not say.</summary>
    public const string PurposeDefault = "OAuth backchannel request";

    /// <summary>How long the answer to a request that is over says so.</summary>
    public static readonly TimeSpan Kept = TimeSpan.FromMinutes(10);

    /// <summary>How long the answer to a request that the user has denied says so.</summary>
    public static readonly TimeSpan KeptAfterNo = TimeSpan.FromMinutes(2);

    private const int MessageLengthMax = 128;

    // INVARIANT B1: who is asked too often says yes to be left alone.
    private const int WaitingForOneMax = 20;

    // So that agents leave places to others: what waits of one while half of the user's places are free, and from there on; and what is kept so that its answer can be told.
    private const int WaitingOfClientMax = 5;
    private const int WaitingOfClientLateMax = 1;
    private const int KeptOfClientMax = 20;

    private static readonly TimeSpan LifetimeDefault = TimeSpan.FromMinutes(10);
    private static readonly TimeSpan LifetimeMax = TimeSpan.FromHours(1);

    /// <summary>Answers a request.</summary>
    public async Task AnswerAsync(HttpContext context)
    {
        var asked = await AskAsync(context.Caller(), Form.Of(context), context.RequestAborted);
        if (!asked.IsOk)
        {
            OAuthErrors.Refuse(context, asked.Rejection);
            return;
        }
        OAuthErrors.NoStore(context.Response.Headers);
        JsonAnswer.Write(context, StatusCodes.Status200OK, asked.Value, OAuthJson.Default.BackchannelAnswer);
    }

    private async ValueTask<Outcome<BackchannelAnswer>> AskAsync(Caller client, Form form, CancellationToken cancellation)
    {
        var terms = await clients.TermsOfAsync(client.Tenant!, client.Subject, GrantTypes.Backchannel, cancellation);
        if (!terms.IsOk)
        {
            return terms.Rejection;
        }
        var asked = GrantRequest.Of(form);
        var expiry = ExpiryOf(form["requested_expiry"]);
        if ((CheckHints(form) ?? asked.Rejection ?? expiry.Rejection) is { } bad)
        {
            return bad;
        }
        if (asked.Value.Session is not null)
        {
            return Bad("session", "a session that a user says yes to is always a new one");
        }
        var (tenant, user) = (client.Tenant!, form["login_hint"]!);
        if (!IdText.IsValid(user) || engine.SignInOf(tenant, user).Refusal is { Code: not Codes.StorageUnavailable })
        {
            return new Rejection("unknown_user_id", "login_hint", "there is no such user, or it is stopped");
        }
        var now = time.GetUtcNow();
        if (await RefuseManyAsync(client, user, now, cancellation) is { } many)
        {
            return many;
        }
        var scopes = asked.Value.Scopes;
        if (scopes is null)
        {
            var agent = await engine.As(client).GetAgentAsync(tenant, client.Subject, cancellation);
            if (!agent.IsOk)
            {
                return agent.Rejection;
            }
            scopes = agent.Value.Scopes;
        }
        var lifetime = asked.Value.LifetimeSeconds ?? (long)Limits.SessionLifetimeDefault.TotalSeconds;
        var opened = await engine.As(client).OpenSessionAsync(
            tenant, new OpenSession(client.Subject, asked.Value.Purpose ?? PurposeDefault, scopes, user, lifetime, RequireApproval: true, asked.Value.Audience), cancellation);
        return opened.IsOk
            ? await RememberAsync(client, opened.Value, new BackchannelRequest(
                client.Subject, user, opened.Value.Id, asked.Value.Audience, form["binding_message"], opened.Value.Clamped?.GrantedSeconds ?? lifetime, now.ToUnixTimeMilliseconds(),
                0, OAuthErrors.PollSeconds), expiry.Value, cancellation)
            : opened.Rejection.Code == Codes.AgentWrongUser ? new Rejection(OAuthErrors.AccessDenied, "login_hint", opened.Rejection.Detail)
            : asked.Value.Tell(opened.Rejection);
    }

    private async ValueTask<Rejection?> RefuseManyAsync(Caller client, string user, DateTimeOffset now, CancellationToken cancellation)
    {
        var listed = await notes.Backchannel.ListAsync(client.Tenant!, user, BackchannelRequest.ListedMax, cancellation);
        if (!listed.IsOk)
        {
            return listed.Rejection;
        }
        var full = new Rejection(Codes.LimitReached, "login_hint", "too many requests wait for this user");
        if (listed.Value.Count >= BackchannelRequest.ListedMax || listed.Value.Count(held => held.Value.Client == client.Subject) >= KeptOfClientMax)
        {
            return full;
        }
        var open = listed.Value.Where(held => held.Value.IsOpenAt(now)).Select(held => held.Value).ToList();
        if (IsFull(open, client.Subject))
        {
            // Whatever has ended one meanwhile, an approver's word or a revocation, has freed its place.
            foreach (var request in open.ToList())
            {
                var session = await engine.As(Caller.Fabric).GetSessionAsync(request.Session, cancellation);
                if (session is { IsOk: true, Value.Status: not "requested" } or { IsOk: false, Rejection.Code: Codes.NotFound })
                {
                    open.Remove(request);
                }
            }
        }
        return IsFull(open, client.Subject) ? full : null;
    }

    private static bool IsFull(List<BackchannelRequest> open, string client) =>
        open.Count >= WaitingForOneMax
        || open.Count(request => request.Client == client) >= (open.Count < WaitingForOneMax / 2 ? WaitingOfClientMax : WaitingOfClientLateMax);

    private async ValueTask<Outcome<BackchannelAnswer>> RememberAsync(
        Caller client, SessionInfo session, BackchannelRequest request, TimeSpan expiry, CancellationToken cancellation)
    {
        var (tenant, now, id) = (client.Tenant!, Instant.From(time.GetUtcNow()), PageSecrets.Make());
        var until = Instant.Min(now + expiry, Instant.From(session.ExpiresAt));
        var refused = await notes.Backchannel.AddAsync(
            tenant, notes.Backchannel.NameOf(tenant, id), client.Subject, request.User, until + Kept, request with { ExpiresAtMs = until.UnixMs }, cancellation);
        if (refused is null)
        {
            return new BackchannelAnswer(id, (long)Math.Max(1, (until - now).TotalSeconds), OAuthErrors.PollSeconds);
        }

        // Nobody will ask for it.
        await engine.As(Caller.Fabric).DenySessionAsync(session.Id, new DenySession("the request could not be remembered"), cancellation);
        return refused;
    }

    private static Rejection? CheckHints(Form form) =>
        form["id_token_hint"] is not null || form["login_hint_token"] is not null ? Bad("login_hint", "the hint that is understood is login_hint: a user's id")
        : form["login_hint"] is null ? Bad("login_hint", "login_hint is missing: a user's id")
        : form["request"] is not null ? Bad("request", "signed requests are not taken")
        : form["user_code"] is not null ? Bad("user_code", "there are no user codes: the user signs in")
        : form["client_notification_token"] is not null ? Bad("client_notification_token", "answers are polled for")
        : form["binding_message"] is { } message && (message.Length > MessageLengthMax || !PlainText.Is(message))
            ? new Rejection("invalid_binding_message", "binding_message", $"a message has at most {MessageLengthMax} plain characters")
        : null;

    private static Outcome<TimeSpan> ExpiryOf(string? text) =>
        text is null ? LifetimeDefault
        : int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var seconds) && seconds > 0 ? TimeSpan.FromSeconds(Math.Min(seconds, LifetimeMax.TotalSeconds))
        : Bad("requested_expiry", "a whole number of seconds, at least 1");

    private static Rejection Bad(string subject, string detail) => new(OAuthErrors.InvalidRequest, subject, detail);
}
