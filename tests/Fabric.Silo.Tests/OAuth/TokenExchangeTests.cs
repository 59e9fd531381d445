using Fabric.Client;
using Fabric.Contracts.Agents;
using Fabric.Contracts.Common;
using Fabric.Contracts.Sessions;
using Fabric.Contracts.Trust;
using Fabric.Contracts.Users;

namespace Fabric.Silo.Tests.OAuth;

/// <summary>Token exchange (RFC 8693): a credential that was handed over becomes a session of the agent that shows it.</summary>
public sealed class TokenExchangeTests(OAuthServer server) : IClassFixture<OAuthServer>
{
    private const string AccessToken = "urn:ietf:params:oauth:token-type:access_token";

    [Fact]
    public async Task A_credential_that_was_handed_over_gives_a_narrower_token_that_tells_who_acts_for_whom()
    {
        var planner = await server.AgentAsync();
        var (worker, helper) = (await server.AgentAsync(planner.Tenant), await server.AgentAsync(planner.Tenant));
        var handed = (await planner.TokenAsync(("scope", "mail files:read"), ("session_lifetime", "3600"))).Ok();
        var first = (await worker.ExchangeAsync(handed.Token, ("scope", "mail:send"), ("purpose", "a part of it"))).Ok();
        Assert.Equal((AccessToken, "Bearer", "mail:send"), (first.Text("issued_token_type"), first.Text("token_type"), first.Text("scope")));
        Assert.True(first.Body.GetProperty("expires_in").GetInt64() <= handed.Body.GetProperty("expires_in").GetInt64());
        var second = (await helper.ExchangeAsync(first.Token, ("subject_token_type", "urn:ietf:params:oauth:token-type:jwt"))).Status;
        Assert.Equal(400, second);
        var third = (await helper.ExchangeAsync(first.Token, ("requested_token_type", AccessToken), ("resource", "https://mail.example"))).Ok();

        var body = (await helper.IntrospectAsync(third.Token)).Ok().Body;
        var act = body.GetProperty("act");
        Assert.Equal((helper.Id, worker.Id, planner.Id), (
            act.GetProperty("sub").GetString(), act.GetProperty("act").GetProperty("sub").GetString(), act.GetProperty("act").GetProperty("act").GetProperty("sub").GetString()));
        Assert.Equal((helper.Id, "https://mail.example", "mail:send"), (body.GetProperty("client_id").GetString(), body.GetProperty("aud").GetString(), body.GetProperty("scope").GetString()));
        var session = await server.Operator.GetSessionAsync(first.Text("session")!).OrThrow();
        Assert.Equal((handed.Text("session"), "a part of it", $"agent:{planner.Id}@{planner.Tenant}"), (session.DelegatedFrom, session.Purpose, session.RequestedBy));
    }

    [Fact]
    [Trait("Invariant", "R1")]
    public async Task What_came_of_a_credential_dies_with_it_and_not_with_its_sibling()
    {
        var planner = await server.AgentAsync();
        var worker = await server.AgentAsync(planner.Tenant);
        var handed = (await planner.TokenAsync(("session_lifetime", "3600"))).Ok();
        var kept = (await planner.TokenAsync(("session", handed.Text("session")!))).Ok();
        var got = (await worker.ExchangeAsync(handed.Token)).Ok();
        await planner.RevokeAsync(kept.Token);
        Assert.True((await worker.IntrospectAsync(got.Token)).Body.GetProperty("active").GetBoolean());
        await planner.RevokeAsync(handed.Token);
        Assert.False((await worker.IntrospectAsync(got.Token)).Body.GetProperty("active").GetBoolean());
        (await worker.ExchangeAsync(handed.Token)).Refused("invalid_request");
        (await worker.TokenAsync(("session", got.Text("session")!))).Refused("invalid_grant");
    }

    [Fact]
    [Trait("Invariant", "S2")]
    public async Task What_came_of_a_credential_ends_with_it_however_long_was_asked_for()
    {
        var planner = await server.AgentAsync();
        var worker = await server.AgentAsync(planner.Tenant);
        var handed = (await planner.TokenAsync()).Ok();
        server.Time.Advance(TimeSpan.FromMinutes(10));
        var got = (await worker.ExchangeAsync(handed.Token, ("session_lifetime", "86400"))).Ok();
        Assert.InRange(got.Body.GetProperty("expires_in").GetInt64(), 1, 300);
        server.Time.Advance(TimeSpan.FromMinutes(5));
        (await worker.ExchangeAsync(handed.Token)).Refused("invalid_request");
        (await worker.TokenAsync(("session", got.Text("session")!))).Refused("invalid_grant");
    }

    [Fact]
    [Trait("Invariant", "S3")]
    public async Task An_exchange_never_widens()
    {
        var planner = await server.AgentAsync();
        var worker = await server.AgentAsync(planner.Tenant);
        var handed = (await planner.TokenAsync(("scope", "mail:send"))).Token;
        (await worker.ExchangeAsync(handed, ("scope", "mail"))).Refused("invalid_scope");
        (await worker.ExchangeAsync(handed, ("scope", "files"))).Refused("invalid_scope");
        (await worker.ExchangeAsync(handed, ("authorization_details", "[{\"type\":\"tool_call\",\"tool\":\"files\"}]"))).Refused("invalid_authorization_details");

        // A credential that is narrower than its session hands on no more than itself.
        var session = (await planner.TokenAsync(("session_lifetime", "600"))).Text("session")!;
        var narrow = (await planner.TokenAsync(("session", session), ("scope", "mail:send"))).Token;
        (await worker.ExchangeAsync(narrow, ("scope", "files"))).Refused("invalid_scope");
        Assert.Equal("mail:send", (await worker.ExchangeAsync(narrow)).Ok().Text("scope"));
    }

