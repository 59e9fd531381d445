using Fabric.Client;
using Fabric.Contracts.Agents;

namespace Fabric.Silo.Tests.OAuth;

/// <summary>Who is told what, and where a browser is never sent (RFC 6749 section 4.1.2.1, RFC 9700 section 4.1).</summary>
public sealed class AuthorizationRequestTests(OAuthServer server) : IClassFixture<OAuthServer>
{
    public static TheoryData<string> Addresses =>
    [
        "", "https://app.example", "https://app.example/", "https://app.example/cb/", "https://app.example/cb/..", "https://app.example/cb/../cb", "https://app.example//cb", "https://app.example/%63b",
        "https://app.example/CB", "https://APP.example/cb", "https://app.example:443/cb", "https://app.example:8443/cb", "http://app.example/cb", "https://app.example/cb?", "https://app.example/cb?x=1",
        "https://app.example/cb#", "https://app.example/cb#x", "https://app.example/cb%23x", "https://user@app.example/cb", "https://app.example@evil.example/cb", "https://app.example.evil.example/cb",
        "https://evil.example/cb", "https://evil.example/https://app.example/cb", "//app.example/cb", "/cb", "cb", "javascript:alert(1)", "data:text/html,x", "https://app.example\\cb", "https://app.example/cb\\",
        "https://app.example/cb ", " https://app.example/cb", "https://app.example/cb\n", "https://app.example/cb\u0000", "https:/app.example/cb", "https:app.example/cb", "https://app.example/*", "https://*/cb",
        "https://app.example/other?x=1&y=2", "https://app.example/other", "https://app.example/other?x=2",
        "http://127.0.0.1:80a/cb", "http://127.0.0.1:0/cb", "http://127.0.0.1:065/cb", "http://127.0.0.1:65536/cb", "http://127.0.0.1:/cb", "http://127.0.0.1:+80/cb", "http://127.0.0.1:1:2/cb",
        "http://127.0.0.1:8080/cb/x", "http://127.0.0.1:8080/", "http://127.0.0.1.evil.example/cb", "http://127.0.0.1:80@evil.example/cb", "http://127.1/cb", "http://2130706433/cb", "http://0177.0.0.1/cb",
        "http://0.0.0.0/cb", "http://127.0.0.2/cb", "http://localhost/cb", "http://localhost:8080/cb", "https://127.0.0.1/cb", "http://[::1]/other", "http://[::1", "http://[0:0:0:0:0:0:0:1]/cb", "http://[::2]/cb",
        "http://[::ffff:127.0.0.1]/cb",
    ];

    [Theory]
    [MemberData(nameof(Addresses))]
    public async Task An_address_that_is_not_registered_is_never_gone_to(string address)
    {
        var client = await CodeClient.MakeAsync(server);
        using var browser = new Browser(server);
        foreach (var path in (string[])[client.Path(("redirect_uri", address)), client.Path(("redirect_uri", address), ("response_type", "token")), client.Path(("redirect_uri", address), ("scope", "bank"))])
        {
            var page = await browser.GetAsync(path);
            Assert.Equal((400, null, "text/html; charset=utf-8"), (page.Status, page.Location, page.Headers["Content-Type"]));
            if (address.Length > 20)
            {
                Assert.DoesNotContain(address, page.Text, StringComparison.Ordinal);
            }
        }
    }

    [Theory]
    [InlineData("http://127.0.0.1/cb")]
    [InlineData("http://127.0.0.1:1/cb")]
    [InlineData("http://127.0.0.1:49152/cb")]
    [InlineData("http://[::1]:1234/cb")]
    [InlineData("http://[::1]/cb")]
    [InlineData("http://[::1]:65535/cb")]
    [InlineData("https://app.example/other?x=1")]
    public async Task A_registered_address_is_gone_to_and_a_loopback_address_with_any_port(string address)
    {
        var client = await CodeClient.MakeAsync(server);
        var code = "";
        using (var browser = new Browser(server))
        {
            var answer = await client.ApproveAsync(browser, ("redirect_uri", address));
            Assert.StartsWith(address + (address.Contains('?', StringComparison.Ordinal) ? "&code=" : "?code="), answer.Location, StringComparison.Ordinal);
            code = answer["code"]!;
        }
        (await client.RedeemAsync(code, ("redirect_uri", address))).Ok();
    }

