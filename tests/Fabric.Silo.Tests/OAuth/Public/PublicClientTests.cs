using System.Text;
using Fabric.Client;
using Fabric.Contracts.Agents;
using Fabric.Contracts.Common;
using Fabric.Contracts.Sessions;
using Fabric.Contracts.Tenants;
using Fabric.Contracts.Users;

namespace Fabric.Silo.Tests.OAuth.Public;

/// <summary>Clients that keep no secret (RFC 6749 section 2.1), by their documents: what they get, and all that is closed to them.</summary>
public sealed class PublicClientTests(DocumentServer documents) : IClassFixture<DocumentServer>
{
    private const string JwtBearer = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";
    private const string TokenExchange = "urn:ietf:params:oauth:grant-type:token-exchange";
    private const string Backchannel = "urn:openid:params:grant-type:ciba";

    private readonly OAuthServer _server = documents.Server;

    [Fact]
    [Trait("Invariant", "S3")]
    public async Task An_application_goes_through_with_its_name_alone_within_its_agents_ceiling()
    {
        await using var app = await PublicApp.StartAsync(documents);
        using var browser = new Browser(_server);
        var page = await browser.OpenAsync(app.Path(), app.User, CodeClient.Password);
        foreach (var shown in (string[])["Helper of Mia", app.Url, $"<dd>{app.Host}</dd>", "keeps no secret", PublicApp.Redirect])
        {
            Assert.Contains(shown, page.Text, StringComparison.Ordinal);
        }
        Assert.DoesNotContain("Root of all", page.Text, StringComparison.Ordinal);
        var answer = await browser.SubmitAsync(page, "/consent", ("decision", "approve"));
        Assert.StartsWith(PublicApp.Redirect + "?code=", answer.Location, StringComparison.Ordinal);
        Assert.Equal(($"{OAuthServer.Address}/tenants/{app.Tenant}", "s1"), (answer["iss"], answer["state"]));

        var first = (await app.RedeemAsync(answer["code"]!)).Ok();
        Assert.Equal(("mail:send", "Bearer"), (first.Text("scope"), first.Text("token_type")));
        Assert.True(await app.IsAllowedAsync(first.Token));
        var next = (await app.RefreshAsync(first.Text("refresh_token")!)).Ok();
        Assert.Equal(first.Text("session"), next.Text("session"));
        Assert.NotEqual(first.Text("refresh_token"), next.Text("refresh_token"));
        Assert.True(await app.IsAllowedAsync(next.Token));
        Assert.Equal("invalid_scope", (await browser.GetAsync(app.Path(("scope", "bank"))))["error"]);
        var session = await _server.Operator.GetSessionAsync(first.Text("session")!).OrThrow();
        Assert.Equal((app.AgentId, app.User), (session.Agent, session.User));
    }

    [Fact]
    public async Task A_request_is_pushed_by_the_name_alone_and_goes_on_as_that()
    {
        await using var app = await PublicApp.StartAsync(documents);
        var pushed = await app.PostAsync(
            "par", ("response_type", "code"), ("redirect_uri", PublicApp.Redirect), ("code_challenge", CodeClient.Challenge), ("code_challenge_method", "S256"), ("scope", "mail:send"));
        Assert.Equal(201, pushed.Status);
        using var browser = new Browser(_server);
        var consent = await browser.OpenAsync(
            $"/tenants/{app.Tenant}/oauth/authorize?client_id={Uri.EscapeDataString(app.Url)}&request_uri={pushed.Text("request_uri")}", app.User, CodeClient.Password);
        var answer = await browser.SubmitAsync(consent, "/consent", ("decision", "approve"));
        (await app.RedeemAsync(answer["code"]!)).Ok();
        (await app.PostAsync("par", ("response_type", "code"), ("redirect_uri", "https://evil.example/cb"))).Refused("invalid_request");
    }

