using System.Text.Json.Nodes;
using System.Web;
using Fabric.Client;
using Fabric.Silo.Tests.Outbound;

namespace Fabric.Silo.Tests.OAuth.Upstream;

/// <summary>What a dishonest provider, another browser or a page in between can do with a sign-in: nothing.</summary>
public sealed class UpstreamTrickTests(UpstreamServer upstream) : IClassFixture<UpstreamServer>
{
    private OAuthServer Server => upstream.Server;

    public static TheoryData<string, Action<JsonObject>?, Action<JsonObject>?, string> Dishonest => new()
    {
        { "no nonce", claims => claims.Remove("nonce"), null, "ES256" },
        { "another nonce", claims => claims["nonce"] = "another", null, "ES256" },
        { "another client's", claims => claims["aud"] = "other", null, "ES256" },
        { "several clients'", claims => claims["aud"] = new JsonArray(ForeignProvider.ClientId, "other"), null, "ES256" },
        { "no audience", claims => claims.Remove("aud"), null, "ES256" },
        { "another party's", claims => claims["azp"] = "other", null, "ES256" },
        { "another issuer's", claims => claims["iss"] = "https://idp.example", null, "ES256" },
        { "no issuer", claims => claims.Remove("iss"), null, "ES256" },
        { "over", claims => claims["exp"] = claims["iat"]!.GetValue<long>() - 10, null, "ES256" },
        { "without an end", claims => claims.Remove("exp"), null, "ES256" },
        { "of the future", claims => claims["iat"] = claims["iat"]!.GetValue<long>() + 60, null, "ES256" },
        { "of no moment", claims => claims.Remove("iat"), null, "ES256" },
        { "of long ago", claims => claims["iat"] = claims["iat"]!.GetValue<long>() - 700, null, "ES256" },
        { "another access token's", claims => claims["at_hash"] = "AAAAAAAAAAAAAAAAAAAAAA", null, "ES256" },
        { "a hash that is none", claims => claims["at_hash"] = 7, null, "ES256" },
        { "a logout", claims => claims["events"] = new JsonObject(), null, "ES256" },
        { "an access token", null, head => head["typ"] = "at+jwt", "ES256" },
        { "unsigned", null, null, "none" },
        { "by our own secret", null, null, "HS256" },
        { "by an algorithm that was not agreed on", null, head => head["kid"] = "r1", "RS256" },
        { "a key of its own", null, head => head["jwk"] = new JsonObject(), "ES256" },
        { "another key", null, head => head["kid"] = "e2", "ES256" },
    };

    [Theory]
    [MemberData(nameof(Dishonest))]
    public async Task An_id_token_that_proves_nothing_lets_nobody_in(string what, Action<JsonObject>? change, Action<JsonObject>? head, string algorithm)
    {
        var client = await upstream.ClientAsync();
        using var browser = new Browser(Server);
        var begun = await UpstreamServer.BeginAsync(browser, client.Path());
        var page = await UpstreamServer.FinishAsync(browser, client.Tenant, upstream.Provider.SignIn(begun.Location!, client.User, upstream.Now, change, head, algorithm));
        Assert.True(page.Status == 403, $"{what}: {page.Status} {page.Text}");
        Assert.False(UpstreamServer.IsSignedIn(browser));

        // The same, honest.
        Assert.Equal(303, (await upstream.SignInAsync(browser, client)).Status);
        Assert.True(UpstreamServer.IsSignedIn(browser));
    }

    [Fact]
    public async Task A_sign_in_goes_on_in_the_browser_that_began_it_once_and_soon()
    {
        var client = await upstream.ClientAsync();
        using var browser = new Browser(Server);
        using var other = new Browser(Server);
        var begun = await UpstreamServer.BeginAsync(browser, client.Path());
        var query = upstream.Provider.SignIn(begun.Location!, client.User, upstream.Now);
        var flow = browser.Cookies.Single(cookie => cookie.Key.Contains("fabric-upstream", StringComparison.Ordinal));
        Assert.StartsWith("__Host-", flow.Key, StringComparison.Ordinal);

        // Another browser, without and with a sign-in of its own, and with all of the cookie but the browser's secret.
        Assert.Equal(403, (await UpstreamServer.FinishAsync(other, client.Tenant, query)).Status);
        await UpstreamServer.BeginAsync(other, client.Path());
        Assert.Equal(403, (await UpstreamServer.FinishAsync(other, client.Tenant, query)).Status);
        using var thief = new Browser(Server);
        await thief.GetAsync(client.Path());
        var own = thief.Cookies.Single();
        thief.Take(browser);
        Assert.Equal(403, (await SendAsync(client, query, own.Key, own.Value, flow)).Status);

        // Another state, none, and the right one once.
        Assert.Equal(403, (await UpstreamServer.FinishAsync(browser, client.Tenant, query.Replace("state=", "state=x", StringComparison.Ordinal))).Status);
        Assert.Equal(403, (await UpstreamServer.FinishAsync(browser, client.Tenant, query[..query.IndexOf("&state", StringComparison.Ordinal)])).Status);
        Assert.Empty(upstream.Provider.Faults);
        upstream.Provider.IsCareless = true;
        var jar = browser.Cookies.ToDictionary();
        Assert.Equal(303, (await UpstreamServer.FinishAsync(browser, client.Tenant, query)).Status);
        Assert.DoesNotContain(browser.Cookies.Keys, name => name.Contains("fabric-upstream", StringComparison.Ordinal));
        Assert.Equal(403, (await UpstreamServer.FinishAsync(browser, client.Tenant, query)).Status);

        // The cookie put back, at a provider that takes a code twice.
        var secret = jar.Single(cookie => cookie.Key.Contains("fabric-browser", StringComparison.Ordinal));
        Assert.Equal(403, (await SendAsync(client, query, secret.Key, secret.Value, flow)).Status);
        upstream.Provider.IsCareless = false;

        using var late = new Browser(Server);
        begun = await UpstreamServer.BeginAsync(late, client.Path());
        Server.Time.Advance(TimeSpan.FromMinutes(10));
        Assert.Equal(403, (await UpstreamServer.FinishAsync(late, client.Tenant, upstream.Provider.SignIn(begun.Location!, client.User, upstream.Now))).Status);
    }

