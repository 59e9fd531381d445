using System.Globalization;
using Fabric.Contracts.Sessions;
using Fabric.Core.Common;
using Fabric.Engine;
using Fabric.Silo.OAuth.Authorize;
using Fabric.Silo.OAuth.Interaction;
using Fabric.Silo.Pages;

namespace Fabric.Silo.OAuth.Backchannel;

/// <summary>The page where a user finds what waits for it, and says yes or no to each.</summary>
internal sealed class ApprovalsEndpoint(IFabricEngine engine, OAuthNotes notes, Logins logins, SignInEndpoint signIn, PageCookies cookies, Issuers issuers, TimeProvider time)
{
    private const string Use = "approval";
    private const int ChangesMax = 5;

    private static readonly Rejection NotOurs = new(OAuthErrors.InvalidRequest, "form", "this form is not one of this login's pages, or nothing waits any more: go back and begin again");
    private static readonly Rejection NoTls = new(OAuthErrors.InvalidRequest, "issuer", "people sign in over https, or on the machine itself: the fabric's address is neither");

    /// <summary>Shows the list.</summary>
    public async Task ShowAsync(HttpContext context)
    {
        var tenant = (string)context.GetRouteValue("t")!;
        if (!cookies.IsUsable)
        {
            HtmlPage.Refuse(context, NoTls, StatusCodes.Status400BadRequest);
            return;
        }
        var login = await logins.FindAsync(context, tenant);
        if (!login.IsOk)
        {
            HtmlPage.Refuse(context, login.Rejection, StatusCodes.Status503ServiceUnavailable);
            return;
        }
        if (login.Value is not { } found)
        {
            signIn.Show(context, tenant, SignInEndpoint.ToApprovals, "");
            return;
        }
        await ListAsync(context, found, Markup.Empty);
    }

    /// <summary>Takes the user's word.</summary>
    public async Task DecideAsync(HttpContext context)
    {
        var tenant = (string)context.GetRouteValue("t")!;
        var read = await Form.ReadAsync(context);
        var login = await logins.FindAsync(context, tenant);
        if (!read.IsOk || !cookies.IsUsable || !cookies.IsOwnForm(context) || !login.IsOk || login.Value is not { } found || NameOf(read.Value["request"]) is not { } name
            || !PageSecrets.IsFormToken(read.Value["csrf"], found.Secret, Use, read.Value["request"]!) || read.Value["decision"] is not ("approve" or "deny"))
        {
            HtmlPage.Refuse(context, read.Rejection ?? login.Rejection ?? NotOurs, StatusCodes.Status403Forbidden);
            return;
        }

        var decision = read.Value["decision"];

        // INVARIANT T1: another user's request is nobody's here.
        var request = await notes.Backchannel.FindAsync(tenant, name, context.RequestAborted);
        if (!request.IsOk || request.Value is not { } held || held.Value.User != found.User || !held.Value.IsOpenAt(time.GetUtcNow()))
        {
            HtmlPage.Refuse(context, request.Rejection ?? NotOurs, StatusCodes.Status403Forbidden);
            return;
        }
        var fabric = engine.As(found.Caller);
        var decided = decision == "approve"
            ? await fabric.ApproveSessionAsync(held.Value.Session, new ApproveSession(held.Value.BindingMessage), context.RequestAborted)
            : await fabric.DenySessionAsync(held.Value.Session, new DenySession("denied by the user"), context.RequestAborted);
        if (decided.IsOk && decision == "deny")
        {
            await FreeAsync(held, context.RequestAborted);
        }
        var said = decided.IsOk
            ? Markup.Of($"<p role=\"status\"><strong>{(decision == "approve" ? "Approved." : "Denied.")}</strong></p>")
            : Markup.Of($"<p class=\"warn\" role=\"alert\">Not done: {decided.Rejection.Detail}.</p>");
        await ListAsync(context, found, said);
    }