    [Fact]
    public async Task A_wrong_verifier_uses_the_code_up_and_there_is_no_way_without_one()
    {
        await using var app = await PublicApp.StartAsync(documents);
        foreach (var wrong in (string[])[new string('x', 43), CodeClient.Challenge, CodeClient.Verifier + "x"])
        {
            var code = await app.CodeAsync();
            (await app.RedeemAsync(code, ("code_verifier", wrong))).Refused("invalid_grant");
            (await app.RedeemAsync(code)).Refused("invalid_grant");
        }
        (await app.RedeemAsync(await app.CodeAsync(), ("code_verifier", null))).Refused("invalid_request");
        foreach (var fields in (IEnumerable<(string, string?)[]>)
        [
            [("code_challenge", null)], [("code_challenge_method", null)], [("code_challenge_method", "plain")], [("code_challenge", null), ("code_challenge_method", null)], [("code_challenge", "short")],
        ])
        {
            using var browser = new Browser(_server);
            Assert.Equal(("invalid_request", null), await browser.GetAsync(app.Path(fields)) is var refused ? (refused["error"], refused["code"]) : default);
        }
    }

    [Fact]
    [Trait("Invariant", "R1")]
    public async Task A_code_that_is_shown_again_ends_the_session_that_it_gave()
    {
        await using var app = await PublicApp.StartAsync(documents);
        var code = await app.CodeAsync();
        var first = (await app.RedeemAsync(code)).Ok();
        Assert.True(await app.IsAllowedAsync(first.Token));
        (await app.RedeemAsync(code)).Refused("invalid_grant");
        Assert.False(await app.IsAllowedAsync(first.Token));
        (await app.RefreshAsync(first.Text("refresh_token")!)).Refused("invalid_grant");
    }

    [Fact]
    public async Task Another_clients_code_is_worth_nothing_and_stays_good()
    {
        await using var app = await PublicApp.StartAsync(documents);
        await using var other = await PublicApp.StartAsync(documents, app);
        var secret = await CodeClient.MakeForAsync(_server, app.Tenant, app.User);
        var code = await app.CodeAsync();
        (await other.RedeemAsync(code)).Refused("invalid_grant");
        (await secret.RedeemAsync(code)).Refused("invalid_grant");
        (await app.RedeemAsync(code, ("redirect_uri", PublicApp.Loopback))).Refused("invalid_grant");

        code = await app.CodeAsync();
        (await other.RedeemAsync(code)).Refused("invalid_grant");
        (await app.RedeemAsync(code)).Ok();
        (await app.RedeemAsync(await secret.CodeAsync())).Refused("invalid_grant");
    }

    [Fact]
    [Trait("Invariant", "R1")]
    public async Task A_refresh_token_that_was_replaced_ends_the_session_at_once()
    {
        await using var app = await PublicApp.StartAsync(documents);
        var first = await app.StartSessionAsync();
        var next = (await app.RefreshAsync(first.Text("refresh_token")!)).Ok();
        (await app.RefreshAsync(first.Text("refresh_token")!)).Refused("invalid_grant");
        Assert.Equal("revoked", (await _server.Operator.GetSessionAsync(first.Text("session")!).OrThrow()).Status);
        Assert.False(await app.IsAllowedAsync(next.Token));
        (await app.RefreshAsync(next.Text("refresh_token")!)).Refused("invalid_grant");
    }

    [Fact]
    public async Task Of_side_by_side_uses_one_gets_a_successor_and_the_session_ends()
    {
        await using var app = await PublicApp.StartAsync(documents);
        var first = await app.StartSessionAsync();
        var all = await Task.WhenAll(Enumerable.Range(0, 5).Select(_ => app.RefreshAsync(first.Text("refresh_token")!)));
        Assert.Single(all, reply => reply.Status == 200);

        // One that comes while the end is on its way to the disk is told to ask again, and then that there is nothing.
        Assert.All(all.Where(reply => reply.Status != 200), reply => Assert.Contains(reply.Error, (string[])["invalid_grant", "temporarily_unavailable"]));
        (await app.RefreshAsync(first.Text("refresh_token")!)).Refused("invalid_grant");
        Assert.False(await app.IsAllowedAsync(first.Token));
        Assert.False(await app.IsAllowedAsync(all.Single(reply => reply.Status == 200).Token));
    }

