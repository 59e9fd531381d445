using System.Text;
using Fabric.Client;
using Fabric.Contracts;
using Fabric.Contracts.Agents;
using Fabric.Contracts.Common;
using Fabric.Contracts.Revocations;
using Fabric.Contracts.Sessions;
using Fabric.Contracts.Users;
using Fabric.Core.Common;
using Fabric.Engine;
using Fabric.Silo.OAuth;
using Fabric.Silo.OAuth.Authorize;

namespace Fabric.Silo.Tests.OAuth;

/// <summary>From a user's yes to a session, and all that must not become one (RFC 6749 section 4.1, RFC 7636, RFC 9207, RFC 9700).</summary>
public sealed class AuthorizationCodeTests(OAuthServer server) : IClassFixture<OAuthServer>
{
    [Fact]
    public async Task A_yes_becomes_a_session_of_the_agent_for_the_user_approved_by_the_user()
    {
        var client = await CodeClient.MakeAsync(server, kind: "shared");
        using var browser = new Browser(server);
        var answer = await client.ApproveAsync(browser, ("resource", "https://mail.example/api"), ("session_lifetime", "600"));
        Assert.Equal((303, "s t&a=te", client.Client.Issuer), (answer.Status, answer["state"], answer["iss"]));
        Assert.StartsWith(CodeClient.Redirect + "?code=", answer.Location, StringComparison.Ordinal);
        var got = (await client.RedeemAsync(answer["code"]!)).Ok();
        Assert.Equal(("Bearer", "mail:send"), (got.Text("token_type"), got.Text("scope")));
        Assert.StartsWith("fr.", got.Text("refresh_token"), StringComparison.Ordinal);
        var session = await server.Operator.GetSessionAsync(got.Text("session")!).OrThrow();
        Assert.Equal(
            (client.User, client.Client.Id, "send the <report>", $"agent:{client.Client.Id}@{client.Tenant}", $"user:{client.User}@{client.Tenant}", "active"),
            (session.User, session.Agent, session.Purpose, session.RequestedBy, session.ApprovedBy, session.Status));
        Assert.InRange((session.ExpiresAt - server.Time.GetUtcNow()).TotalSeconds, 590, 600);
        var said = (await client.Client.IntrospectAsync(got.Token)).Ok();
        Assert.Equal((client.User, "https://mail.example/api", session.Id), (said.Text("sub"), said.Text("aud"), said.Text("sid")));
        await server.Operator.OffboardUserAsync(client.Tenant, client.User, new EndNode("left")).OrThrow();
        Assert.False(await client.IsLiveAsync(got.Token));
    }

    [Fact]
    public async Task Authorization_details_keep_their_constraints_and_take_over_the_agents()
    {
        var client = await CodeClient.MakeAsync(server);
        var code = await client.CodeAsync(("scope", null), ("authorization_details", """[{"type":"tool_call","tool":"files","action":"read","read_only":true}]"""));
        var got = (await client.RedeemAsync(code)).Ok();
        var detail = got.Body.GetProperty("authorization_details")[0];
        Assert.Equal(("read", true, 50), (detail.GetProperty("action").GetString(), detail.GetProperty("read_only").GetBoolean(), detail.GetProperty("max_calls").GetInt64()));
    }

    [Fact]
    public async Task A_code_that_is_shown_again_ends_the_session_that_it_gave()
    {
        var client = await CodeClient.MakeAsync(server);
        var code = await client.CodeAsync();
        var got = (await client.RedeemAsync(code)).Ok();
        Assert.True(await client.IsLiveAsync(got.Token));
        (await client.RedeemAsync(code)).Refused("invalid_grant");
        Assert.False(await client.IsLiveAsync(got.Token));
        (await client.RefreshAsync(got.Text("refresh_token")!)).Refused("invalid_grant");
    }

    [Fact]
    public async Task Of_many_who_show_a_code_at_once_none_keeps_a_session()
    {
        var client = await CodeClient.MakeAsync(server);
        var code = await client.CodeAsync();
        var all = await Task.WhenAll(Enumerable.Range(0, 6).Select(_ => client.RedeemAsync(code)));
        Assert.InRange(all.Count(reply => reply.Status == 200), 0, 1);
        (await client.RedeemAsync(code)).Refused("invalid_grant");
        foreach (var reply in all.Where(reply => reply.Status == 200))
        {
            Assert.False(await client.IsLiveAsync(reply.Token));
        }
        var left = await server.Operator.ListSessionsAsync(new SessionQuery(new NodeDto("agent", client.Tenant, client.Client.Id))).OrThrow();
        Assert.Empty(left.Items);
    }

