using System.Text.Json.Nodes;
using Fabric.Client;
using Fabric.Contracts.Common;
using Fabric.Contracts.Issuers;
using Fabric.Contracts.Revocations;
using Fabric.Contracts.Tenants;
using Fabric.Contracts.Users;
using Fabric.Core.Common;
using Fabric.Silo.Federation;
using Fabric.Silo.Tests.OAuth;

namespace Fabric.Silo.Tests.Federation;

public sealed class UserTokenTests(FederatedServer federated) : IClassFixture<FederatedServer>
{
    private const string Audience = "fabric-client";
    private const string AccessToken = "urn:ietf:params:oauth:token-type:access_token";

    [Theory]
    [InlineData(UserTokenGrant.IdTokenType, "JWT")]
    [InlineData(AccessToken, "at+jwt")]
    [InlineData("urn:ietf:params:oauth:token-type:jwt", "JWT")]
    public async Task A_users_token_and_an_agent_are_a_session_on_behalf_of_the_user(string type, string typ)
    {
        var agent = await AgentAsync();
        var issued = (await ExchangeAsync(agent, federated.Token("mia", Audience, head: header => header["typ"] = typ), type, ("scope", "mail:send"))).Ok();
        var seen = await agent.IntrospectAsync(issued.Token);
        Assert.Equal((agent.Id, "mia", "mail:send", AccessToken), (seen.Text("client_id"), seen.Text("sub"), seen.Text("scope"), issued.Text("issued_token_type")));
    }

    [Fact]
    [Trait("Invariant", "S2")]
    public async Task The_session_ends_with_the_token_whatever_is_asked_for()
    {
        var agent = await AgentAsync();
        var ends = federated.Server.Now + 300;
        var issued = (await ExchangeAsync(agent, federated.Token("mia", Audience), more: ("session_lifetime", "86400"))).Ok();
        var session = await federated.Server.Operator.GetSessionAsync(issued.Text("session")!).OrThrow();
        Assert.InRange(session.ExpiresAt.ToUnixTimeSeconds(), ends - 1, ends);
        Assert.InRange(issued.Body.GetProperty("expires_in").GetInt64(), 1, 300);

        var shorter = (await ExchangeAsync(agent, federated.Token("mia", Audience), more: ("session_lifetime", "60"))).Ok();
        Assert.True((await federated.Server.Operator.GetSessionAsync(shorter.Text("session")!).OrThrow()).ExpiresAt.ToUnixTimeSeconds() <= federated.Server.Now + 60);

        // A moment before its end, on a clock that may be late by the skew.
        (await ExchangeAsync(agent, federated.Token("mia", Audience, claims => claims["exp"] = federated.Server.Now))).Refused("invalid_request");
    }

    [Fact]
    public async Task Who_may_act_is_as_the_token_says()
    {
        var agent = await AgentAsync();
        (await With(claims => claims["may_act"] = new JsonObject { ["sub"] = agent.Id })).Ok();
        (await With(claims => claims["may_act"] = new JsonObject { ["sub"] = agent.Id, ["iss"] = agent.Issuer })).Ok();
        foreach (var actor in new JsonNode?[] { new JsonObject { ["sub"] = "another" }, new JsonObject { ["sub"] = agent.Id, ["iss"] = "https://other.example" }, new JsonObject(), new JsonArray(), agent.Id, null })
        {
            (await With(claims => claims["may_act"] = actor?.DeepClone())).Refused("invalid_request");
        }
        (await With(claims => claims["act"] = new JsonObject { ["sub"] = agent.Id })).Refused("invalid_request");
        (await With(claims => claims["cnf"] = new JsonObject { ["jkt"] = new string('A', 43) })).Refused("invalid_request");
        (await With(claims => claims["cnf"] = new JsonObject { ["x5t#S256"] = "x" })).Refused("invalid_request");

        Task<OAuthReply> With(Action<JsonObject> change) => ExchangeAsync(agent, federated.Token("mia", Audience, change));
    }