    [Fact]
    public async Task A_client_that_proves_a_key_is_told_a_lost_answer_again_and_nobody_else_is()
    {
        await using var app = await PublicApp.StartAsync(documents);
        using var key = new SigningClient();
        using var other = new SigningClient();
        var client = new AgentClient(_server, app.Tenant, app.AgentId, "");
        var nonce = (await app.RedeemAsync("x", [("DPoP", key.Proof(client, null))], [])).Nonce!;
        var first = (await app.RedeemAsync(await app.CodeAsync(), [("DPoP", key.Proof(client, nonce))], [])).Ok();
        Assert.Equal("DPoP", first.Text("token_type"));
        var token = first.Text("refresh_token")!;
        (await app.RefreshAsync(token)).Refused("invalid_grant");
        (await app.RefreshAsync(token, [("DPoP", other.Proof(client, nonce))], [])).Refused("invalid_grant");
        var lost = (await app.RefreshAsync(token, [("DPoP", key.Proof(client, nonce))], [])).Ok();
        (await app.RefreshAsync(token)).Refused("invalid_grant");
        var again = (await app.RefreshAsync(token, [("DPoP", key.Proof(client, nonce))], [])).Ok();
        Assert.Equal(lost.Text("refresh_token"), again.Text("refresh_token"));
        (await app.RefreshAsync(again.Text("refresh_token")!, [("DPoP", key.Proof(client, nonce))], [])).Ok();
        (await app.RefreshAsync(token)).Refused("invalid_grant");
        Assert.Equal("revoked", (await _server.Operator.GetSessionAsync(first.Text("session")!).OrThrow()).Status);
    }

    [Fact]
    public async Task Whoever_says_to_be_more_than_a_name_is_nobody_and_uses_nothing_up()
    {
        await using var app = await PublicApp.StartAsync(documents);
        using var key = new SigningClient();

        // A document that names keys, and says all the same that the client proves itself by nothing.
        app.SwitchTo(key);
        app.Document["token_endpoint_auth_method"] = "none";
        var code = await app.CodeAsync();
        (string, string?)[] form = [("grant_type", "authorization_code"), ("code", code), ("redirect_uri", PublicApp.Redirect), ("code_verifier", CodeClient.Verifier)];
        foreach (var extra in (IEnumerable<(string, string?)[]>)
        [
            [("client_secret", app.Secret)], [("client_secret", "x")], [("client_assertion_type", JwtBearer)], [("client_assertion_type", JwtBearer), ("client_assertion", Assertion(app, key))],
            [("client_id", null)], [("client_id", app.AgentId)], [("client_id", app.Url + "?x")], [("client_id", app.Url.Replace("client.json", "other.json", StringComparison.Ordinal))],
        ])
        {
            (await app.PostAsync("token", [.. form, .. extra])).Refused("invalid_client", 401);
        }
        foreach (var header in (string[])[AgentClient.Basic(app.Url, app.Secret), AgentClient.Basic(app.Url, "x"), "Basic " + Convert.ToBase64String(Encoding.UTF8.GetBytes(Uri.EscapeDataString(app.Url) + ":")), "Bearer x"])
        {
            (await app.PostAsync("token", [("Authorization", header)], form)).Refused("invalid_client", 401);
        }

        // The secret that every agent has makes another client of it, whose code this is not.
        (await app.PostAsync("token", [.. form, ("client_id", app.AgentId), ("client_secret", app.Secret)])).Refused("invalid_grant");
        (await app.RedeemAsync(code)).Ok();
    }

    [Theory]
    [InlineData("token", "client_credentials", "unauthorized_client", 400)]
    [InlineData("token", TokenExchange, "unauthorized_client", 400)]
    [InlineData("token", Backchannel, "unauthorized_client", 400)]
    [InlineData("token", "password", "unsupported_grant_type", 400)]
    [InlineData("token", null, "invalid_request", 400)]
    [InlineData("bc-authorize", null, "unauthorized_client", 400)]
    [InlineData("introspect", null, "invalid_client", 401)]
    public async Task What_is_not_on_the_list_is_closed(string endpoint, string? grant, string error, int status)
    {
        await using var app = await PublicApp.StartAsync(documents);
        var first = await app.StartSessionAsync();
        (await app.PostAsync(
            endpoint, ("grant_type", grant), ("token", first.Token), ("subject_token", first.Token), ("subject_token_type", "urn:ietf:params:oauth:token-type:access_token"), ("session", first.Text("session")),
            ("auth_req_id", "x"), ("login_hint", app.User), ("scope", "mail:send"))).Refused(error, status);
        Assert.True(await app.IsAllowedAsync(first.Token));
        Assert.Single((await _server.Operator.ListSessionsAsync(new SessionQuery(new NodeDto("tenant", app.Tenant))).OrThrow()).Items);
    }