    // A no frees the place at once; the note stays for a moment, so that the agent that polls is told.
    private async ValueTask FreeAsync(Held<BackchannelRequest> held, CancellationToken cancellation)
    {
        var now = Instant.From(time.GetUtcNow());
        for (var (change, next) = (0, held); change < ChangesMax; change++)
        {
            var until = Instant.Min(next.Note.Until, now + BackchannelEndpoint.KeptAfterNo);
            var replaced = await notes.Backchannel.ReplaceAsync(next, next.Value with { ExpiresAtMs = now.UnixMs }, cancellation, until);
            if (!replaced.IsOk || replaced.Value is not null)
            {
                return;
            }

            // A poll has changed it meanwhile.
            var again = await notes.Backchannel.FindAsync(held.Note.Tenant, held.Note.Name, cancellation);
            if (again is not { IsOk: true, Value: { } changed })
            {
                return;
            }
            next = changed;
        }
    }

    private async Task ListAsync(HttpContext context, Login login, Markup said)
    {
        var listed = await notes.Backchannel.ListAsync(login.Tenant, login.User, BackchannelRequest.ListedMax, context.RequestAborted);
        if (!listed.IsOk)
        {
            HtmlPage.Refuse(context, listed.Rejection, StatusCodes.Status503ServiceUnavailable);
            return;
        }
        var cards = new List<Markup>();
        foreach (var held in listed.Value.Where(held => held.Value.IsOpenAt(time.GetUtcNow())))
        {
            // What the session has, and not what was asked for.
            var session = await engine.As(Caller.Fabric).GetSessionAsync(held.Value.Session, context.RequestAborted);
            if (session is { IsOk: true, Value: { Status: "requested" } info })
            {
                cards.Add(await CardAsync(login, held, info, context.RequestAborted));
            }
        }
        var list = cards.Count == 0 ? Markup.Of($"<p>Nothing waits for you.</p>") : Markup.Join(cards);
        HtmlPage.Write(context, StatusCodes.Status200OK, "What waits for you", Markup.Of($"<h1>What waits for you</h1>{said}{list}{signIn.Who(login)}"));
    }

    private async ValueTask<Markup> CardAsync(Login login, Held<BackchannelRequest> held, SessionInfo session, CancellationToken cancellation)
    {
        var agent = await engine.As(Caller.Fabric).GetAgentAsync(login.Tenant, session.Agent, cancellation);
        var (name, kind, owner) = agent.IsOk ? (agent.Value.Name, agent.Value.Kind, agent.Value.Owner ?? "nobody") : (session.Agent, "unknown", "unknown");
        var request = held.Note.Name.ToString("x32", CultureInfo.InvariantCulture);
        var message = held.Value.BindingMessage is { } text ? PageForm.Term("Message, to compare with what the agent shows", text) : Markup.Empty;
        var (asked, ends) = (DateTimeOffset.FromUnixTimeMilliseconds(held.Value.AskedAtMs), DateTimeOffset.FromUnixTimeMilliseconds(held.Value.ExpiresAtMs));
        return Markup.Of(
            $"""
            <section class="card"><h2>{name} asks to act for you</h2><dl>{message}{PageForm.Term("Agent", $"{name} ({session.Agent})")}{PageForm.Term("Kind", ConsentPage.KindOf(kind))}{PageForm.Term("Owner", owner)}{PageForm.Term("Purpose, in the agent's words", session.Purpose)}</dl><h2>It could use</h2>{PageForm.Scopes(session.Scopes)}<dl>{PageForm.Term("For how long", $"at most {PageForm.Span(TimeSpan.FromSeconds(held.Value.LifetimeSeconds))} from your yes on")}{PageForm.Term("Asked", PageForm.Moment(asked))}{PageForm.Term("Answer until", PageForm.Moment(ends))}</dl><form method="post" action="{issuers.PageOf(login.Tenant, "approvals")}">{PageForm.Hidden("csrf", PageSecrets.FormToken(login.Secret, Use, request))}{PageForm.Hidden("request", request)}{PageForm.Decision}</form></section>
            """);
    }

    private static UInt128? NameOf(string? text) =>
        text is { Length: 32 } && UInt128.TryParse(text, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var name) ? name : null;
}
