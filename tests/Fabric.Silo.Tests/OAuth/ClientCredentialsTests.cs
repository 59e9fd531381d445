using System.Text.Json;
using Fabric.Client;
using Fabric.Contracts.Agents;
using Fabric.Contracts.Checks;
using Fabric.Contracts.Revocations;
using Fabric.Contracts.Sessions;

namespace Fabric.Silo.Tests.OAuth;

/// <summary>Client credentials (RFC 6749 section 4.4) with scope, authorization_details (RFC 9396) and resource (RFC 8707).</summary>
public sealed class ClientCredentialsTests(OAuthServer server) : IClassFixture<OAuthServer>
{
    [Fact]
    public async Task A_token_is_of_a_session_of_the_client_and_allows_what_was_asked_for()
    {
        var client = await server.AgentAsync();
        var answer = (await client.TokenAsync(("scope", "mail:send files:read:reports/*"), ("purpose", "send the report"))).Ok();
        Assert.Equal(("Bearer", "mail:send files:read:reports/*"), (answer.Text("token_type"), answer.Text("scope")));
        Assert.InRange(answer.Body.GetProperty("expires_in").GetInt64(), 898, 900);
        Assert.Null(answer.Text("refresh_token"));
        Assert.Equal("no-cache", await PragmaAsync(client));

        var session = await server.Operator.GetSessionAsync(answer.Text("session")!).OrThrow();
        Assert.Equal((client.Tenant, client.Id, "send the report", $"agent:{client.Id}@{client.Tenant}"), (session.Tenant, session.Agent, session.Purpose, session.RequestedBy));
        Assert.True((await CheckAsync(answer.Token, "mail", "send")).Allowed);
        Assert.False((await CheckAsync(answer.Token, "mail", "read")).Allowed);
        Assert.True((await CheckAsync(answer.Token, "files", "read", "reports/1")).Allowed);
        Assert.False((await CheckAsync(answer.Token, "files", "read", "other")).Allowed);
    }

    [Fact]
    public async Task Without_a_scope_the_token_has_all_that_the_agent_may_have_and_a_session_of_its_own_length()
    {
        var client = await server.AgentAsync();
        var answer = (await client.TokenAsync()).Ok();
        Assert.Equal("mail files", answer.Text("scope"));
        var session = await server.Operator.GetSessionAsync(answer.Text("session")!).OrThrow();
        Assert.Equal(TimeSpan.FromMinutes(15), session.ExpiresAt - session.OpenedAt);
    }

    [Fact]
    public async Task A_session_that_is_named_gives_more_tokens_and_only_its_own_agent_gets_them()
    {
        var client = await server.AgentAsync();
        var sibling = await server.AgentAsync(client.Tenant);
        var first = (await client.TokenAsync(("scope", "mail"), ("session_lifetime", "3600"))).Ok();
        var second = (await client.TokenAsync(("session", first.Text("session")!), ("scope", "mail:send"))).Ok();
        Assert.Equal((first.Text("session"), "mail:send"), (second.Text("session"), second.Text("scope")));
        (await client.TokenAsync(("session", first.Text("session")!), ("scope", "files"))).Refused("invalid_scope");
        (await sibling.TokenAsync(("session", first.Text("session")!))).Refused("invalid_grant");
        (await client.TokenAsync(("session", new string('0', 32)))).Refused("invalid_grant");
        (await client.TokenAsync(("session", "x"))).Refused("invalid_grant");
        (await client.TokenAsync(("session", first.Text("session")!), ("purpose", "another"))).Refused("invalid_request");
        (await client.TokenAsync(("session", first.Text("session")!), ("session_lifetime", "1"))).Refused("invalid_request");

        await server.Operator.CompleteSessionAsync(first.Text("session")!).OrThrow();
        (await client.TokenAsync(("session", first.Text("session")!))).Refused("invalid_grant");
    }