    [Fact]
    public async Task A_token_that_is_bound_to_a_key_opens_where_the_key_is_proven()
    {
        var agent = await AgentAsync();
        using var key = new SigningClient();
        var token = federated.Token("mia", Audience, claims => claims["cnf"] = new JsonObject { ["jkt"] = key.Thumbprint });
        var first = await ExchangeAsync(agent, token, proof: key.Proof(agent, null));
        var issued = (await ExchangeAsync(agent, token, proof: key.Proof(agent, first.Nonce))).Ok();
        Assert.Equal("DPoP", issued.Text("token_type"));

        // RFC 7800: the session is bound to it as well, and gives nothing to who comes without it.
        (string, string)[] again = [("grant_type", "client_credentials"), ("session", issued.Text("session")!)];
        (await SendAsync(null)).Refused("invalid_grant");
        using var other = new SigningClient();
        (await SendAsync(other)).Refused("invalid_grant");
        Assert.Equal("DPoP", (await SendAsync(key)).Ok().Text("token_type"));

        // One that is bound to nothing opens one that is not either, whoever proves what.
        var open = (await ExchangeAsync(agent, federated.Token("mia", Audience), proof: key.Proof(agent, first.Nonce))).Ok();
        again[1] = ("session", open.Text("session")!);
        Assert.Equal("Bearer", (await SendAsync(null)).Ok().Text("token_type"));

        Task<OAuthReply> SendAsync(SigningClient? signer) => agent.Server.PostAsync(
            agent.Tenant, "token", agent.BasicHeader, OAuthServer.Form(again), signer is null ? [] : [("DPoP", signer.Proof(agent, first.Nonce))]);
    }

