using Fabric.Client;
using Fabric.Contracts.Common;
using Fabric.Contracts.Revocations;
using Fabric.Contracts.Users;

namespace Fabric.Silo.Tests.OAuth;

/// <summary>Who signs in, who does not, and whose form counts.</summary>
public sealed class SignInTests(OAuthServer server) : IClassFixture<OAuthServer>
{
    [Fact]
    public async Task Pages_bring_nothing_along_and_stay_nowhere()
    {
        var client = await CodeClient.MakeAsync(server);
        using var browser = new Browser(server);
        var signIn = await browser.GetAsync(client.Path());
        var consent = await browser.OpenAsync(client.Path(), client.User, CodeClient.Password);
        foreach (var page in (Browser.Page[])[signIn, consent, await browser.GetAsync($"/tenants/{client.Tenant}/oauth/approvals"), await browser.GetAsync(client.Path(("redirect_uri", "x")))])
        {
            var policy = page.Headers["Content-Security-Policy"];
            Assert.StartsWith("default-src 'none'; style-src 'nonce-", policy, StringComparison.Ordinal);
            Assert.Contains("frame-ancestors 'none'; base-uri 'none'", policy, StringComparison.Ordinal);
            Assert.Equal(("no-store", "same-origin", "nosniff", "DENY"),
                (page.Headers["Cache-Control"], page.Headers["Referrer-Policy"], page.Headers["X-Content-Type-Options"], page.Headers["X-Frame-Options"]));
            Assert.DoesNotContain("<script", page.Text, StringComparison.OrdinalIgnoreCase);
            Assert.DoesNotContain("style=\"", page.Text, StringComparison.Ordinal);
            var nonce = policy.Split("'nonce-")[1].Split('\'')[0];
            Assert.Contains($"<style nonce=\"{nonce}\">", page.Text.Replace("&#x2B;", "+", StringComparison.Ordinal), StringComparison.Ordinal);
        }
        Assert.Contains("form-action 'self' https://app.example;", consent.Headers["Content-Security-Policy"], StringComparison.Ordinal);
        Assert.Contains("form-action 'self';", signIn.Headers["Content-Security-Policy"], StringComparison.Ordinal);
        Assert.NotEqual(signIn.Headers["Content-Security-Policy"], (await browser.GetAsync(client.Path(("redirect_uri", "x")))).Headers["Content-Security-Policy"]);
    }