    [Fact]
    public async Task Authorization_details_carry_constraints_and_come_back_as_granted()
    {
        var client = await server.AgentAsync();
        const string asked = """[{"type":"tool_call","tool":"mail","action":"send","read_only":false,"max_calls":3,"rate":{"calls":2,"per_seconds":60},"not_after":4000000000.5}]""";
        var answer = (await client.TokenAsync(("authorization_details", asked))).Ok();
        Assert.Null(answer.Text("scope"));
        var detail = answer.Body.GetProperty("authorization_details").EnumerateArray().Single();
        Assert.Equal(("tool_call", "mail", "send", "*", 3), (
            detail.GetProperty("type").GetString(), detail.GetProperty("tool").GetString(), detail.GetProperty("action").GetString(), detail.GetProperty("resource").GetString(),
            detail.GetProperty("max_calls").GetInt64()));
        Assert.Equal((2, 60, 4000000000.5m), (
            detail.GetProperty("rate").GetProperty("calls").GetInt64(), detail.GetProperty("rate").GetProperty("per_seconds").GetInt32(), detail.GetProperty("not_after").GetDecimal()));
        var both = (await client.TokenAsync(("scope", "files:read"), ("authorization_details", asked))).Ok();
        Assert.Equal(2, both.Body.GetProperty("authorization_details").GetArrayLength());
    }

    [Theory]
    [InlineData("scope", "bank", "invalid_scope")]
    [InlineData("scope", "*", "invalid_scope")]
    [InlineData("scope", "mail  files", "invalid_scope")]
    [InlineData("scope", " mail", "invalid_scope")]
    [InlineData("scope", "mail:", "invalid_scope")]
    [InlineData("scope", ":send", "invalid_scope")]
    [InlineData("scope", "ma\"il", "invalid_scope")]
    [InlineData("scope", "ma\\il", "invalid_scope")]
    [InlineData("scope", "ma\u00efl", "invalid_scope")]
    [InlineData("scope", "mail\tfiles", "invalid_scope")]
    [InlineData("authorization_details", "[]", "invalid_authorization_details")]
    [InlineData("authorization_details", "{}", "invalid_authorization_details")]
    [InlineData("authorization_details", "null", "invalid_authorization_details")]
    [InlineData("authorization_details", "[null]", "invalid_authorization_details")]
    [InlineData("authorization_details", "[{\"tool\":\"mail\"}]", "invalid_authorization_details")]
    [InlineData("authorization_details", "[{\"type\":\"payment\",\"tool\":\"mail\"}]", "invalid_authorization_details")]
    [InlineData("authorization_details", "[{\"type\":\"tool_call\",\"tool\":\"mail\",\"only_on\":\"monday\"}]", "invalid_authorization_details")]
    [InlineData("authorization_details", "[{\"type\":\"tool_call\",\"tool\":\"mail\",\"quotas\":[]}]", "invalid_authorization_details")]
    [InlineData("authorization_details", "[{\"type\":\"tool_call\",\"tool\":\"mail\",\"tool\":\"files\"}]", "invalid_authorization_details")]
    [InlineData("authorization_details", "[{\"type\":\"tool_call\",\"tool\":\"bank\"}]", "invalid_authorization_details")]
    [InlineData("authorization_details", "[{\"type\":\"tool_call\",\"tool\":\"mail\",\"not_after\":-1}]", "invalid_authorization_details")]
    [InlineData("authorization_details", "[{\"type\":\"tool_call\",\"tool\":\"mail\",\"not_after\":1e20}]", "invalid_authorization_details")]
    [InlineData("authorization_details", "[{\"type\":\"tool_call\",\"tool\":\"mail\",\"max_calls\":-1}]", "invalid_authorization_details")]
    [InlineData("authorization_details", "[{\"type\":\"tool_call\",\"tool\":\"\\ud800\"}]", "invalid_authorization_details")]
    [InlineData("authorization_details", "[[[[[[[[[[[[]]]]]]]]]]]]", "invalid_authorization_details")]
    [InlineData("authorization_details", "nonsense", "invalid_authorization_details")]
    [InlineData("resource", "not a uri", "invalid_target")]
    [InlineData("resource", "/relative", "invalid_target")]
    [InlineData("resource", "https://api.example/#part", "invalid_target")]
    [InlineData("resource", "", "invalid_target")]
    [InlineData("audience", "a\nb", "invalid_target")]
    [InlineData("session_lifetime", "0", "invalid_request")]
    [InlineData("session_lifetime", "-1", "invalid_request")]
    [InlineData("session_lifetime", "1e3", "invalid_request")]
    [InlineData("session_lifetime", "99999999999999999999", "invalid_request")]
    [InlineData("purpose", "a\u202eb", "invalid_request")]
    [InlineData("grant_type", "password", "unsupported_grant_type")]
    [InlineData("grant_type", "Client_Credentials", "unsupported_grant_type")]
    public async Task What_cannot_be_granted_is_told_with_its_own_error(string name, string value, string error)
    {
        var client = await server.AgentAsync();
        (await server.PostAsync(
            client.Tenant, "token", client.BasicHeader, name == "grant_type" ? [(name, value)] : [("grant_type", "client_credentials"), (name, value)])).Refused(error);
    }