    [Fact]
    public async Task An_answer_of_another_issuer_is_none()
    {
        await using var evil = await ForeignProvider.StartAsync();
        var client = await upstream.ClientAsync();
        await Server.Operator.PutIssuerAsync(client.Tenant, "evil", ForeignProvider.Command(evil.Issuer.Url)).OrThrow();
        using var browser = new Browser(Server);

        // RFC 9700 section 4.4.1: the browser begins at the one, and comes back with the other's code, at either redirect URI.
        var begun = await UpstreamServer.BeginAsync(browser, client.Path(), "evil");
        var asked = HttpUtility.ParseQueryString(new Uri(begun.Location!).Query);
        using var victim = new Browser(Server);
        var honest = upstream.Provider.SignIn((await UpstreamServer.BeginAsync(victim, client.Path())).Location!, client.User, upstream.Now);
        var stolen = HttpUtility.ParseQueryString(honest)["code"];
        Assert.Equal(403, (await UpstreamServer.FinishAsync(browser, client.Tenant, $"?code={stolen}&state={asked["state"]}")).Status);
        Assert.Equal(403, (await UpstreamServer.FinishAsync(browser, client.Tenant, $"?code={stolen}&state={asked["state"]}", "evil")).Status);
        Assert.Equal(["code"], evil.Faults);

        foreach (var (iss, says) in (IEnumerable<(string?, bool)>)[(evil.Issuer.Url, false), (upstream.Provider.Issuer.Url + "/", false), (null, true)])
        {
            upstream.Provider.Issuer.Metadata["authorization_response_iss_parameter_supported"] = says;
            Server.Time.Advance(TimeSpan.FromMinutes(11));
            using var mixed = new Browser(Server);
            begun = await UpstreamServer.BeginAsync(mixed, client.Path());
            var page = await UpstreamServer.FinishAsync(mixed, client.Tenant, upstream.Provider.SignIn(begun.Location!, client.User, upstream.Now, iss: iss));
            Assert.Equal(403, page.Status);
            Assert.Contains("another issuer", page.Text, StringComparison.Ordinal);
            var error = await UpstreamServer.BeginAsync(mixed, client.Path());
            var state = HttpUtility.ParseQueryString(new Uri(error.Location!).Query)["state"];
            Assert.Contains("another issuer", (await UpstreamServer.FinishAsync(mixed, client.Tenant, $"?error=login_required&state={state}&iss={iss}")).Text, StringComparison.Ordinal);
        }
        using var right = new Browser(Server);
        begun = await UpstreamServer.BeginAsync(right, client.Path());
        Assert.Equal(303, (await UpstreamServer.FinishAsync(right, client.Tenant, upstream.Provider.SignIn(begun.Location!, client.User, upstream.Now, iss: upstream.Provider.Issuer.Url))).Status);
        upstream.Provider.Issuer.Metadata.Remove("authorization_response_iss_parameter_supported");
        Server.Time.Advance(TimeSpan.FromMinutes(11));
    }

