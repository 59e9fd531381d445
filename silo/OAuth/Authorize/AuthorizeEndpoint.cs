using System.Text.Json;
using Fabric.Core.Common;
using Fabric.Engine;
using Fabric.Silo.OAuth.Interaction;
using Fabric.Silo.Pages;

namespace Fabric.Silo.OAuth.Authorize;

/// <summary>
/// The authorization endpoint (RFC 6749 section 3.1) and its consent page. What is shown is what the form is bound to: a form says yes to that, in that login, and to nothing else.
/// </summary>
internal sealed class AuthorizeEndpoint(
    IFabricEngine engine, OAuthNotes notes, AuthorizationRequests requests, AuthorizationAnswers answers, Logins logins, SignInEndpoint signIn, PageCookies cookies, Issuers issuers,
    TimeProvider time)
{
    /// <summary>How long a code may be used (RFC 6749 section 4.1.2: a few minutes at most; RFC 9700: as short as can be).</summary>
    public static readonly TimeSpan CodeLifetime = TimeSpan.FromSeconds(60);

    private const string Use = "consent";

    private static readonly Rejection NoTls = new(OAuthErrors.InvalidRequest, "issuer", "people sign in over https, or on the machine itself: the fabric's address is neither");
    private static readonly Rejection NotOurs = new(OAuthErrors.InvalidRequest, "form", "this form is not one of this login's pages, or not what is asked for now: go back and begin again");

    /// <summary>Shows what an agent asks for, to who has signed in.</summary>
    public async Task ShowAsync(HttpContext context)
    {
        var tenant = (string)context.GetRouteValue("t")!;
        if (!cookies.IsUsable)
        {
            HtmlPage.Refuse(context, NoTls, StatusCodes.Status400BadRequest);
            return;
        }
        var query = context.Request.QueryString.Value is { Length: > 1 } text ? text[1..] : "";
        var reading = await requests.ReadAsync(tenant, query, cookies.EnsureBrowser(context), context.RequestAborted);
        if (reading.Request is not { } request)
        {
            answers.Refuse(context, tenant, reading.Target, reading.Error!);
            return;
        }
        if (request.IsSilent)
        {
            answers.Refuse(context, tenant, request.Target, new Rejection("interaction_required", "prompt", "nothing is granted without asking"));
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
            signIn.Show(context, tenant, SignInEndpoint.ToAuthorize, query);
            return;
        }
        if (RefuseUser(request, found) is { } refused)
        {
            answers.Refuse(context, tenant, request.Target, refused);
            return;
        }
        HtmlPage.Write(context, StatusCodes.Status200OK, "Approve an agent", ConsentPage.Body(
            request, found, PageSecrets.FormToken(found.Secret, Use, Shown(query, request)), query, issuers.PageOf(tenant, "consent"), signIn.Who(found), time.GetUtcNow()),
            AuthorizationAnswers.FormTarget(request.Target));
    }

    /// <summary>Takes the user's word.</summary>
    public async Task DecideAsync(HttpContext context)
    {
        var tenant = (string)context.GetRouteValue("t")!;
        var read = await Form.ReadAsync(context);
        var login = await logins.FindAsync(context, tenant);
        if (!read.IsOk || !cookies.IsUsable || !cookies.IsOwnForm(context) || !login.IsOk || login.Value is not { } found || cookies.BrowserOf(context) is not { } browser)
        {
            HtmlPage.Refuse(context, read.Rejection ?? login.Rejection ?? NotOurs, StatusCodes.Status403Forbidden);
            return;
        }
        var (form, query) = (read.Value, read.Value["request"] ?? "");
        var reading = await requests.ReadAsync(tenant, query, browser, context.RequestAborted);

        // The token before anything else that shows: a forged form learns nothing and leads nowhere.
        if (reading.Request is not { } request || !PageSecrets.IsFormToken(form["csrf"], found.Secret, Use, Shown(query, request)) || form["decision"] is not ("approve" or "deny"))
        {
            HtmlPage.Refuse(context, NotOurs, StatusCodes.Status403Forbidden);
            return;
        }
        if (!await requests.UseUpAsync(reading, context.RequestAborted))
        {
            HtmlPage.Refuse(context, NotOurs, StatusCodes.Status400BadRequest);
            return;
        }
        var refused = form["decision"] == "deny" ? new Rejection(OAuthErrors.AccessDenied, "user", "the user has said no") : RefuseUser(request, found);
        if (refused is not null)
        {
            answers.Refuse(context, tenant, request.Target, refused);
            return;
        }
        await GiveAsync(context, tenant, request, found);
    }

    private async Task GiveAsync(HttpContext context, string tenant, AuthorizationRequest request, Login login)
    {
        var standing = engine.SignInOf(tenant, login.User);
        var code = PageSecrets.Make();
        var value = new AuthorizationCode(
            request.Client.Id, request.Target.RedirectUri, request.Challenge, request.DpopKey, login.User, login.Held.Value.Generations, request.Client.Generation, request.Scopes,
            request.Asked.IsByDetails, request.Asked.Audience, request.Purpose, request.LifetimeSeconds, login.Held.Value.Proof, IsPublic: request.IsPublic);
        var refused = standing.Refusal ?? await notes.Codes.AddAsync(
            tenant, notes.Codes.NameOf(tenant, code), request.Client.Id, null, Instant.From(time.GetUtcNow()) + CodeLifetime, value, context.RequestAborted);
        if (refused is not null)
        {
            answers.Refuse(context, tenant, request.Target, refused);
            return;
        }
        answers.Give(context, tenant, request.Target, code);
    }

    // The core says it again when the session is opened; here it is said before the user is asked in vain.
    private static Rejection? RefuseUser(AuthorizationRequest request, Login login) =>
        request.Client.Kind == "personal" && request.Client.Owner != login.User
            ? new Rejection(OAuthErrors.AccessDenied, "user", "a personal agent acts for its own user only")
        : request.IsApprovalRequired && (request.IsPublic || !login.Approves)
            ? new Rejection(OAuthErrors.AccessDenied, "user", "the session needs an approval, and this user's own yes is none")
        : null;

    private static string Shown(string query, AuthorizationRequest request) =>
        $"{query}\n{request.LifetimeSeconds}\n{request.IsPublic}\n{JsonSerializer.Serialize(request.Scopes.ToList(), OAuthShownJson.Default.ListScopeDto)}";
}