    [Fact]
    public async Task What_is_not_a_credential_that_stands_gives_nothing()
    {
        var planner = await server.AgentAsync();
        var worker = await server.AgentAsync(planner.Tenant);
        var handed = (await planner.TokenAsync()).Token;
        foreach (var token in (string[])["x", "a.b.c", handed + "x", planner.Secret, new string('a', 20_000), SomebodysToken()])
        {
            (await worker.ExchangeAsync(token)).Refused("invalid_request");
        }
        (await worker.ExchangeAsync(handed, ("actor_token", handed), ("actor_token_type", AccessToken))).Refused("invalid_request");
        (await worker.ExchangeAsync(handed, ("requested_token_type", "urn:ietf:params:oauth:token-type:id_token"))).Refused("invalid_request");
        (await worker.ExchangeAsync(handed, ("session", new string('0', 32)))).Refused("invalid_request");
        (await planner.ExchangeAsync(handed)).Refused("invalid_request");
        string[] types = ["", "urn:ietf:params:oauth:token-type:id_token", "urn:ietf:params:oauth:token-type:saml2"];
        foreach (var type in types)
        {
            (await server.PostAsync(
                worker.Tenant, "token", worker.BasicHeader, ("grant_type", "urn:ietf:params:oauth:grant-type:token-exchange"), ("subject_token", handed), ("subject_token_type", type)))
                .Refused("invalid_request");
        }
    }

    [Fact]
    [Trait("Invariant", "T1")]
    public async Task Across_tenants_an_exchange_needs_a_trust_grant_that_both_agreed_to()
    {
        var (planner, partner) = (await server.AgentAsync(), await server.AgentAsync());
        var handed = (await planner.TokenAsync(("scope", "mail:send"))).Token;
        (await partner.ExchangeAsync(handed)).Refused("invalid_request");
        var trust = await server.Operator.ProposeTrustAsync(
            planner.Tenant, new ProposeTrust(partner.Tenant, [new ScopeDto("mail")], server.Time.GetUtcNow().AddDays(1))).OrThrow();
        (await partner.ExchangeAsync(handed)).Refused("invalid_request");
        await server.Operator.AcceptTrustAsync(partner.Tenant, trust.Id).OrThrow();
        var got = (await partner.ExchangeAsync(handed)).Ok();
        var body = (await partner.IntrospectAsync(got.Token)).Ok().Body;
        Assert.Equal((partner.Issuer, planner.Tenant), (body.GetProperty("iss").GetString(), body.GetProperty("act").GetProperty("act").GetProperty("tenant").GetString()));

        // The tenant that it comes from may look at it, too.
        var guard = $"Bearer {await server.KeyAsync("enforcement_point", planner.Tenant)}";
        Assert.True((await server.PostAsync(planner.Tenant, "introspect", guard, ("token", got.Token))).Body.GetProperty("active").GetBoolean());
        await planner.RevokeAsync(handed);
        Assert.False((await partner.IntrospectAsync(got.Token)).Body.GetProperty("active").GetBoolean());
    }

    [Fact]
    public async Task The_user_of_the_session_stays_the_subject_through_the_chain()
    {
        var tenant = await server.TenantAsync();
        await server.Operator.CreateUserAsync(tenant, new CreateUser("mia")).OrThrow();
        var made = await server.Operator.CreateAgentAsync(tenant, new CreateAgent("mia.assistant", "personal", [new ScopeDto("mail")], Owner: "mia")).OrThrow();
        var (assistant, worker) = (new AgentClient(server, tenant, "mia.assistant", made.Secret), await server.AgentAsync(tenant));
        var got = (await worker.ExchangeAsync((await assistant.TokenAsync()).Token)).Ok();
        var body = (await worker.IntrospectAsync(got.Token)).Body;
        Assert.Equal(("mia", worker.Id), (body.GetProperty("sub").GetString(), body.GetProperty("act").GetProperty("sub").GetString()));
        Assert.Equal("active", (await server.Operator.GetSessionAsync(got.Text("session")!).OrThrow()).Status);
    }

    [Fact]
    [Trait("Invariant", "S2")]
    public async Task What_needs_an_approval_is_not_got_by_an_exchange()
    {
        var planner = await server.AgentAsync();
        var careful = await server.AgentAsync(planner.Tenant, requireApproval: true);
        (await careful.ExchangeAsync((await planner.TokenAsync()).Token)).Refused("invalid_request");
        Assert.Empty((await server.Operator.ListSessionsAsync(new SessionQuery(new NodeDto("agent", careful.Tenant, careful.Id), "requested")).OrThrow()).Items);
    }

    private static string SomebodysToken()
    {
        using var key = new SigningClient();
        return key.Sign(new() { ["alg"] = "ES256", ["typ"] = "at+jwt", ["kid"] = "k" }, new() { ["iss"] = "https://idp.example", ["sub"] = "mia" });
    }
}