    [Theory]
    [InlineData("code_verifier", "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXl")]
    [InlineData("redirect_uri", "https://app.example/cb/")]
    [InlineData("redirect_uri", "https://app.example/other?x=1")]
    public async Task A_wrong_verifier_or_redirect_uri_uses_the_code_up(string name, string value)
    {
        var client = await CodeClient.MakeAsync(server);
        var code = await client.CodeAsync();
        (await client.RedeemAsync(code, (name, value))).Refused("invalid_grant");
        (await client.RedeemAsync(code)).Refused("invalid_grant");
    }

    [Theory]
    [InlineData("code", null)]
    [InlineData("redirect_uri", null)]
    [InlineData("code_verifier", null)]
    [InlineData("code_verifier", "short")]
    [InlineData("code_verifier", "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjX%")]
    [InlineData("scope", "mail")]
    [InlineData("purpose", "another")]
    [InlineData("session_lifetime", "7")]
    public async Task A_form_that_is_not_whole_leaves_the_code_as_it_was(string name, string? value)
    {
        var client = await CodeClient.MakeAsync(server);
        var code = await client.CodeAsync();
        (await client.RedeemAsync(code, (name, value))).Refused("invalid_request");
        (await client.RedeemAsync(code)).Ok();
    }

    [Fact]
    public async Task The_challenge_itself_is_no_verifier()
    {
        var client = await CodeClient.MakeAsync(server);
        (await client.RedeemAsync(await client.CodeAsync(), ("code_verifier", CodeClient.Challenge))).Refused("invalid_grant");
    }

    [Fact]
    [Trait("Invariant", "T1")]
    public async Task A_code_is_its_clients_and_its_tenants_alone()
    {
        var client = await CodeClient.MakeAsync(server);
        var sibling = await CodeClient.MakeForAsync(server, client.Tenant, client.User);
        var stranger = await CodeClient.MakeAsync(server);
        var code = await client.CodeAsync();
        (await sibling.RedeemAsync(code)).Refused("invalid_grant");
        (await stranger.RedeemAsync(code)).Refused("invalid_grant");
        (await server.PostAsync(stranger.Tenant, "token", client.Client.BasicHeader, ("grant_type", "authorization_code"), ("code", code))).Refused("invalid_client", 401);
        (await client.RedeemAsync(code)).Ok();
        (await client.RedeemAsync("x")).Refused("invalid_grant");
    }

    [Fact]
    public async Task A_code_lives_for_a_minute()
    {
        var client = await CodeClient.MakeAsync(server);
        var (early, late) = (await client.CodeAsync(), await client.CodeAsync());
        server.Time.Advance(TimeSpan.FromSeconds(50));
        (await client.RedeemAsync(early)).Ok();
        server.Time.Advance(TimeSpan.FromSeconds(11));
        (await client.RedeemAsync(late)).Refused("invalid_grant");
    }

    [Fact]
    public async Task A_code_with_a_key_is_redeemed_by_who_proves_that_key()
    {
        var client = await CodeClient.MakeAsync(server);
        using var key = new SigningClient();
        using var other = new SigningClient();
        var nonce = (await CodeClient.RedeemAsync(client.Client, "x", [("DPoP", key.Proof(client.Client, null))])).Nonce!;
        (await client.RedeemAsync(await client.CodeAsync(("dpop_jkt", key.Thumbprint)))).Refused("invalid_grant");
        (await CodeClient.RedeemAsync(client.Client, await client.CodeAsync(("dpop_jkt", key.Thumbprint)), [("DPoP", other.Proof(client.Client, nonce))])).Refused("invalid_grant");
        var code = await client.CodeAsync(("dpop_jkt", key.Thumbprint));
        (await CodeClient.RedeemAsync(client.Client, code, [("DPoP", key.Proof(client.Client, null))])).Refused("use_dpop_nonce");
        var got = (await CodeClient.RedeemAsync(client.Client, code, [("DPoP", key.Proof(client.Client, nonce))])).Ok();
        Assert.Equal("DPoP", got.Text("token_type"));
    }

    [Theory]
    [InlineData("user")]
    [InlineData("agent")]
    [Trait("Invariant", "R1")]
    public async Task A_session_that_is_opened_while_its_user_or_agent_is_revoked_ends(string kind)
    {
        var client = await CodeClient.MakeAsync(server);
        var code = await client.CodeAsync();
        var (caller, sessions) = (new Caller(Role.Agent, client.Tenant, client.Client.Id), new List<string>());
        await using var engine = new RelayedEngine(server.Engine);
        engine.Instead = method => method == nameof(IFabric.OpenSessionAsync) ? (object)new ValueTask<Outcome<SessionInfo>>(LaterAsync()) : null;
        var grant = new AuthorizationCodeGrant(engine, new OAuthNotes(server.Engine.Notes), new SessionEnds(server.Engine), server.Time);
        var form = Form.Parse(Encoding.ASCII.GetBytes($"code={code}&redirect_uri={Uri.EscapeDataString(CodeClient.Redirect)}&code_verifier={CodeClient.Verifier}")).OrThrow();
        var redeemed = await grant.RedeemAsync(caller, new GrantRequest(), form, null, CancellationToken.None);
        Assert.Equal(OAuthErrors.InvalidGrant, redeemed.Rejection?.Code);
        Assert.Equal("revoked", (await server.Operator.GetSessionAsync(Assert.Single(sessions)).OrThrow()).Status);

        async Task<Outcome<SessionInfo>> LaterAsync()
        {
            await server.Operator.RevokeAsync(new RevokeRequest(new NodeDto(kind, client.Tenant, kind == "user" ? client.User : client.Client.Id), Mode: "generation", Reason: "again")).OrThrow();
            var opened = await server.Engine.As(caller).OpenSessionAsync(
                client.Tenant, new OpenSession(client.Client.Id, "late", [new ScopeDto("mail", "send")], client.User, 60, RequireApproval: true)).OrThrow();
            sessions.Add(opened.Id);
            return opened;
        }
    }