    [Fact]
    public async Task A_provider_that_says_no_is_told_as_text_and_not_as_a_page()
    {
        var client = await upstream.ClientAsync();
        using var browser = new Browser(Server);
        var begun = await UpstreamServer.BeginAsync(browser, client.Path());
        var state = HttpUtility.ParseQueryString(new Uri(begun.Location!).Query)["state"];
        var page = await UpstreamServer.FinishAsync(browser, client.Tenant, $"?error=%3Cb%3Eno&state={state}");
        Assert.Equal(403, page.Status);
        Assert.Contains("&lt;b&gt;no", page.Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_sign_in_is_begun_by_our_own_page_alone()
    {
        var client = await upstream.ClientAsync();
        using var browser = new Browser(Server);
        var link = UpstreamServer.LinkOf(await browser.GetAsync(client.Path()))!;
        using var other = new Browser(Server);
        await other.GetAsync(client.Path());
        Assert.Equal(403, (await other.GetAsync(link)).Status);
        foreach (var wrong in (string[])
        [
            link.Replace("csrf=", "csrf=x", StringComparison.Ordinal), link.Replace("page=authorize", "page=approvals", StringComparison.Ordinal),
            link.Replace("/sign-in/idp", "/sign-in/other", StringComparison.Ordinal), link + "x", link[..link.IndexOf('?', StringComparison.Ordinal)],
        ])
        {
            Assert.Equal(403, (await browser.GetAsync(wrong)).Status);
        }
        Assert.Equal(303, (await browser.GetAsync(link)).Status);

        // What is too long to come back to is not begun.
        var page = await browser.GetAsync(client.Path(("unknown", new string('p', 2_000))));
        Assert.Contains("name=\"password\"", page.Text, StringComparison.Ordinal);
        Assert.Null(UpstreamServer.LinkOf(page));
    }

    [Theory]
    [InlineData("authorization_endpoint", "http://evil.example/authorize")]
    [InlineData("authorization_endpoint", "http://localhost/authorize")]
    [InlineData("authorization_endpoint", "javascript:alert(1)")]
    [InlineData("authorization_endpoint", "https://a@evil.example/")]
    [InlineData("authorization_endpoint", "https://evil.example/#x")]
    [InlineData("token_endpoint", "file:///etc/passwd")]
    [InlineData("token_endpoint", null)]
    [InlineData("issuer", "https://idp.example")]
    public async Task Metadata_that_lead_astray_lead_nowhere(string name, string? value)
    {
        await using var provider = await ForeignProvider.StartAsync();
        provider.Issuer.Metadata[name] = value;
        var client = await upstream.ClientAsync(change: _ => ForeignProvider.Command(provider.Issuer.Url));
        using var browser = new Browser(Server);
        var begun = await UpstreamServer.BeginAsync(browser, client.Path());
        Assert.Equal(503, begun.Status);
        Assert.Null(begun.Location);
    }

    [Theory]
    [InlineData("token_endpoint", "https://10.0.0.1/token")]
    [InlineData("token_endpoint", "http://169.254.169.254/latest/meta-data")]
    [InlineData("token_endpoint", "https://[::1]/token")]
    [InlineData("token_endpoint", "https://192.168.1.1/token")]
    [InlineData("jwks_uri", "https://10.0.0.1/keys")]
    [InlineData("jwks_uri", "http://[::ffff:169.254.169.254]/keys")]
    public async Task Metadata_that_point_into_the_network_are_not_followed(string name, string value)
    {
        await using var provider = await ForeignProvider.StartAsync();
        provider.Issuer.Metadata[name] = value;
        var client = await upstream.ClientAsync(change: _ => ForeignProvider.Command(provider.Issuer.Url));
        using var browser = new Browser(Server);
        var begun = await UpstreamServer.BeginAsync(browser, client.Path());
        var page = await UpstreamServer.FinishAsync(browser, client.Tenant, provider.SignIn(begun.Location!, client.User, upstream.Now));
        Assert.Equal(503, page.Status);
        Assert.False(UpstreamServer.IsSignedIn(browser));
    }

    [Fact]
    public async Task A_token_endpoint_that_points_elsewhere_gets_the_secret_nowhere_and_a_bomb_is_not_read()
    {
        await using var elsewhere = await LocalWeb.StartAsync();
        await using var provider = await ForeignProvider.StartAsync();
        var client = await upstream.ClientAsync(change: _ => ForeignProvider.Command(provider.Issuer.Url));
        foreach (var (broken, status) in (IEnumerable<(Microsoft.AspNetCore.Http.RequestDelegate, int)>)
        [
            (context => { (context.Response.StatusCode, context.Response.Headers.Location) = (307, elsewhere.Address); return Task.CompletedTask; }, 503),
            (context => LocalWeb.JsonAsync(context, $"{{\"id_token\":\"{new string('a', 100_000)}\"}}"), 503),
            (context => LocalWeb.JsonAsync(context, string.Concat(Enumerable.Repeat("[", 10_000))), 403),
            (context => LocalWeb.JsonAsync(context, """{"id_token":"a.b.c","id_token":"a.b.c"}"""), 403),
            (context => LocalWeb.JsonAsync(context, """{"id_token":7}"""), 403),
            (context => LocalWeb.JsonAsync(context, "<html>", "text/html"), 503),
        ])
        {
            provider.Broken = broken;
            using var browser = new Browser(Server);
            var begun = await UpstreamServer.BeginAsync(browser, client.Path());
            Assert.Equal(status, (await UpstreamServer.FinishAsync(browser, client.Tenant, provider.SignIn(begun.Location!, client.User, upstream.Now))).Status);
            Assert.False(UpstreamServer.IsSignedIn(browser));
        }
        Assert.Empty(elsewhere.Asked);
    }

    private async Task<Browser.Page> SendAsync(CodeClient client, string query, string name, string value, KeyValuePair<string, string> flow)
    {
        using var bare = new Browser(Server);
        return await bare.GetAsync($"/tenants/{client.Tenant}/oauth/callback/idp{query}", ("Cookie", $"{name}={value}; {flow.Key}={flow.Value}"));
    }
}
