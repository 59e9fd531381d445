using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using Fabric.Core.Common;
using Fabric.Core.Issuers;
using Fabric.Engine;
using Fabric.Silo.Federation;
using Fabric.Silo.OAuth.Interaction;
using Fabric.Silo.Pages;

namespace Fabric.Silo.OAuth.Upstream;

/// <summary>
/// Sign-in at an issuer of the tenant (OpenID Connect Core section 3.1, with PKCE, `state`, `nonce` and RFC 9207). Each issuer has a redirect URI of its own (RFC 9700 section 4.4.2.2), so that one
/// which names itself nowhere is not taken for another either. Who comes back is a user of the tenant that exists already, or nobody: nothing is made, and nothing is left.
/// </summary>
internal sealed class UpstreamEndpoint(
    IFabricEngine engine, ProviderDirectory providers, UpstreamTokens tokens, Logins logins, PageCookies cookies, Issuers issuers, TimeProvider time)
{
    private const int CodeLengthMax = 2_048;
    private const string Use = "upstream sign-in";

    private static readonly Rejection NotOurs = new(OAuthErrors.InvalidRequest, "state", "this sign-in was not begun in this browser, was used, or took too long: go back and begin again");
    private static readonly Rejection OtherIssuer = new(OAuthErrors.InvalidRequest, "iss", "the answer is another issuer's than was asked: begin again");
    private static readonly Rejection Unknown = new(Codes.Unauthenticated, "user", "whom the issuer named is no user here, or may not sign in now");
    private static readonly Rejection Unavailable = new(Codes.IssuerKeysUnavailable, "issuer", "the issuer cannot be asked now: try again in a moment");

    /// <summary>The links to a tenant's issuers, on the sign-in page; nothing when there are none.</summary>
    public Markup Links(string tenant, string browser, string page, string query)
    {
        var trusted = engine.IssuersOf(tenant);
        if (!trusted.IsOk || query.Length > UpstreamFlow.QueryLengthMax)
        {
            return Markup.Empty;
        }
        return Markup.Join(trusted.Value.Where(issuer => issuer.Kind == IssuerKind.Login).Select(issuer =>
        {
            var token = PageSecrets.FormToken(browser, Use, Content(tenant, issuer.Id, page, query));
            var url = $"{issuers.PageOf(tenant, "sign-in")}/{issuer.Id}?csrf={token}&page={page}&query={Uri.EscapeDataString(query)}";
            return Markup.Of($"<div class=\"row\"><a class=\"go\" href=\"{url}\">Sign in at {issuer.Id} ({new Uri(issuer.Issuer).Host})</a></div>");
        }));
    }

    /// <summary>Sends the browser to the issuer.</summary>
    public async Task BeginAsync(HttpContext context)
    {
        var (tenant, id) = Route(context);
        var read = Form.Parse(Encoding.UTF8.GetBytes(QueryOf(context)));

        // A link of another site's would send this browser to sign in, for a page of that site's choice.
        if (!read.IsOk || !cookies.IsUsable || cookies.BrowserOf(context) is not { } browser || SignInEndpoint.PageOf(read.Value["page"]) is not { } page
            || !PageSecrets.IsFormToken(read.Value["csrf"], browser, Use, Content(tenant, id, page, read.Value["query"] ?? "")))
        {
            HtmlPage.Refuse(context, read.Rejection ?? NotOurs, StatusCodes.Status403Forbidden);
            return;
        }
        var found = Find(tenant, id);
        if (!found.IsOk || await providers.OfAsync(found.Value.Issuer, context.RequestAborted) is not { } provider)
        {
            Refuse(context, found.Rejection ?? Unavailable);
            return;
        }
        var flow = new UpstreamFlow(tenant, id, LoginProof.Of(found.Value).Stamp, PageSecrets.Make(), Now.UnixMs, page, read.Value["query"] ?? "");
        if (flow.Write(browser) is not { } kept)
        {
            HtmlPage.Refuse(context, new Rejection(OAuthErrors.InvalidRequest, "query", "the request is too long to come back to: push it (RFC 9126)"), StatusCodes.Status400BadRequest);
            return;
        }
        cookies.SetFlow(context, kept, UpstreamFlow.Lifetime);
        HtmlPage.GoTo(context, AddressOf(provider, found.Value, flow, browser));
    }

    /// <summary>Takes what the issuer has sent the browser back with.</summary>
    public async Task FinishAsync(HttpContext context)
    {
        var (tenant, id) = Route(context);
        var read = Form.Parse(Encoding.UTF8.GetBytes(QueryOf(context)));
        if (!read.IsOk || !cookies.IsUsable || cookies.BrowserOf(context) is not { } browser || FlowOf(context, tenant, id, browser, read.Value["state"]) is not { } flow)
        {
            HtmlPage.Refuse(context, read.Rejection ?? NotOurs, StatusCodes.Status403Forbidden);
            return;
        }

        // One try a flow, whatever comes of it.
        cookies.DropFlow(context);
        var user = await UserOfAsync(tenant, flow, browser, read.Value, context.RequestAborted);
        var refused = user.IsOk ? await OpenAsync(context, flow, user.Value.Issuer, user.Value.User) : user.Rejection;
        if (refused is not null)
        {
            Refuse(context, refused);
            return;
        }
        HtmlPage.GoTo(context, issuers.PageOf(tenant, flow.Page) + (SignInEndpoint.IsQuery(flow.Query) ? "?" + flow.Query : ""));
    }

    private Instant Now => Instant.From(time.GetUtcNow());

    private string RedirectOf(string tenant, string id) => $"{issuers.PageOf(tenant, "callback")}/{id}";

    private static (string Tenant, string Provider) Route(HttpContext context) => ((string)context.GetRouteValue("t")!, (string)context.GetRouteValue("id")!);

    private static string QueryOf(HttpContext context) => context.Request.QueryString.Value is { Length: > 1 } text ? text[1..] : "";

    private static string Content(string tenant, string id, string page, string query) => $"{tenant}\n{id}\n{page}\n{query}";

    private Outcome<TrustedIssuer> Find(string tenant, string id)
    {
        var trusted = engine.IssuersOf(tenant);
        return !trusted.IsOk ? trusted.Rejection
            : trusted.Value.FirstOrDefault(issuer => issuer.Kind == IssuerKind.Login && issuer.Id == id) is { } found ? found
            : NotOurs;
    }

    private string AddressOf(ProviderMetadata provider, TrustedIssuer issuer, UpstreamFlow flow, string browser)
    {
        var challenge = Base64Url.EncodeToString(SHA256.HashData(Encoding.ASCII.GetBytes(flow.VerifierFor(browser))));
        var url = new StringBuilder(provider.Authorization.AbsoluteUri).Append(provider.Authorization.Query.Length > 0 ? '&' : '?').Append("response_type=code");
        foreach (var (name, value) in ((string, string)[])
        [
            ("client_id", issuer.Login!.ClientId), ("redirect_uri", RedirectOf(flow.Tenant, issuer.Id)), ("scope", string.Join(' ', issuer.Login.Scopes)), ("state", flow.State),
            ("nonce", flow.NonceFor(browser)), ("code_challenge", challenge), ("code_challenge_method", "S256"),
        ])
        {
            url.Append('&').Append(name).Append('=').Append(Uri.EscapeDataString(value));
        }
        return url.ToString();
    }

    // RFC 6749 section 10.12: this browser's, of this tenant and issuer, of this moment; it may have begun at a silo whose clock is ahead.
    private UpstreamFlow? FlowOf(HttpContext context, string tenant, string id, string browser, string? state) =>
        state is not null && UpstreamFlow.Read(cookies.FlowOf(context), browser) is { } flow && flow.Tenant == tenant && flow.Provider == id
            && CryptographicOperations.FixedTimeEquals(Encoding.UTF8.GetBytes(state), Encoding.UTF8.GetBytes(flow.State))
            && new Instant(flow.BegunAtMs) <= Now + Limits.ClockSkew && Now.UnixMs < flow.BegunAtMs + (long)UpstreamFlow.Lifetime.TotalMilliseconds
            ? flow
            : null;

    private async ValueTask<Outcome<(TrustedIssuer Issuer, string User)>> UserOfAsync(string tenant, UpstreamFlow flow, string browser, Form answer, CancellationToken cancellation)
    {
        var found = Find(tenant, flow.Provider);
        if (!found.IsOk || LoginProof.Of(found.Value).Stamp != flow.Stamp)
        {
            return found.Rejection ?? NotOurs;
        }
        var issuer = found.Value;
        if (await providers.OfAsync(issuer.Issuer, cancellation) is not { } provider)
        {
            return Unavailable;
        }

        // RFC 9207 section 2.4: before anything is made of the answer, an error no less than a code.
        if (answer["iss"] is { } named ? named != issuer.Issuer : provider.NamesItself)
        {
            return OtherIssuer;
        }
        if (answer["error"] is { } error)
        {
            return new Rejection(OAuthErrors.AccessDenied, "issuer", $"the issuer has let nobody in ({(error is { Length: <= 64 } ? error : "no known error")})");
        }
        if (answer["code"] is not { Length: <= CodeLengthMax } code)
        {
            return NotOurs;
        }
        var token = await tokens.RedeemAsync(
            tenant, issuer, provider, new UpstreamCode(code, RedirectOf(tenant, issuer.Id), flow.VerifierFor(browser), flow.NonceFor(browser)), cancellation);
        return token.IsOk ? (issuer, token.Value.Subject) : token.Rejection;
    }

    // INVARIANT T1: a user of this tenant, whoever else has one of that name.
    private async ValueTask<Rejection?> OpenAsync(HttpContext context, UpstreamFlow flow, TrustedIssuer issuer, string user)
    {
        var standing = IdText.IsValid(user) ? engine.SignInOf(flow.Tenant, user) : SignInStanding.Refused(Unknown);
        if (standing.Refusal is { } refused)
        {
            return refused.Code == Codes.StorageUnavailable ? refused : Unknown;
        }

        // Only now: nobody but who has signed in there can use a flow up, or fill the memory of them.
        var (tenant, begun) = (flow.Tenant, new Instant(flow.BegunAtMs));
        var used = await engine.UseOnceAsync(
            new SingleUse($"{tenant}/login/{issuer.Id}", UseNames.Of("upstream", $"{tenant}\n{issuer.Id}", flow.State), begun, begun + UpstreamFlow.Lifetime), context.RequestAborted);
        return used is null ? await logins.OpenAsync(context, tenant, user, standing, LoginProof.Of(issuer))
            : used.Code is Codes.Replayed or Codes.TooEarly ? NotOurs
            : used;
    }

    private static void Refuse(HttpContext context, Rejection rejection) => HtmlPage.Refuse(context, rejection, rejection.Code switch
    {
        Codes.StorageUnavailable or Codes.IssuerKeysUnavailable or Codes.LimitReached => StatusCodes.Status503ServiceUnavailable,
        _ => StatusCodes.Status403Forbidden,
    });
}