    [Fact]
    [Trait("Invariant", "R1")]
    public async Task What_is_revoked_or_locked_between_the_yes_and_the_code_gives_nothing()
    {
        var user = await CodeClient.MakeAsync(server);
        var code = await user.CodeAsync();
        await server.Operator.RevokeAsync(new RevokeRequest(new NodeDto("user", user.Tenant, user.User), Mode: "generation", Reason: "again")).OrThrow();
        (await user.RedeemAsync(code)).Refused("invalid_grant");

        var agent = await CodeClient.MakeAsync(server);
        code = await agent.CodeAsync();
        await server.Operator.RevokeAsync(new RevokeRequest(new NodeDto("agent", agent.Tenant, agent.Client.Id), Mode: "generation", Reason: "again")).OrThrow();
        (await agent.RedeemAsync(code)).Refused("invalid_grant");

        var locked = await CodeClient.MakeAsync(server);
        code = await locked.CodeAsync();
        await server.Operator.LockAsync(new LockRequest(new NodeDto("user", locked.Tenant, locked.User), "look", server.Time.GetUtcNow().AddHours(1))).OrThrow();
        (await locked.RedeemAsync(code)).Refused("invalid_grant");

        var gone = await CodeClient.MakeAsync(server);
        code = await gone.CodeAsync();
        await server.Operator.RetireAgentAsync(gone.Tenant, gone.Client.Id, new EndNode("old")).OrThrow();
        (await gone.RedeemAsync(code)).Refused("invalid_client", 401);
    }

    [Fact]
    [Trait("Invariant", "S1")]
    public async Task Where_an_approval_is_asked_for_a_users_yes_is_one_when_an_administrator_has_said_so()
    {
        var strict = await CodeClient.MakeAsync(server, requireApproval: true);
        using (var browser = new Browser(server))
        {
            var answer = await browser.OpenAsync(strict.Path(), strict.User, CodeClient.Password);
            Assert.Equal(("access_denied", strict.Client.Issuer), (answer["error"], answer["iss"]));
        }
        var trusted = await CodeClient.MakeAsync(server, requireApproval: true, approves: true);
        (await trusted.RedeemAsync(await trusted.CodeAsync())).Ok();

        // Who has made the agent's secret and the user's password could have said yes to itself.
        var admin = server.As(new Caller(Role.TenantAdmin, trusted.Tenant, "ada"));
        await admin.SetUserSignInAsync(trusted.Tenant, trusted.User, new SetUserSignIn(CodeClient.Password, true)).OrThrow();
        await admin.RotateAgentSecretAsync(trusted.Tenant, trusted.Client.Id).OrThrow();
        var secret = (await server.Operator.RotateAgentSecretAsync(trusted.Tenant, trusted.Client.Id).OrThrow()).Secret;
        var again = trusted with { Client = trusted.Client with { Secret = secret } };
        (await again.RedeemAsync(await again.CodeAsync())).Refused("invalid_grant");
    }

    [Fact]
    [Trait("Invariant", "S3")]
    public async Task A_ceiling_a_review_and_a_lock_hold_for_sessions_that_a_user_said_yes_to()
    {
        var client = await CodeClient.MakeAsync(server, kind: "shared");
        using var browser = new Browser(server);
        Assert.Equal("invalid_scope", (await browser.GetAsync(client.Path(("scope", "bank"))))["error"]);
        var code = await client.CodeAsync(("session_lifetime", "9000000"));
        var session = await server.Operator.GetSessionAsync((await client.RedeemAsync(code)).Ok().Text("session")!).OrThrow();
        Assert.True(session.ExpiresAt <= server.Time.GetUtcNow().AddDays(30));
        await server.Operator.SuspendAgentAsync(client.Tenant, client.Client.Id, new SuspendAgent("look")).OrThrow();
        var refused = await browser.GetAsync(client.Path());
        Assert.Equal((400, null), (refused.Status, refused.Location));
    }
}