    [Fact]
    public async Task A_token_is_for_the_one_resource_that_was_named()
    {
        var client = await server.AgentAsync();
        var answer = (await client.TokenAsync(("resource", "https://api.example/mail"))).Ok();
        Assert.Equal("https://api.example/mail", (await client.IntrospectAsync(answer.Token)).Text("aud"));
        Assert.True((await CheckAsync(answer.Token, "mail", "send", audience: "https://api.example/mail")).Allowed);
        Assert.False((await CheckAsync(answer.Token, "mail", "send", audience: "https://api.example/other")).Allowed);
        Assert.Equal("mail-api", (await client.IntrospectAsync((await client.TokenAsync(("audience", "mail-api"))).Token)).Text("aud"));
        (await client.TokenAsync(("resource", "https://a.example"), ("resource", "https://b.example"))).Refused("invalid_target");
        (await client.TokenAsync(("resource", "https://a.example"), ("audience", "b"))).Refused("invalid_target");
    }

    [Fact]
    [Trait("Invariant", "S1")]
    public async Task A_session_that_waits_for_an_approval_is_asked_for_by_its_name_until_it_is_given()
    {
        var client = await server.AgentAsync(requireApproval: true);
        var waiting = await client.TokenAsync(("scope", "mail"));
        waiting.Refused("authorization_pending");
        var session = waiting.Text("session")!;
        Assert.Equal(5, waiting.Body.GetProperty("interval").GetInt32());
        var again = await client.TokenAsync(("session", session));
        again.Refused("authorization_pending");
        Assert.Equal(session, again.Text("session"));
        await server.Operator.ApproveSessionAsync(session, new ApproveSession()).OrThrow();
        Assert.Equal(session, (await client.TokenAsync(("session", session))).Ok().Text("session"));

        var denied = (await client.TokenAsync(("scope", "mail"))).Text("session")!;
        await server.Operator.DenySessionAsync(denied, new DenySession("no")).OrThrow();
        (await client.TokenAsync(("session", denied))).Refused("invalid_grant");
    }

    [Fact]
    public async Task An_agent_that_is_stopped_gets_nothing()
    {
        var client = await server.AgentAsync();
        await server.Operator.SuspendAgentAsync(client.Tenant, client.Id, new SuspendAgent("a look")).OrThrow();
        (await client.TokenAsync()).Refused("invalid_grant");
        await server.Operator.ResumeAgentAsync(client.Tenant, client.Id).OrThrow();
        (await client.TokenAsync()).Ok();
        await server.Operator.RevokeAsync(new RevokeRequest(new("tenant", client.Tenant), Mode: "terminal")).OrThrow();
        (await client.TokenAsync()).Refused("invalid_client", 401);
    }

    [Fact]
    public async Task The_token_is_an_access_token_of_the_tenants_issuer()
    {
        var client = await server.AgentAsync();
        var parts = (await client.TokenAsync(("scope", "mail"))).Token.Split('.');
        var header = JsonElement.Parse(System.Buffers.Text.Base64Url.DecodeFromChars(parts[0]));
        var claims = JsonElement.Parse(System.Buffers.Text.Base64Url.DecodeFromChars(parts[1]));
        Assert.Equal(("ES256", "at+jwt"), (header.GetProperty("alg").GetString(), header.GetProperty("typ").GetString()));
        Assert.Equal((client.Issuer, client.Id, client.Id), (claims.GetProperty("iss").GetString(), claims.GetProperty("client_id").GetString(), claims.GetProperty("sub").GetString()));
        Assert.False(claims.TryGetProperty("act", out _) || claims.TryGetProperty("cnf", out _));
    }

    private async Task<CheckAnswer> CheckAsync(string token, string tool, string action, string resource = "x", string? audience = null) =>
        await server.Operator.CheckAsync(new CheckRequest(token, tool, action, resource, "read", Audience: audience)).OrThrow();

    private async Task<string> PragmaAsync(AgentClient client)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, $"/tenants/{client.Tenant}/oauth/token") { Content = OAuthServer.Form(("grant_type", "client_credentials")) };
        request.Headers.TryAddWithoutValidation("Authorization", client.BasicHeader);
        using var response = await server.Http.SendAsync(request);
        return response.Headers.Pragma.ToString();
    }
}
