using Fabric.Core.Common;
using Fabric.Engine;
using Fabric.Silo.Api;
using Fabric.Silo.Federation;
using Fabric.Silo.Hosting;
using Fabric.Silo.OAuth.Authorize;
using Fabric.Silo.OAuth.Backchannel;
using Fabric.Silo.OAuth.Interaction;
using Fabric.Silo.OAuth.Upstream;
using Fabric.Silo.Pages;

namespace Fabric.Silo.OAuth;

/// <summary>
/// The pages for users. Open at the guard, since no secret of the API opens them: each finds the login by its cookie, and answers who has none with the way to sign in.
/// </summary>
internal static class PageRoutes
{
    /// <summary>What an authorization request says (RFC 6749 section 4.1.1), pushed or not.</summary>
    public static readonly FormField[] Request =
    [
        new("client_id", "The agent's id."), new("response_type", "`code`.", IsRequired: true), new("redirect_uri", "One that is registered for the agent.", IsRequired: true),
        new("code_challenge", "RFC 7636 section 4.2.", IsRequired: true), new("code_challenge_method", "`S256`.", IsRequired: true), new("state", "Comes back with the answer."),
        new("scope", "What may be done: `TOOL`, `TOOL:ACTION` or `TOOL:ACTION:RESOURCE`, separated by spaces."),
        new("authorization_details", "What may be done, with constraints: objects of type `tool_call` (RFC 9396)."), new("resource", "Whom the token is for (RFC 8707); one."),
        new("audience", "Whom the token is for, by name; instead of `resource`."), new("purpose", "What the task is; the user is shown it."),
        new("session_lifetime", "Seconds that the session lives; 8 hours when left out."), new("dpop_jkt", "The key that the code is bound to (RFC 9449 section 10)."),
    ];

    private const string Tag = "Pages";

    private static readonly RefusalStyle Style = new((context, rejection, status) => HtmlPage.Refuse(
        context, rejection.Code == Codes.Internal ? rejection with { Detail = "an error of the fabric itself" } : rejection, status));

    private static readonly QueryField[] Query = [.. Request.Select(field => new QueryField(field.Name, field.Description)), new("request_uri", "The name of a pushed request (RFC 9126).")];

    private static readonly QueryField[] Begin = [new("csrf", "As the page has it."), new("page", "As the page has it."), new("query", "As the page has it.")];

    private static readonly QueryField[] Back =
    [
        new("code", "The issuer's code."), new("state", "What the browser was sent with."), new("iss", "Who answers (RFC 9207)."), new("error", "Why there is no code."),
    ];

    public static void Map(
        ApiRoutes routes, IFabricEngine engine, OAuthNotes notes, AuthorizationRequests requests, Issuers issuers, SiloOptions options, IServiceProvider services, TimeProvider time)
    {
        var cookies = new PageCookies(options.Issuer);
        var logins = new Logins(engine, notes, cookies, time);
        var upstream = new UpstreamEndpoint(engine, services.GetRequiredService<ProviderDirectory>(), services.GetRequiredService<UpstreamTokens>(), logins, cookies, issuers, time);
        var signIn = new SignInEndpoint(new PasswordGate(engine, notes, time), logins, upstream, cookies, issuers);
        var authorize = new AuthorizeEndpoint(engine, notes, requests, new AuthorizationAnswers(issuers), logins, signIn, cookies, issuers, time);
        var approvals = new ApprovalsEndpoint(engine, notes, logins, signIn, cookies, issuers, time);
        Page(HttpMethods.Get, "authorize", Query, authorize.ShowAsync, "authorize", "The authorization endpoint (RFC 6749 section 3.1): a page where a user signs in and says yes or no.");
        Page(HttpMethods.Get, "approvals", [], approvals.ShowAsync, "showApprovals", "A page where a user finds what waits for it.");
        Page(HttpMethods.Get, "sign-in/{id}", Begin, upstream.BeginAsync, "signInAtIssuer", "Sends the browser to an issuer of the tenant to sign in (OpenID Connect Core section 3.1.2.1).");
        Page(HttpMethods.Get, "callback/{id}", Back, upstream.FinishAsync, "signedInAtIssuer", "Where an issuer sends the browser back to (OpenID Connect Core section 3.1.2.5).");
        Form("consent", ["csrf", "request", "decision"], authorize.DecideAsync, "consent", "Takes a user's word on an authorization request.");
        Form("approvals", ["csrf", "request", "decision"], approvals.DecideAsync, "decideApproval", "Takes a user's word on something that waits for it.");
        Form("sign-in", ["csrf", "page", "query", "user", "password"], signIn.SignInAsync, "signIn", "Signs a user in.");
        Form("sign-out", ["csrf"], signIn.SignOutAsync, "signOut", "Signs a user out.");

        IEndpointConventionBuilder Page(string method, string name, QueryField[] fields, RequestDelegate handler, string operation, string summary) =>
            routes.Map(method, $"{Issuers.Tenant}/oauth/{name}", StatusCodes.Status200OK, typeof(string), fields, handler, "text/html")
                .WithMetadata(Style)
                .Open()
                .Describe(Tag, operation, summary);

        void Form(string name, string[] fields, RequestDelegate handler, string operation, string summary) => Page(HttpMethods.Post, name, [], handler, operation, summary)
            .WithMetadata(new FormFields([.. fields.Select(field => new FormField(field, "As the page has it."))]), new BodyLimit(OAuth.Form.BodyBytesMax));
    }
}