    [Fact]
    [Trait("Invariant", "R1")]
    public async Task An_application_revokes_the_tokens_that_it_has_and_nothing_by_name()
    {
        await using var app = await PublicApp.StartAsync(documents);
        await using var other = await PublicApp.StartAsync(documents, app);
        var (first, second) = (await app.StartSessionAsync(), await app.StartSessionAsync());
        (await app.PostAsync("revoke", ("token", first.Text("session")))).Refused("unauthorized_client");
        (await other.PostAsync("revoke", ("token", first.Text("refresh_token")))).Ok();
        (await other.PostAsync("revoke", ("token", first.Token))).Ok();
        Assert.True(await app.IsAllowedAsync(first.Token));

        (await app.PostAsync("revoke", ("token", first.Text("refresh_token")), ("token_type_hint", "refresh_token"))).Ok();
        Assert.False(await app.IsAllowedAsync(first.Token));
        (await app.RefreshAsync(first.Text("refresh_token")!)).Refused("invalid_grant");
        Assert.True(await app.IsAllowedAsync(second.Token));
        (await app.PostAsync("revoke", ("token", second.Token))).Ok();
        Assert.False(await app.IsAllowedAsync(second.Token));
        (await app.RefreshAsync(second.Text("refresh_token")!)).Ok();
    }

    [Fact]
    [Trait("Invariant", "T1")]
    public async Task A_name_is_one_tenants_and_one_that_stands()
    {
        await using var app = await PublicApp.StartAsync(documents);
        var first = await app.StartSessionAsync();
        var elsewhere = await _server.TenantAsync();
        (string, string)[] form = [("client_id", app.Url), ("grant_type", "refresh_token"), ("refresh_token", first.Text("refresh_token")!)];
        (await _server.PostAsync(elsewhere, "token", null, form)).Refused("invalid_client", 401);
        Assert.True(await app.IsAllowedAsync(first.Token));

        app.Forget();
        var fetches = app.Fetches;
        await _server.Operator.SuspendAgentAsync(app.Tenant, app.AgentId, new SuspendAgent("a look")).OrThrow();
        (await app.RefreshAsync(first.Text("refresh_token")!)).Refused("invalid_client", 401);
        (await app.PostAsync("par", ("response_type", "code"))).Refused("invalid_client", 401);
        Assert.Equal(fetches, app.Fetches);
        await _server.Operator.ResumeAgentAsync(app.Tenant, app.AgentId).OrThrow();
        (await app.RefreshAsync(first.Text("refresh_token")!)).Ok();
        await _server.Operator.RetireAgentAsync(app.Tenant, app.AgentId, new("gone")).OrThrow();
        (await app.RefreshAsync(first.Text("refresh_token")!)).Refused("invalid_client", 401);
    }

    [Fact]
    [Trait("Invariant", "S1")]
    public async Task A_users_yes_to_a_client_that_anybody_can_be_is_no_approval()
    {
        await using var app = await PublicApp.StartAsync(documents);
        await _server.Operator.SetUserSignInAsync(app.Tenant, app.User, new SetUserSignIn(CodeClient.Password, Approves: true)).OrThrow();
        var proven = await CodeClient.MakeForAsync(_server, app.Tenant, app.User);
        var (code, control) = (await app.CodeAsync(), await proven.CodeAsync());
        await _server.Operator.UpdateTenantAsync(app.Tenant, new UpdateTenant(RequireApproval: true)).OrThrow();
        (await proven.RedeemAsync(control)).Ok();
        (await app.RedeemAsync(code)).Refused("invalid_grant");

        using var browser = new Browser(_server);
        var refused = await browser.OpenAsync(app.Path(), app.User, CodeClient.Password);
        Assert.Equal(("access_denied", null), (refused["error"], refused["code"]));
    }

    private string Assertion(PublicApp app, SigningClient key) =>
        key.Assertion(new AgentClient(_server, app.Tenant, app.AgentId, ""), claims => (claims["iss"], claims["sub"]) = (app.Url, app.Url), head => head["kid"] = "k1");
}
