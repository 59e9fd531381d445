using Fabric.Client;
using Fabric.Contracts.Common;
using Fabric.Contracts.Revocations;
using Fabric.Contracts.Sessions;
using Fabric.Engine;

namespace Fabric.Silo.Tests.OAuth;

/// <summary>Sessions that wait for a user who is elsewhere (OpenID CIBA core, poll mode).</summary>
public sealed class BackchannelTests(OAuthServer server) : IClassFixture<OAuthServer>
{
    [Fact]
    public async Task A_yes_on_the_page_becomes_a_token_at_the_next_poll_once()
    {
        var client = await CodeClient.MakeAsync(server);
        var asked = await AskAsync(client, ("binding_message", "code 4711"), ("session_lifetime", "900"), ("resource", "https://mail.example"));
        Assert.Equal((600, 5), (asked.Body.GetProperty("expires_in").GetInt32(), asked.Body.GetProperty("interval").GetInt32()));
        (await PollAsync(client, asked)).Refused("authorization_pending");

        using var browser = new Browser(server);
        var page = await browser.OpenAsync(PageOf(client), client.User, CodeClient.Password);
        foreach (var shown in (string[])["Mia&#x27;s &lt;helper&gt;", "code 4711", "send the &lt;report&gt;", "<code>mail</code>", "at most 15 minutes from your yes on", client.Client.Id])
        {
            Assert.Contains(shown, page.Text, StringComparison.Ordinal);
        }
        Assert.Contains("Approved.", (await browser.SubmitAsync(page, "/approvals", ("decision", "approve"))).Text, StringComparison.Ordinal);
        var got = (await PollAsync(client, asked)).Ok();
        var session = await server.Operator.GetSessionAsync(got.Text("session")!).OrThrow();
        Assert.Equal((client.User, $"user:{client.User}@{client.Tenant}", "send the <report>"), (session.User, session.ApprovedBy, session.Purpose));
        Assert.Equal("https://mail.example", (await client.Client.IntrospectAsync(got.Token)).Text("aud"));
        (await client.RefreshAsync(got.Text("refresh_token")!)).Ok();
        (await PollAsync(client, asked)).Refused("invalid_grant");
        Assert.Contains("Nothing waits for you", (await browser.GetAsync(PageOf(client))).Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_no_is_told_and_stays_a_no()
    {
        var client = await CodeClient.MakeAsync(server);
        var asked = await AskAsync(client);
        using var browser = new Browser(server);
        var page = await browser.OpenAsync(PageOf(client), client.User, CodeClient.Password);
        Assert.Contains("Denied.", (await browser.SubmitAsync(page, "/approvals", ("decision", "deny"))).Text, StringComparison.Ordinal);
        (await PollAsync(client, asked)).Refused("access_denied");
        Assert.Equal(403, (await browser.SubmitAsync(page, "/approvals", ("decision", "approve"))).Status);
        (await PollAsync(client, asked)).Refused("access_denied");
    }

    [Fact]
    [Trait("Invariant", "B1")]
    public async Task One_agent_has_five_places_of_a_users_and_each_no_frees_one_at_once()
    {
        var client = await CodeClient.MakeAsync(server);
        var other = await CodeClient.MakeForAsync(server, client.Tenant, client.User);
        for (var i = 0; i < 5; i++)
        {
            await AskAsync(client);
        }
        (await SendAsync(client)).Refused("temporarily_unavailable", 503);
        using var browser = new Browser(server);
        var page = await browser.OpenAsync(PageOf(client), client.User, CodeClient.Password);
        Assert.Contains("Denied.", (await browser.SubmitAsync(page, "/approvals", ("decision", "deny"))).Text, StringComparison.Ordinal);
        await AskAsync(client);
        (await SendAsync(client)).Refused("temporarily_unavailable", 503);

        // By whatever way one ends: an administrator's no frees a place, too.
        var agent = new NodeDto("agent", client.Tenant, client.Client.Id);
        var waits = (await server.Operator.ListSessionsAsync(new SessionQuery(agent, "requested")).OrThrow()).Items[0];
        await server.Operator.DenySessionAsync(waits.Id, new DenySession("no")).OrThrow();
        await AskAsync(client);
        (await SendAsync(client)).Refused("temporarily_unavailable", 503);
        await AskAsync(other);
    }

    [Fact]
    [Trait("Invariant", "B1")]
    public async Task A_request_waits_for_an_hour_at_most_and_what_is_over_is_kept_for_so_many()
    {
        var client = await CodeClient.MakeAsync(server);
        Assert.Equal(3_600, (await AskAsync(client, ("requested_expiry", "2147483647"))).Body.GetProperty("expires_in").GetInt32());
        for (var i = 1; i < 20; i++)
        {
            await AskAsync(client, ("requested_expiry", "1"));
            server.Time.Advance(TimeSpan.FromSeconds(1));
        }
        (await SendAsync(client, ("requested_expiry", "1"))).Refused("temporarily_unavailable", 503);
        server.Time.Advance(TimeSpan.FromMinutes(11));
        (await SendAsync(client, ("requested_expiry", "1"))).Ok();
    }

    [Fact]
    public async Task Who_asks_too_often_is_told_to_slow_down_by_five_seconds_more_each_time()
    {
        var client = await CodeClient.MakeAsync(server);
        var asked = await AskAsync(client);
        (await PollAsync(client, asked)).Refused("authorization_pending");
        server.Time.Advance(TimeSpan.FromSeconds(4));
        (await PollAsync(client, asked)).Refused("slow_down");
        server.Time.Advance(TimeSpan.FromSeconds(6));
        (await PollAsync(client, asked)).Refused("slow_down");
        server.Time.Advance(TimeSpan.FromSeconds(16));
        (await PollAsync(client, asked)).Refused("authorization_pending");
    }

    [Fact]
    public async Task What_nobody_answers_in_time_expires_and_cannot_be_said_yes_to()
    {
        var client = await CodeClient.MakeAsync(server);
        var asked = await AskAsync(client, ("requested_expiry", "30"));
        using var browser = new Browser(server);
        var page = await browser.OpenAsync(PageOf(client), client.User, CodeClient.Password);
        server.Time.Advance(TimeSpan.FromSeconds(31));
        Assert.Equal(403, (await browser.SubmitAsync(page, "/approvals", ("decision", "approve"))).Status);
        Assert.Contains("Nothing waits for you", (await browser.GetAsync(PageOf(client))).Text, StringComparison.Ordinal);
        (await PollAsync(client, asked)).Refused("expired_token");
        (await PollAsync(client, asked)).Refused("access_denied");
    }

    [Fact]
    [Trait("Invariant", "T1")]
    public async Task A_request_is_its_clients_and_its_users_alone()
    {
        var client = await CodeClient.MakeAsync(server, kind: "shared");
        var sibling = await CodeClient.MakeForAsync(server, client.Tenant, client.User);
        var stranger = await CodeClient.MakeAsync(server);
        var other = await CodeClient.MakeAsync(server, client.Tenant);
        var asked = await AskAsync(client);
        (await PollAsync(sibling, asked)).Refused("invalid_grant");
        (await PollAsync(stranger, asked)).Refused("invalid_grant");

        using var mine = new Browser(server);
        using var theirs = new Browser(server);
        var page = await mine.OpenAsync(PageOf(client), client.User, CodeClient.Password);
        var empty = await theirs.OpenAsync(PageOf(other), other.User, CodeClient.Password);
        Assert.Contains("Nothing waits for you", empty.Text, StringComparison.Ordinal);
        var form = page.Form("/approvals");
        form["decision"] = "approve";
        Assert.Equal(403, (await theirs.PostAsync(page.Action("/approvals"), form)).Status);
        foreach (var (name, value) in (IEnumerable<(string, string?)>)[("csrf", null), ("csrf", "x"), ("request", new string('0', 32)), ("request", null), ("decision", "perhaps")])
        {
            Assert.Equal(403, (await mine.SubmitAsync(page, "/approvals", [("decision", "approve"), (name, value)])).Status);
        }
        Assert.Equal(403, (await mine.PostAsync(page.Action("/approvals"), form, ("Origin", "https://evil.example"))).Status);
        (await PollAsync(client, asked)).Refused("authorization_pending");

        // The engine holds it too, whatever a page does: another user's yes is none.
        var session = (await server.Operator.ListSessionsAsync(new SessionQuery(new NodeDto("agent", client.Tenant, client.Client.Id), "requested")).OrThrow()).Items.Single();
        var refused = await server.As(new Caller(Role.User, client.Tenant, other.User)).ApproveSessionAsync(session.Id, new ApproveSession());
        Assert.Equal("node.not_found", refused.Rejection?.Code);
    }

    [Fact]
    [Trait("Invariant", "S1")]
    public async Task Where_an_approval_is_asked_for_a_user_who_may_not_approve_leaves_it_to_who_may()
    {
        var client = await CodeClient.MakeAsync(server, requireApproval: true);
        var asked = await AskAsync(client);
        using var browser = new Browser(server);
        var page = await browser.OpenAsync(PageOf(client), client.User, CodeClient.Password);
        Assert.Contains("Not done", (await browser.SubmitAsync(page, "/approvals", ("decision", "approve"))).Text, StringComparison.Ordinal);
        (await PollAsync(client, asked)).Refused("authorization_pending");
        var session = (await server.Operator.ListSessionsAsync(new SessionQuery(new NodeDto("agent", client.Tenant, client.Client.Id), "requested")).OrThrow()).Items.Single();
        await server.As(new Caller(Role.Approver, client.Tenant, "jane")).ApproveSessionAsync(session.Id, new ApproveSession()).OrThrow();
        Assert.Equal(session.Id, (await PollAsync(client, asked)).Ok().Text("session"));
    }

    [Fact]
    [Trait("Invariant", "R1")]
    public async Task A_user_or_a_session_that_ends_while_it_waits_gives_nothing()
    {
        var client = await CodeClient.MakeAsync(server);
        var asked = await AskAsync(client);
        using var browser = new Browser(server);
        var page = await browser.OpenAsync(PageOf(client), client.User, CodeClient.Password);
        await server.Operator.RevokeAsync(new RevokeRequest(new NodeDto("agent", client.Tenant, client.Client.Id), Mode: "generation", Reason: "again")).OrThrow();
        Assert.DoesNotContain("Approved.", (await browser.SubmitAsync(page, "/approvals", ("decision", "approve"))).Text, StringComparison.Ordinal);
        (await PollAsync(client, asked)).Refused("access_denied");
        await server.Operator.OffboardUserAsync(client.Tenant, client.User, new EndNode("left")).OrThrow();
        (await SendAsync(await CodeClient.MakeAsync(server, client.Tenant, "shared"), ("login_hint", client.User))).Refused("unknown_user_id");
    }

    [Theory]
    [InlineData("login_hint", null, "invalid_request")]
    [InlineData("login_hint", "nobody", "unknown_user_id")]
    [InlineData("login_hint", "../x", "unknown_user_id")]
    [InlineData("id_token_hint", "x", "invalid_request")]
    [InlineData("login_hint_token", "x", "invalid_request")]
    [InlineData("user_code", "x", "invalid_request")]
    [InlineData("client_notification_token", "x", "invalid_request")]
    [InlineData("request", "x", "invalid_request")]
    [InlineData("requested_expiry", "0", "invalid_request")]
    [InlineData("requested_expiry", "soon", "invalid_request")]
    [InlineData("binding_message", "a\u202eb", "invalid_binding_message")]
    [InlineData("scope", "bank", "invalid_scope")]
    [InlineData("session", "x", "invalid_request")]
    public async Task What_is_wrong_is_told_at_once(string name, string? value, string error)
    {
        var client = await CodeClient.MakeAsync(server);
        (string, string?)[] fields = name == "session" ? [(name, value), ("purpose", null)] : [(name, value)];
        (await SendAsync(client, fields)).Refused(error);
        Assert.Empty((await server.Operator.ListSessionsAsync(new SessionQuery(new NodeDto("agent", client.Tenant, client.Client.Id))).OrThrow()).Items);
    }

    [Fact]
    [Trait("Invariant", "B1")]
    public async Task A_user_is_not_asked_without_end_and_an_agent_asks_its_own()
    {
        var client = await CodeClient.MakeAsync(server, kind: "shared");
        var beside = await CodeClient.MakeForAsync(server, client.Tenant, client.User, "shared");
        for (var i = 0; i < 5; i++)
        {
            await AskAsync(client);
            await AskAsync(beside);
        }

        // Half of the places are taken: of the others each agent has one, so that a few do not keep the user's own away.
        for (var taken = 10; taken < 19; taken++)
        {
            beside = await CodeClient.MakeForAsync(server, client.Tenant, client.User, "shared");
            await AskAsync(beside);
            (await SendAsync(beside)).Refused("temporarily_unavailable", 503);
        }
        await AskAsync(await CodeClient.MakeForAsync(server, client.Tenant, client.User));
        (await SendAsync(await CodeClient.MakeForAsync(server, client.Tenant, client.User, "shared"))).Refused("temporarily_unavailable", 503);
        var personal = await CodeClient.MakeAsync(server, client.Tenant);
        (await SendAsync(personal, ("login_hint", client.User))).Refused("temporarily_unavailable", 503);
        var other = await CodeClient.MakeAsync(server, client.Tenant);
        (await SendAsync(personal, ("login_hint", other.User))).Refused("access_denied");
    }

    private static string PageOf(CodeClient client) => $"/tenants/{client.Tenant}/oauth/approvals";

    private async Task<OAuthReply> AskAsync(CodeClient client, params (string Name, string? Value)[] fields) => (await SendAsync(client, fields)).Ok();

    private Task<OAuthReply> SendAsync(CodeClient client, params (string Name, string? Value)[] fields)
    {
        var form = new Dictionary<string, string>(StringComparer.Ordinal) { ["login_hint"] = client.User, ["scope"] = "mail:send", ["purpose"] = "send the <report>" };
        foreach (var (name, value) in fields)
        {
            _ = value is null ? form.Remove(name) : (form[name] = value) is not null;
        }
        return server.PostAsync(client.Tenant, "bc-authorize", client.Client.BasicHeader, new FormUrlEncodedContent(form));
    }

    private Task<OAuthReply> PollAsync(CodeClient client, OAuthReply asked) => server.PostAsync(
        client.Tenant, "token", client.Client.BasicHeader, ("grant_type", "urn:openid:params:grant-type:ciba"), ("auth_req_id", asked.Text("auth_req_id")!));
}