    [Fact]
    public async Task Without_a_client_that_is_known_and_stands_nobody_is_sent_anywhere()
    {
        var client = await CodeClient.MakeAsync(server);
        var stranger = await CodeClient.MakeAsync(server);
        using var browser = new Browser(server);
        foreach (var id in (string?[])[null, "nobody", "..", "a/b", stranger.Client.Id])
        {
            Assert.Equal((400, null), ((await browser.GetAsync(client.Path(("client_id", id)))).Status, (await browser.GetAsync(client.Path(("client_id", id)))).Location));
        }
        await server.Operator.SetAgentRedirectsAsync(client.Tenant, client.Client.Id, new SetAgentRedirects([])).OrThrow();
        Assert.Equal(400, (await browser.GetAsync(client.Path())).Status);
        Assert.Equal(400, (await browser.GetAsync($"/tenants/nobody/oauth/authorize?{CodeClient.Query(client.Parameters())}")).Status);
        Assert.Equal(400, (await browser.GetAsync(client.Path() + "&redirect_uri=https%3A%2F%2Fevil.example%2Fcb")).Status);
        Assert.Equal(400, (await browser.GetAsync(client.Path() + "&client_id=x")).Status);
        Assert.Equal(400, (await browser.GetAsync(client.Path(("state", "a\r\nSet-Cookie: b=c")))).Status);
        Assert.Equal(400, (await browser.GetAsync(client.Path(("state", new string('s', 1_025))))).Status);
    }

    [Theory]
    [InlineData("response_type", null, "invalid_request")]
    [InlineData("response_type", "token", "unsupported_response_type")]
    [InlineData("response_type", "code token", "unsupported_response_type")]
    [InlineData("response_mode", "fragment", "invalid_request")]
    [InlineData("response_mode", "form_post", "invalid_request")]
    [InlineData("code_challenge", null, "invalid_request")]
    [InlineData("code_challenge", "short", "invalid_request")]
    [InlineData("code_challenge_method", null, "invalid_request")]
    [InlineData("code_challenge_method", "plain", "invalid_request")]
    [InlineData("code_challenge_method", "s256", "invalid_request")]
    [InlineData("dpop_jkt", "x", "invalid_request")]
    [InlineData("scope", "bank", "invalid_scope")]
    [InlineData("scope", "mail  files", "invalid_scope")]
    [InlineData("authorization_details", "[{\"type\":\"payment\"}]", "invalid_authorization_details")]
    [InlineData("resource", "not absolute", "invalid_target")]
    [InlineData("session", "0123", "invalid_request")]
    [InlineData("session_lifetime", "0", "invalid_request")]
    [InlineData("purpose", "a\u202eb", "invalid_request")]
    [InlineData("request", "eyJ", "request_not_supported")]
    [InlineData("prompt", "none", "interaction_required")]
    public async Task What_else_is_wrong_is_told_to_the_client_with_its_state_and_who_says_so(string name, string? value, string error)
    {
        var client = await CodeClient.MakeAsync(server);
        using var browser = new Browser(server);
        (string, string?)[] fields = name == "session" ? [(name, value), ("purpose", null)] : name == "authorization_details" ? [(name, value), ("scope", null)] : [(name, value)];
        var answer = await browser.GetAsync(client.Path(fields));
        Assert.Equal((303, error, "s t&a=te", client.Client.Issuer, null), (answer.Status, answer["error"], answer["state"], answer["iss"], answer["code"]));
        Assert.StartsWith(CodeClient.Redirect + "?", answer.Location, StringComparison.Ordinal);
        Assert.Equal("no-store", answer.Headers["Cache-Control"]);
    }

    [Fact]
    public async Task An_agent_acts_for_its_own_user_or_for_nobody()
    {
        var client = await CodeClient.MakeAsync(server);
        var another = await CodeClient.MakeAsync(server, client.Tenant);
        using var browser = new Browser(server);
        Assert.Equal("access_denied", (await browser.OpenAsync(client.Path(), another.User, CodeClient.Password))["error"]);
        var backend = await CodeClient.MakeAsync(server, client.Tenant, "backend");
        Assert.Equal("unauthorized_client", (await browser.GetAsync(backend.Path()))["error"]);
        var shared = await CodeClient.MakeAsync(server, client.Tenant, "shared");
        Assert.Equal(200, (await browser.GetAsync(shared.Path())).Status);
    }

    [Fact]
    public async Task A_no_is_told_and_gives_no_code()
    {
        var client = await CodeClient.MakeAsync(server);
        using var browser = new Browser(server);
        var consent = await browser.OpenAsync(client.Path(), client.User, CodeClient.Password);
        var answer = await browser.SubmitAsync(consent, "/consent", ("decision", "deny"));
        Assert.Equal(("access_denied", null, "s t&a=te", client.Client.Issuer), (answer["error"], answer["code"], answer["state"], answer["iss"]));
    }
}