    [Fact]
    public async Task A_user_must_be_there_unless_the_issuers_users_are_registered_at_first_sight()
    {
        var agent = await AgentAsync();
        (await ExchangeAsync(agent, federated.Token("nobody", Audience))).Refused("invalid_request");
        await federated.TrustAsync(agent.Tenant, Users() with { CreateUsers = true });
        var many = await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => ExchangeAsync(agent, federated.Token("newcomer", Audience))));
        Assert.All(many, reply => reply.Ok());
        Assert.Equal("active", (await federated.Server.Operator.GetUserAsync(agent.Tenant, "newcomer").OrThrow()).Status);
        (await ExchangeAsync(agent, federated.Token("no id", Audience))).Refused("invalid_request");
        Assert.Equal(Codes.NotFound, (await federated.Server.Operator.GetUserAsync(agent.Tenant, "no id")).Rejection?.Code);
    }

    [Theory]
    [InlineData("email", false)]
    [InlineData("sub", true)]
    [Trait("Invariant", "S1")]
    public async Task Who_writes_an_address_in_capitals_is_no_new_user_beside_one_that_has_ended(string claim, bool isAnother)
    {
        var agent = await AgentAsync();
        await federated.TrustAsync(agent.Tenant, Users() with { CreateUsers = true, SubjectClaim = claim });
        (await ExchangeAsync(agent, Token("eve@acme.example"))).Ok();
        await federated.Server.Operator.OffboardUserAsync(agent.Tenant, "eve@acme.example", new EndNode("left")).OrThrow();
        (await ExchangeAsync(agent, Token("eve@acme.example"))).Refused("invalid_grant");
        var reply = await ExchangeAsync(agent, Token("Eve@ACME.example"));
        if (isAnother)
        {
            // Given by the issuer, and exact: somebody else.
            reply.Ok();
            return;
        }
        reply.Refused("invalid_request");
        Assert.Equal(Codes.NotFound, (await federated.Server.Operator.GetUserAsync(agent.Tenant, "Eve@ACME.example")).Rejection?.Code);

        string Token(string name) => federated.Token(name, Audience, claims => (claims["email"], claims["email_verified"]) = (name, true));
    }

    [Fact]
    [Trait("Invariant", "R1")]
    public async Task A_user_who_is_offboarded_or_locked_opens_nothing_and_is_not_registered_again()
    {
        var agent = await AgentAsync();
        await federated.TrustAsync(agent.Tenant, Users() with { CreateUsers = true });
        var node = new NodeDto("user", agent.Tenant, "mia");
        await federated.Server.Operator.LockAsync(new LockRequest(node, "look", Seconds: 600)).OrThrow();
        (await ExchangeAsync(agent, federated.Token("mia", Audience))).Refused("invalid_grant");
        await federated.Server.Operator.UnlockAsync(new UnlockRequest(node, "fine")).OrThrow();
        var issued = (await ExchangeAsync(agent, federated.Token("mia", Audience))).Ok();
        await federated.Server.Operator.OffboardUserAsync(agent.Tenant, "mia", new EndNode("left")).OrThrow();
        Assert.False((await agent.IntrospectAsync(issued.Token)).Body.GetProperty("active").GetBoolean());
        (await ExchangeAsync(agent, federated.Token("mia", Audience))).Refused("invalid_grant");
    }

    [Fact]
    public async Task An_agent_that_acts_for_nobody_or_waits_for_approvals_gets_no_session_of_a_token()
    {
        var tenant = (await AgentAsync()).Tenant;
        (await ExchangeAsync(await federated.Server.AgentAsync(tenant), federated.Token("mia", Audience))).Refused("invalid_request");
        (await ExchangeAsync(await federated.SharedAgentAsync(tenant, requireApproval: true), federated.Token("mia", Audience))).Refused("invalid_request");

        var careful = await AgentAsync();
        await federated.Server.Operator.UpdateTenantAsync(careful.Tenant, new UpdateTenant(RequireApproval: true)).OrThrow();
        (await ExchangeAsync(careful, federated.Token("mia", Audience))).Refused("invalid_request");
        var left = await federated.Server.Operator.ListSessionsAsync(new(new NodeDto("user", careful.Tenant, "mia"))).OrThrow();
        Assert.Empty(left.Items);
    }

    [Fact]
    [Trait("Invariant", "S3")]
    public async Task What_is_asked_for_lies_within_the_agents_ceiling()
    {
        var agent = await AgentAsync();
        (await ExchangeAsync(agent, federated.Token("mia", Audience), more: ("scope", "bank:pay"))).Refused("invalid_scope");
        Assert.Equal("mail files", (await ExchangeAsync(agent, federated.Token("mia", Audience))).Ok().Text("scope"));
    }

    [Fact]
    public async Task Tokens_of_other_kinds_are_no_tokens_of_users()
    {
        var agent = await AgentAsync();
        var own = (await ExchangeAsync(agent, federated.Token("mia", Audience))).Ok().Token;
        (await ExchangeAsync(agent, own, UserTokenGrant.IdTokenType)).Refused("invalid_request");
        (await ExchangeAsync(agent, federated.Token("mia", Audience, head: header => header["typ"] = "at+jwt"), UserTokenGrant.IdTokenType)).Refused("invalid_request");
        (await ExchangeAsync(agent, federated.Token("mia", Audience, head: header => header["typ"] = "secevent+jwt"))).Refused("invalid_request");
        (await ExchangeAsync(agent, federated.Token("mia", agent.Issuer))).Refused("invalid_request");

        // What a service got for itself, although it is called like a user (RFC 9068 section 5).
        (await ExchangeAsync(agent, federated.Token("mia", Audience, claims => claims["client_id"] = "mia"), AccessToken)).Refused("invalid_request");
        (await ExchangeAsync(agent, federated.Token("mia", Audience, claims => claims["idtyp"] = "app"), AccessToken)).Refused("invalid_request");
        (await ExchangeAsync(agent, federated.Token("mia", Audience, claims => claims["client_id"] = "web"), AccessToken)).Ok();
        (await ExchangeAsync(agent, federated.Token("mia", Audience, claims => claims["iss"] = agent.Issuer))).Refused("invalid_request");
        (await ExchangeAsync(agent, federated.Token("mia", Audience), "urn:ietf:params:oauth:token-type:saml2")).Refused("invalid_request");
    }

    [Fact]
    [Trait("Invariant", "T1")]
    public async Task A_user_of_one_tenant_is_nobody_in_another()
    {
        var (agent, other) = (await AgentAsync(), await federated.SharedAgentAsync());
        (await ExchangeAsync(other, federated.Token("mia", Audience))).Refused("invalid_request");
        (await ExchangeAsync(agent, federated.Token("mia", Audience))).Ok();
    }

    private static PutIssuer Users(string url) => new("users", url, Audiences: [Audience]);

    private PutIssuer Users() => Users(federated.Issuer.Url);

    private async Task<AgentClient> AgentAsync()
    {
        var agent = await federated.SharedAgentAsync();
        await federated.Server.Operator.CreateUserAsync(agent.Tenant, new CreateUser("mia")).OrThrow();
        await federated.TrustAsync(agent.Tenant, Users());
        return agent;
    }

    private static Task<OAuthReply> ExchangeAsync(
        AgentClient agent, string token, string type = UserTokenGrant.IdTokenType, (string Name, string Value) more = default, string? proof = null) => agent.Server.PostAsync(
            agent.Tenant, "token", agent.BasicHeader,
            OAuthServer.Form([
                ("grant_type", "urn:ietf:params:oauth:grant-type:token-exchange"), ("subject_token", token), ("subject_token_type", type),
                .. more.Name is null ? ((string, string)[])[] : [more],
            ]),
            proof is null ? [] : [("DPoP", proof)]);
}
