using System.Text.Json.Nodes;
using Fabric.Client;
using Fabric.Contracts.Issuers;
using Fabric.Contracts.Revocations;
using Fabric.Silo.Federation;
using Fabric.Silo.OAuth;
using Fabric.Silo.Tests.OAuth;

namespace Fabric.Silo.Tests.Federation;

public sealed class WorkloadTests(FederatedServer federated) : IClassFixture<FederatedServer>
{
    private const string Subject = "repo:acme/app:environment:prod";
    private const string SpiffeId = "spiffe://acme.example/agents/bot";

    [Fact]
    public async Task A_workload_is_the_agent_that_its_subject_is_and_needs_no_secret()
    {
        var agent = await AgentAsync();
        var token = (await TokenAsync(agent, Assertion(agent))).Ok();
        Assert.Equal(agent.Id, (await agent.IntrospectAsync(token.Token)).Text("client_id"));
        (await TokenAsync(agent, Assertion(agent), ("client_id", agent.Id))).Ok();
        (await TokenAsync(agent, Assertion(agent), ("client_id", "another"))).Refused("invalid_client", 401);
    }

    [Fact]
    public async Task An_assertion_is_used_once_where_it_has_an_id_and_until_it_ends_where_it_has_none()
    {
        var agent = await AgentAsync();
        var once = Assertion(agent);
        (await TokenAsync(agent, once)).Ok();
        (await TokenAsync(agent, once)).Refused("invalid_client", 401);
        var many = await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => TokenAsync(agent, Assertion(agent, claims => claims["jti"] = "same"))));
        Assert.Single(many, reply => reply.Status == 200);

        var nameless = Assertion(agent, claims => claims.Remove("jti"));
        (await TokenAsync(agent, nameless)).Ok();
        (await TokenAsync(agent, nameless)).Ok();
        (await TokenAsync(agent, Assertion(agent, claims => claims.Remove("iat")))).Refused("invalid_client", 401);
    }

    [Fact]
    public async Task A_token_that_a_platform_gives_for_an_hour_may_be_shown_again_where_the_tenant_says_so()
    {
        var agent = await AgentAsync(reusable: true);
        var token = Assertion(agent);
        (await TokenAsync(agent, token)).Ok();
        (await TokenAsync(agent, token)).Ok();
    }

    [Theory]
    [InlineData("repo:acme/app:environment:staging")]
    [InlineData("repo:evil/app:environment:prod")]
    [InlineData("repo:acme/app:environment:prod/x")]
    [InlineData("repo:acme/app:environment:*")]
    public async Task Another_subject_is_nobody(string subject)
    {
        var agent = await AgentAsync();
        (await TokenAsync(agent, federated.Token(subject, agent.Issuer))).Refused("invalid_client", 401);
    }

    [Fact]
    public async Task A_token_for_another_or_for_others_too_proves_nothing()
    {
        var agent = await AgentAsync();
        foreach (var change in (Action<JsonObject>[])
        [
            claims => claims["aud"] = "https://github.com/acme",
            claims => claims["aud"] = agent.Issuer + "/",
            claims => claims["aud"] = agent.Issuer + "/oauth/token",
            claims => claims["aud"] = new JsonArray(agent.Issuer, "https://other.example"),
            claims => (claims["aud"], claims["azp"]) = (new JsonArray(agent.Issuer, "https://other.example"), agent.Issuer),
            claims => claims["iss"] = "https://other.example",
            claims => claims["exp"] = (long)claims["iat"]! - 10,
            claims => claims["iat"] = (long)claims["iat"]! + 60,
        ])
        {
            (await TokenAsync(agent, Assertion(agent, change))).Refused("invalid_client", 401);
        }
        (await TokenAsync(agent, Assertion(agent, claims => claims["aud"] = new JsonArray(agent.Issuer)))).Ok();
    }

    [Fact]
    public async Task An_agents_own_key_and_an_issuers_token_are_not_taken_for_each_other()
    {
        var agent = await AgentAsync();

        // Signed by the issuer, made as the agent would make it: the agent has no such key.
        (await TokenAsync(agent, Assertion(agent, claims => (claims["iss"], claims["sub"]) = (agent.Id, agent.Id)))).Refused("invalid_client", 401);
        using var key = new SigningClient();
        await federated.Server.Operator.SetAgentKeysAsync(agent.Tenant, agent.Id, new([key.KeyDto("k1")])).OrThrow();
        (await TokenAsync(agent, key.Assertion(agent))).Ok();
        (await TokenAsync(agent, key.Assertion(agent, claims => (claims["iss"], claims["sub"]) = (federated.Issuer.Url, Subject)))).Refused("invalid_client", 401);
        (await TokenAsync(agent, key.Assertion(agent), type: WorkloadAssertions.SpiffeType)).Refused("invalid_client", 401);
        (await TokenAsync(agent, Assertion(agent), type: WorkloadAssertions.SpiffeType)).Refused("invalid_client", 401);
        (await TokenAsync(agent, Assertion(agent), type: "urn:ietf:params:oauth:client-assertion-type:saml2-bearer")).Refused("invalid_request");
        (await TokenAsync(agent, Assertion(agent), ("client_secret", agent.Secret))).Refused("invalid_request");
    }

    [Theory]
    [InlineData(ClientAssertions.Type)]
    [InlineData(WorkloadAssertions.SpiffeType)]
    public async Task An_svid_authenticates_by_both_names(string type)
    {
        var agent = await federated.Server.AgentAsync();
        await federated.TrustAsync(agent.Tenant, new PutIssuer(
            "spiffe", "spiffe://acme.example", JwksUri: federated.Issuer.Url + "/keys", Subjects: [new SubjectRuleDto("spiffe://acme.example/agents/*", agent.Id)]));
        (await TokenAsync(agent, Svid(agent), type: type)).Ok();
        (await TokenAsync(agent, Svid(agent, claims => claims["sub"] = "spiffe://evil.example/agents/bot"), type: type)).Refused("invalid_client", 401);
        (await TokenAsync(agent, Svid(agent, claims => claims["sub"] = "spiffe://acme.example/agents/bot/x"), type: type)).Refused("invalid_client", 401);
        (await TokenAsync(agent, Svid(agent, claims => claims["aud"] = new JsonArray(agent.Issuer, "x")), type: type)).Refused("invalid_client", 401);
        (await TokenAsync(agent, Svid(agent, head: header => header.Remove("kid")), type: type)).Refused("invalid_client", 401);
    }

    [Fact]
    [Trait("Invariant", "T1")]
    public async Task Another_tenants_issuer_proves_nothing_here()
    {
        var (agent, other) = (await AgentAsync(), await federated.Server.AgentAsync());
        (await TokenAsync(other, federated.Token(Subject, other.Issuer))).Refused("invalid_client", 401);
        (await TokenAsync(other, federated.Token(Subject, agent.Issuer))).Refused("invalid_client", 401);
    }

    [Fact]
    [Trait("Invariant", "R1")]
    public async Task Who_is_retired_or_trusted_no_more_gets_nothing()
    {
        var agent = await AgentAsync();
        (await TokenAsync(agent, Assertion(agent))).Ok();
        await federated.Server.Operator.RemoveIssuerAsync(agent.Tenant, "i").OrThrow();
        (await TokenAsync(agent, Assertion(agent))).Refused("invalid_client", 401);

        var retired = await AgentAsync();
        await federated.Server.Operator.RetireAgentAsync(retired.Tenant, retired.Id, new EndNode("over")).OrThrow();
        (await TokenAsync(retired, Assertion(retired))).Refused("invalid_client", 401);
    }

    [Fact]
    public async Task Without_the_issuers_keys_nobody_gets_in_and_is_told_to_ask_again()
    {
        await using var down = await ForeignIssuer.StartAsync();
        down.Broken = context =>
        {
            context.Response.StatusCode = 503;
            return Task.CompletedTask;
        };
        var agent = await federated.Server.AgentAsync();
        await federated.TrustAsync(agent.Tenant, new PutIssuer("workload", down.Url, Subjects: [new SubjectRuleDto(Subject, agent.Id)]));
        (await TokenAsync(agent, down.Token(Subject, agent.Issuer, federated.Server.Time.GetUtcNow()))).Refused("temporarily_unavailable", 503);
        down.Broken = null;
        federated.Server.Time.Advance(KeySetEntry.RetryMax);
        (await TokenAsync(agent, down.Token(Subject, agent.Issuer, federated.Server.Time.GetUtcNow()))).Ok();
    }

    private async Task<AgentClient> AgentAsync(bool reusable = false)
    {
        var agent = await federated.Server.AgentAsync();
        await federated.TrustAsync(agent.Tenant, new PutIssuer(
            "workload", federated.Issuer.Url, Subjects: [new SubjectRuleDto("repo:acme/app:environment:prod", agent.Id)], Reusable: reusable));
        return agent;
    }

    private string Assertion(AgentClient agent, Action<JsonObject>? change = null) => federated.Token(Subject, agent.Issuer, change);

    private string Svid(AgentClient agent, Action<JsonObject>? change = null, Action<JsonObject>? head = null) => federated.Token(SpiffeId, agent.Issuer, claims =>
    {
        claims.Remove("iss");
        change?.Invoke(claims);
    }, head);

    private static Task<OAuthReply> TokenAsync(AgentClient agent, string assertion, (string Name, string Value) more = default, string type = ClientAssertions.Type) => agent.Server.PostAsync(
        agent.Tenant, "token", null,
        [("grant_type", "client_credentials"), ("client_assertion_type", type), ("client_assertion", assertion), .. more.Name is null ? ((string, string)[])[] : [more]]);
}