    [Fact]
    public async Task What_is_asked_for_is_shown_and_never_as_a_tag()
    {
        var client = await CodeClient.MakeAsync(server);
        using var browser = new Browser(server);
        var page = await browser.OpenAsync(client.Path(("scope", "mail:send files"), ("session_lifetime", "5400"), ("resource", "https://mail.example/api")), client.User, CodeClient.Password);
        foreach (var shown in (string[])
        [
            "Mia&#x27;s &lt;helper&gt;", client.Client.Id, "personal: acts for its owner alone", "send the &lt;report&gt;", "<code>mail</code>", "<code>send</code>", "any resource", "at most 50 calls",
            "1 hour 30 minutes", "https://mail.example/api", CodeClient.Redirect, "Mia &lt;Lane&gt;", client.User,
        ])
        {
            Assert.Contains(shown, page.Text, StringComparison.Ordinal);
        }
        Assert.DoesNotContain("<report>", page.Text, StringComparison.Ordinal);
        Assert.DoesNotContain("<helper>", page.Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_logins_cookie_is_out_of_everybody_elses_reach()
    {
        var client = await CodeClient.MakeAsync(server);
        using var browser = new Browser(server);
        var page = await browser.GetAsync(client.Path());
        await browser.SubmitAsync(page, "sign-in", ("user", client.User), ("password", CodeClient.Password));
        var cookie = Assert.Single(browser.Set, each => each.StartsWith("__Host-fabric-login-", StringComparison.Ordinal));
        foreach (var attribute in (string[])["path=/", "secure", "httponly", "samesite=lax", "max-age=28800"])
        {
            Assert.Contains(attribute, cookie, StringComparison.OrdinalIgnoreCase);
        }
        Assert.DoesNotContain("domain", cookie, StringComparison.OrdinalIgnoreCase);
    }

    [Fact]
    public async Task A_wrong_password_an_unknown_user_and_a_user_without_one_get_the_same_answer()
    {
        var client = await CodeClient.MakeAsync(server);
        var none = "u" + Guid.NewGuid().ToString("N");
        await server.Operator.CreateUserAsync(client.Tenant, new CreateUser(none)).OrThrow();
        var seen = new List<string>();
        foreach (var (user, password) in (IEnumerable<(string, string)>)[(client.User, "wrong password 1"), ("nobody-at-all-0000000000000000000", CodeClient.Password), (none, CodeClient.Password), (client.User, "")])
        {
            using var browser = new Browser(server);
            var page = await browser.SubmitAsync(await browser.GetAsync(client.Path()), "sign-in", ("user", user), ("password", password));
            Assert.Equal(403, page.Status);
            Assert.DoesNotContain(browser.Cookies.Keys, name => name.Contains("login", StringComparison.Ordinal));
            seen.Add(page.Text.Split("role=\"alert\">")[1].Split('<')[0]);
        }
        Assert.Single(seen.Distinct());
    }

    [Fact]
    [Trait("Invariant", "B1")]
    public async Task After_so_many_tries_the_right_password_is_none_either_for_a_while()
    {
        var client = await CodeClient.MakeAsync(server);
        foreach (var user in (string[])[client.User, "nobody" + Guid.NewGuid().ToString("N")])
        {
            using var browser = new Browser(server);
            var page = await browser.GetAsync(client.Path());
            var tries = await Task.WhenAll(Enumerable.Range(0, 12).Select(i => browser.SubmitAsync(page, "sign-in", ("user", user), ("password", $"wrong password {i}"))));
            Assert.Equal(2, tries.Count(answer => answer.Status == 429));
            var right = await browser.SubmitAsync(page, "sign-in", ("user", user), ("password", CodeClient.Password));
            Assert.Equal((429, "900"), (right.Status, right.Headers["Retry-After"]));
        }
        server.Time.Advance(TimeSpan.FromMinutes(15.1));
        using var later = new Browser(server);
        Assert.Equal(303, (await later.SubmitAsync(await later.GetAsync(client.Path()), "sign-in", ("user", client.User), ("password", CodeClient.Password))).Status);
    }

    [Fact]
    [Trait("Invariant", "R1")]
    public async Task A_login_ends_with_its_user_its_password_and_its_time()
    {
        var client = await CodeClient.MakeAsync(server);
        foreach (var end in (Func<Task>[])
        [
            () => server.Operator.LockAsync(new LockRequest(new NodeDto("user", client.Tenant, client.User), "look", server.Time.GetUtcNow().AddMinutes(5))).OrThrow().AsTask(),
            () => server.Operator.SetUserSignInAsync(client.Tenant, client.User, new SetUserSignIn(CodeClient.Password)).OrThrow().AsTask(),
            () => server.Operator.RevokeAsync(new RevokeRequest(new NodeDto("user", client.Tenant, client.User), Mode: "generation", Reason: "again")).OrThrow().AsTask(),
            () => server.Operator.RevokeAsync(new RevokeRequest(new NodeDto("tenant", client.Tenant), Mode: "generation", Reason: "again")).OrThrow().AsTask(),
            () => { server.Time.Advance(TimeSpan.FromHours(8.1)); return Task.CompletedTask; },
            () => server.Operator.SetUserSignInAsync(client.Tenant, client.User, new SetUserSignIn()).OrThrow().AsTask(),
        ])
        {
            using var browser = new Browser(server);
            var consent = await browser.OpenAsync(client.Path(), client.User, CodeClient.Password);
            Assert.Contains("/consent", consent.Text, StringComparison.Ordinal);
            await end();
            Assert.Equal(403, (await browser.SubmitAsync(consent, "/consent", ("decision", "approve"))).Status);
            Assert.Contains("name=\"password\"", (await browser.GetAsync(client.Path())).Text, StringComparison.Ordinal);
            server.Time.Advance(TimeSpan.FromMinutes(6));
        }
    }

    [Fact]
    public async Task Signing_out_ends_the_login_in_every_copy_of_its_cookie()
    {
        var client = await CodeClient.MakeAsync(server);
        using var browser = new Browser(server);
        using var copy = new Browser(server);
        var consent = await browser.OpenAsync(client.Path(), client.User, CodeClient.Password);
        copy.Take(browser);
        Assert.Equal(403, (await browser.SubmitAsync(consent, "/sign-out", ("csrf", "x"))).Status);
        Assert.Equal(200, (await browser.SubmitAsync(consent, "/sign-out")).Status);
        Assert.Contains("name=\"password\"", (await copy.GetAsync(client.Path())).Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_login_form_of_another_site_signs_nobody_in()
    {
        var client = await CodeClient.MakeAsync(server);
        using var victim = new Browser(server);
        using var attacker = new Browser(server);
        var page = await attacker.GetAsync(client.Path());
        var form = page.Form("sign-in");
        (form["user"], form["password"]) = (client.User, CodeClient.Password);
        Assert.Equal(403, (await victim.PostAsync(page.Action("sign-in"), form)).Status);
        await victim.GetAsync(client.Path());
        Assert.Equal(403, (await victim.PostAsync(page.Action("sign-in"), form)).Status);
        var own = (await victim.GetAsync(client.Path())).Form("sign-in");
        (own["user"], own["password"]) = (client.User, CodeClient.Password);
        Assert.Equal(403, (await victim.PostAsync(page.Action("sign-in"), own, ("Origin", "https://evil.example"))).Status);
        Assert.Equal(403, (await victim.PostAsync(page.Action("sign-in"), own, ("Origin", "null"))).Status);
        Assert.Equal(403, (await victim.PostAsync(page.Action("sign-in"), own, ("Sec-Fetch-Site", "cross-site"))).Status);
        Assert.Equal(303, (await victim.PostAsync(page.Action("sign-in"), own, ("Origin", OAuthServer.Address), ("Sec-Fetch-Site", "same-origin"))).Status);
    }

    [Theory]
    [InlineData("https://evil.example/")]
    [InlineData("//evil.example/")]
    [InlineData("x\r\nLocation: https://evil.example/")]
    [InlineData("x#y")]
    [InlineData("")]
    public async Task Signing_in_leads_to_our_own_pages_alone(string query)
    {
        var client = await CodeClient.MakeAsync(server);
        foreach (var page in (string[])["authorize", "approvals", "https://evil.example/", "../../evil"])
        {
            using var browser = new Browser(server);
            var answer = await browser.SubmitAsync(
                await browser.GetAsync(client.Path()), "sign-in", ("user", client.User), ("password", CodeClient.Password), ("query", query), ("page", page));
            Assert.Equal(303, answer.Status);
            Assert.StartsWith($"{client.Client.Issuer}/oauth/{(page == "approvals" ? page : "authorize")}", answer.Location, StringComparison.Ordinal);
            Assert.DoesNotContain('#', answer.Location!);
        }
    }

    [Fact]
    public async Task A_yes_counts_for_what_was_shown_in_that_login_alone()
    {
        var client = await CodeClient.MakeAsync(server, kind: "shared");
        var other = await CodeClient.MakeAsync(server, client.Tenant);
        using var browser = new Browser(server);
        using var attacker = new Browser(server);
        var consent = await browser.OpenAsync(client.Path(), client.User, CodeClient.Password);
        var theirs = await attacker.OpenAsync(client.Path(), other.User, CodeClient.Password);
        var wider = CodeClient.Query(client.Parameters(("scope", "mail files")));
        foreach (var fields in (IEnumerable<(string, string?)[]>)
        [
            [("csrf", null)], [("csrf", "")], [("csrf", theirs.Form("/consent")["csrf"])], [("request", wider)], [("request", null)], [("request", "")], [("decision", "perhaps")], [("decision", null)],
        ])
        {
            (string, string?)[] all = fields[0].Item1 == "decision" ? fields : [("decision", "approve"), .. fields];
            var refused = await browser.SubmitAsync(consent, "/consent", all);
            Assert.Equal((403, null), (refused.Status, refused.Location));
        }
        Assert.Equal(403, (await browser.PostAsync(consent.Action("/consent"), [.. consent.Form("/consent"), KeyValuePair.Create("decision", "approve")], ("Origin", "https://evil.example"))).Status);

        // The agent may do something else by now: what would be granted is not what was shown.
        Assert.NotNull((await browser.SubmitAsync(consent, "/consent", ("decision", "approve")))["code"]);
        browser.Drop("login");
        Assert.Equal(403, (await browser.SubmitAsync(consent, "/consent", ("decision", "approve"))).Status);
    }

    [Fact]
    [Trait("Invariant", "T1")]
    public async Task A_login_at_one_tenant_is_none_at_another()
    {
        var client = await CodeClient.MakeAsync(server);
        var stranger = await CodeClient.MakeAsync(server);
        using var browser = new Browser(server);
        await browser.OpenAsync(client.Path(), client.User, CodeClient.Password);
        Assert.Contains("name=\"password\"", (await browser.GetAsync(stranger.Path())).Text, StringComparison.Ordinal);
        var page = await browser.GetAsync(stranger.Path());
        var theirs = await browser.SubmitAsync(page, "sign-in", ("user", client.User), ("password", CodeClient.Password));
        Assert.Equal(403, theirs.Status);
    }

    [Fact]
    public async Task Passwords_are_long_enough_and_told_nobody()
    {
        var client = await CodeClient.MakeAsync(server);
        foreach (var bad in (string[])["", "short", new string('p', 257), "with\tcontrol chars"])
        {
            Assert.Equal("request.invalid_field", (await server.Operator.SetUserSignInAsync(client.Tenant, client.User, new SetUserSignIn(bad))).Rejection?.Code);
        }
        var info = await server.Operator.SetUserSignInAsync(client.Tenant, client.User, new SetUserSignIn(CodeClient.Password, true)).OrThrow();
        Assert.True(info.SignIn!.Approves);
        Assert.DoesNotContain(CodeClient.Password, info.ToString() + new SetUserSignIn(CodeClient.Password), StringComparison.Ordinal);
        Assert.Null((await server.Operator.SetUserSignInAsync(client.Tenant, client.User, new SetUserSignIn()).OrThrow()).SignIn);
    }
}
