using Fabric.Core.Common;
using Fabric.Silo.OAuth.Upstream;
using Fabric.Silo.Pages;
using Microsoft.Net.Http.Headers;

namespace Fabric.Silo.OAuth.Interaction;

/// <summary>
/// Signs users in and out. Where a browser goes afterwards is one of this host's own pages with a query of its own, never an address that somebody names.
/// </summary>
internal sealed class SignInEndpoint(PasswordGate gate, Logins logins, UpstreamEndpoint upstream, PageCookies cookies, Issuers issuers)
{
    /// <summary>What a browser comes back to: an authorization request.</summary>
    public const string ToAuthorize = "authorize";

    /// <summary>What a browser comes back to: the list of what waits.</summary>
    public const string ToApprovals = "approvals";

    private const string Use = "sign-in";

    private static readonly Rejection NotOurs = new("invalid_request", "form", "this form is not one of this browser's pages, or too old: go back and begin again");

    /// <summary>Shows the page. <paramref name="query"/>: that of the page to come back to, as it came.</summary>
    public void Show(HttpContext context, string tenant, string page, string query, string? user = null, Rejection? refused = null)
    {
        var browser = cookies.EnsureBrowser(context);
        var token = PageSecrets.FormToken(browser, Use, tenant);
        var said = refused is null ? Markup.Empty : Markup.Of($"<p class=\"warn\" role=\"alert\">{char.ToUpperInvariant(refused.Detail[0]).ToString()}{refused.Detail[1..]}.</p>");
        var body = Markup.Of(
            $"""
            <h1>Sign in to {tenant}</h1>{said}<form method="post" action="{issuers.PageOf(tenant, "sign-in")}">{PageForm.Hidden("csrf", token)}{PageForm.Hidden("page", page)}{PageForm.Hidden("query", query)}<label for="user">User</label><input id="user" name="user" value="{user}" autocomplete="username" autocapitalize="none" spellcheck="false" required maxlength="128"><label for="password">Password</label><input id="password" name="password" type="password" autocomplete="current-password" required maxlength="256"><div class="row"><button class="go">Sign in</button></div></form>{upstream.Links(tenant, browser, page, query)}
            """);
        var status = refused is null ? StatusCodes.Status200OK
            : refused.Code == Codes.LimitReached ? StatusCodes.Status429TooManyRequests
            : refused.Code == Codes.StorageUnavailable ? StatusCodes.Status503ServiceUnavailable : StatusCodes.Status403Forbidden;
        if (status is StatusCodes.Status429TooManyRequests)
        {
            context.Response.Headers[HeaderNames.RetryAfter] = ((long)PasswordGate.Window.TotalSeconds).ToString();
        }
        HtmlPage.Write(context, status, "Sign in", body);
    }

    /// <summary>Takes the form.</summary>
    public async Task SignInAsync(HttpContext context)
    {
        var tenant = (string)context.GetRouteValue("t")!;
        var read = await Form.ReadAsync(context);

        // A form of another site's would sign this browser in as somebody else.
        if (!read.IsOk || !cookies.IsUsable || !cookies.IsOwnForm(context) || cookies.BrowserOf(context) is not { } browser
            || !PageSecrets.IsFormToken(read.Value["csrf"], browser, Use, tenant))
        {
            HtmlPage.Refuse(context, read.Rejection ?? NotOurs, StatusCodes.Status403Forbidden);
            return;
        }
        var form = read.Value;
        var (page, query, user) = (PageOf(form["page"]) ?? ToAuthorize, form["query"] ?? "", form["user"] ?? "");
        var proven = await gate.ProveAsync(tenant, user, form["password"] ?? "", context.RequestAborted);
        var refused = proven.IsOk ? await logins.OpenAsync(context, tenant, user, proven.Value, LoginProof.Of(proven.Value.SignIn!)) : proven.Rejection;
        if (refused is not null)
        {
            Show(context, tenant, page, query, IdText.IsValid(user) ? user : null, refused);
            return;
        }
        HtmlPage.GoTo(context, issuers.PageOf(tenant, page) + (IsQuery(query) ? "?" + query : ""));
    }

    /// <summary>Ends a login.</summary>
    public async Task SignOutAsync(HttpContext context)
    {
        var tenant = (string)context.GetRouteValue("t")!;
        var read = await Form.ReadAsync(context);
        var login = await logins.FindAsync(context, tenant);
        if (!read.IsOk || !cookies.IsOwnForm(context) || !login.IsOk || login.Value is not { } found || !PageSecrets.IsFormToken(read.Value["csrf"], found.Secret, "sign-out", ""))
        {
            HtmlPage.Refuse(context, read.Rejection ?? NotOurs, StatusCodes.Status403Forbidden);
            return;
        }
        await logins.CloseAsync(context, found);
        HtmlPage.Write(context, StatusCodes.Status200OK, "Signed out", Markup.Of($"<h1>Signed out</h1><p>You can close this page.</p>"));
    }

    /// <summary>Who has signed in, and the way out.</summary>
    public Markup Who(Login login) => Markup.Of(
        $"""
        <form method="post" action="{issuers.PageOf(login.Tenant, "sign-out")}">{PageForm.Hidden("csrf", PageSecrets.FormToken(login.Secret, "sign-out", ""))}<p class="soft foot">Signed in as {login.Name} ({login.User}) of {login.Tenant}</p><div class="row"><button class="no">Sign out</button></div></form>
        """);

    /// <summary>The page that a name stands for; null: none to come back to.</summary>
    public static string? PageOf(string? name) => name switch { ToAuthorize => ToAuthorize, ToApprovals => ToApprovals, _ => null };

    /// <summary>Whether a text can be the query of a page to come back to. It goes into a header: printable characters alone, as a query has them.</summary>
    public static bool IsQuery(string query) => query.Length is > 0 and <= 8_192 && !query.AsSpan().ContainsAnyExceptInRange('!', '~') && !query.Contains('#', StringComparison.Ordinal);
}
