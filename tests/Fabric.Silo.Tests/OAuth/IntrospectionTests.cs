using System.Buffers.Text;
using System.Text;
using System.Text.Json;
using Fabric.Client;
using Fabric.Contracts.Agents;
using Fabric.Contracts.Revocations;
using Fabric.Core.Tokens;

namespace Fabric.Silo.Tests.OAuth;

/// <summary>Introspection (RFC 7662) and revocation (RFC 7009).</summary>
public sealed class IntrospectionTests(OAuthServer server) : IClassFixture<OAuthServer>
{
    [Fact]
    public async Task A_live_token_tells_all_about_itself_to_its_agent_its_tenants_guards_and_administrators()
    {
        var client = await server.AgentAsync();
        var token = (await client.TokenAsync(("scope", "mail:send"))).Token;
        List<OAuthReply> answers = [await client.IntrospectAsync(token)];
        foreach (var role in (string[])["enforcement_point", "tenant_admin"])
        {
            var secret = await server.KeyAsync(role, client.Tenant);
            answers.Add(await server.PostAsync(client.Tenant, "introspect", AgentClient.Basic(secret.Split('.')[1], secret), ("token", token), ("token_type_hint", "refresh_token")));
            answers.Add(await server.PostAsync(client.Tenant, "introspect", $"Bearer {secret}", ("token", token)));
        }
        answers.Add(await server.PostAsync(client.Tenant, "introspect", $"Bearer {await server.KeyAsync("operator")}", ("token", token)));
        foreach (var answer in answers)
        {
            var body = answer.Ok().Body;
            Assert.True(body.GetProperty("active").GetBoolean());
            Assert.Equal((client.Id, client.Issuer, "mail:send", "Bearer", "fabric"), (
                answer.Text("client_id"), answer.Text("iss"), answer.Text("scope"), answer.Text("token_type"), answer.Text("aud")));
            Assert.Equal((server.Now, true), (body.GetProperty("iat").GetInt64(), body.GetProperty("exp").GetInt64() > server.Now));
            Assert.Equal("mail", body.GetProperty("authorization_details")[0].GetProperty("tool").GetString());
            Assert.Equal((32, 32), (answer.Text("jti")!.Length, answer.Text("sid")!.Length));
        }
    }

    [Fact]
    public async Task An_answer_is_signed_by_the_tenant_for_the_client_that_asks_for_that()
    {
        var client = await server.AgentAsync();
        var token = (await client.TokenAsync(("scope", "mail:send"))).Token;
        var key = await server.KeyAsync("enforcement_point", client.Tenant);
        foreach (var (header, name) in new[] { (client.BasicHeader, client.Id), (AgentClient.Basic(key.Split('.')[1], key), key.Split('.')[1]) })
        {
            var (type, claims) = await SignedAsync(client, header, token, "application/token-introspection+jwt");
            Assert.Equal("application/token-introspection+jwt", type);
            Assert.Equal((client.Issuer, name, server.Now), (claims.GetProperty("iss").GetString(), claims.GetProperty("aud").GetString(), claims.GetProperty("iat").GetInt64()));
            Assert.Equal((true, client.Id), (claims.GetProperty("token_introspection").GetProperty("active").GetBoolean(), claims.GetProperty("token_introspection").GetProperty("client_id").GetString()));
            Assert.Equal(["aud", "iat", "iss", "token_introspection"], claims.EnumerateObject().Select(claim => claim.Name).Order(StringComparer.Ordinal));
        }

        // To a stranger no more than to anybody.
        var stranger = await server.AgentAsync(client.Tenant);
        var (_, told) = await SignedAsync(client, stranger.BasicHeader, token, "text/html, application/token-introspection+jwt;q=0.5");
        Assert.Equal("{\"active\":false}", told.GetProperty("token_introspection").GetRawText());
        Assert.Equal("application/json", (await SignedAsync(client, client.BasicHeader, token, "application/json, */*")).Type);
        Assert.Equal("application/json", (await SignedAsync(client, client.BasicHeader, token, "application/token-introspection+jwt;q=0")).Type);
    }

    private async Task<(string? Type, JsonElement Claims)> SignedAsync(AgentClient client, string header, string token, string accept)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, $"/tenants/{client.Tenant}/oauth/introspect") { Content = OAuthServer.Form(("token", token)) };
        request.Headers.TryAddWithoutValidation("Authorization", header);
        request.Headers.TryAddWithoutValidation("Accept", accept);
        using var response = await server.Http.SendAsync(request);
        var (text, type) = (await response.Content.ReadAsStringAsync(), response.Content.Headers.ContentType?.MediaType);
        if (type == "application/json")
        {
            return (type, JsonElement.Parse(text));
        }

        // It verifies by the tenant's published keys, and is no token of anything.
        var parts = text.Split('.');
        var head = JsonElement.Parse(Base64Url.DecodeFromChars(parts[0]));
        Assert.Equal(("ES256", "token-introspection+jwt"), (head.GetProperty("alg").GetString(), head.GetProperty("typ").GetString()));
        var jwk = Assert.Single((await server.Operator.GetSigningKeysAsync(client.Tenant).OrThrow()).Keys, key => key.Kid == head.GetProperty("kid").GetString());
        using var verifier = new TokenVerifier(Base64Url.DecodeFromChars(jwk.X), Base64Url.DecodeFromChars(jwk.Y));
        Assert.True(verifier.Verify(Encoding.ASCII.GetBytes($"{parts[0]}.{parts[1]}"), Base64Url.DecodeFromChars(parts[2])));
        Inactive(await client.IntrospectAsync(text));
        return (type, JsonElement.Parse(Base64Url.DecodeFromChars(parts[1])));
    }

    [Fact]
    [Trait("Invariant", "T1")]
    public async Task Whoever_may_not_know_a_token_learns_no_more_than_that_it_is_not_active()
    {
        var client = await server.AgentAsync();
        var token = (await client.TokenAsync()).Token;
        var (sibling, stranger) = (await server.AgentAsync(client.Tenant), await server.AgentAsync());
        Inactive(await sibling.IntrospectAsync(token));
        Inactive(await stranger.IntrospectAsync(token));
        Inactive(await server.PostAsync(stranger.Tenant, "introspect", $"Bearer {await server.KeyAsync("enforcement_point", stranger.Tenant)}", ("token", token)));
        Inactive(await server.PostAsync(stranger.Tenant, "introspect", $"Bearer {await server.KeyAsync("operator")}", ("token", token)));
        (await server.PostAsync(client.Tenant, "introspect", $"Bearer {await server.KeyAsync("enforcement_point", stranger.Tenant)}", ("token", token))).Refused("invalid_client", 401);
        (await server.PostAsync(client.Tenant, "introspect", $"Bearer {await server.KeyAsync("auditor", client.Tenant)}", ("token", token))).Refused("unauthorized_client");
        (await server.PostAsync(client.Tenant, "introspect", null, ("token", token))).Refused("invalid_client", 401);
        (await client.IntrospectAsync("")).Refused("invalid_request");
    }

    [Fact]
    public async Task What_is_not_a_live_token_is_not_active_and_nothing_else()
    {
        var client = await server.AgentAsync();
        var token = (await client.TokenAsync()).Token;
        foreach (var text in (string[])["x", "a.b.c", token + "x", token[..^5], client.Secret, new string('a', 30_000), "\u00e9", token.Split('.')[0] + ".e30." + token.Split('.')[2]])
        {
            Inactive(await client.IntrospectAsync(text));
        }
        server.Time.Advance(TimeSpan.FromMinutes(16));
        Inactive(await client.IntrospectAsync(token));
    }

    [Theory]
    [InlineData("session")]
    [InlineData("agent")]
    [InlineData("suspended")]
    [InlineData("tenant generation")]
    [InlineData("key")]
    [Trait("Invariant", "R1")]
    public async Task A_token_is_not_active_from_the_moment_that_anything_above_it_ends(string what)
    {
        var client = await server.AgentAsync();
        var answer = await client.TokenAsync();
        Assert.True((await client.IntrospectAsync(answer.Token)).Body.GetProperty("active").GetBoolean());
        var guard = $"Bearer {await server.KeyAsync("operator")}";
        _ = what switch
        {
            "session" => await server.Operator.CompleteSessionAsync(answer.Text("session")!).OrThrow(),
            "agent" => await server.Operator.RetireAgentAsync(client.Tenant, client.Id, new EndNode("over")).OrThrow(),
            "suspended" => await server.Operator.SuspendAgentAsync(client.Tenant, client.Id, new SuspendAgent("a look")).OrThrow(),
            "tenant generation" => await server.Operator.RevokeAsync(new RevokeRequest(new("tenant", client.Tenant))).OrThrow(),
            _ => await server.Operator.RevokeSigningKeyAsync(
                client.Tenant, (await server.Operator.GetSigningKeysAsync(client.Tenant).OrThrow()).Keys[0].Kid, new EndNode("stolen")).OrThrow(),
        };
        Inactive(await server.PostAsync(client.Tenant, "introspect", guard, ("token", answer.Token)));
    }

    [Fact]
    [Trait("Invariant", "R5")]
    public async Task A_revoked_token_is_dead_at_once_and_its_siblings_live()
    {
        var client = await server.AgentAsync();
        var first = (await client.TokenAsync(("session_lifetime", "600"))).Ok();
        var second = (await client.TokenAsync(("session", first.Text("session")!))).Ok();
        var other = (await client.TokenAsync()).Ok();
        Done(await client.RevokeAsync(first.Token));
        Inactive(await client.IntrospectAsync(first.Token));
        Assert.True((await client.IntrospectAsync(second.Token)).Body.GetProperty("active").GetBoolean());
        Done(await client.RevokeAsync(first.Token));

        Done(await client.RevokeAsync(first.Text("session")!));
        Inactive(await client.IntrospectAsync(second.Token));
        (await client.TokenAsync(("session", first.Text("session")!))).Refused("invalid_grant");
        Assert.True((await client.IntrospectAsync(other.Token)).Body.GetProperty("active").GetBoolean());
        var by = (await server.Operator.QueryAuditAsync(new(client.Tenant, Kind: "credentials.revoked")).OrThrow()).Items;
        Assert.Equal($"agent:{client.Id}@{client.Tenant}", Assert.Single(by).By);
    }

    [Fact]
    [Trait("Invariant", "T1")]
    public async Task Nobody_revokes_what_is_not_its_own_and_is_not_told_so()
    {
        var client = await server.AgentAsync();
        var answer = (await client.TokenAsync()).Ok();
        var (sibling, stranger) = (await server.AgentAsync(client.Tenant), await server.AgentAsync());
        foreach (var token in (string[])[answer.Token, answer.Text("session")!, "unknown", new string('0', 32), client.Secret])
        {
            Done(await sibling.RevokeAsync(token));
            Done(await stranger.RevokeAsync(token));
        }
        Done(await server.PostAsync(stranger.Tenant, "revoke", $"Bearer {await server.KeyAsync("tenant_admin", stranger.Tenant)}", ("token", answer.Token)));
        (await server.PostAsync(client.Tenant, "revoke", $"Bearer {await server.KeyAsync("enforcement_point", client.Tenant)}", ("token", answer.Token))).Refused("unauthorized_client");
        (await server.PostAsync(client.Tenant, "revoke", null, ("token", answer.Token))).Refused("invalid_client", 401);
        (await client.RevokeAsync("")).Refused("invalid_request");
        Assert.True((await client.IntrospectAsync(answer.Token)).Body.GetProperty("active").GetBoolean());
    }

    [Fact]
    public async Task An_administrator_revokes_what_is_its_tenants()
    {
        var client = await server.AgentAsync();
        var (token, session) = ((await client.TokenAsync()).Token, (await client.TokenAsync()).Ok());
        var admin = $"Bearer {await server.KeyAsync("tenant_admin", client.Tenant)}";
        Done(await server.PostAsync(client.Tenant, "revoke", admin, ("token", token), ("token_type_hint", "nonsense")));
        Inactive(await client.IntrospectAsync(token));
        Done(await server.PostAsync(client.Tenant, "revoke", admin, ("token", session.Text("session")!)));
        Inactive(await client.IntrospectAsync(session.Token));
    }

    [Fact]
    [Trait("Invariant", "R1")]
    public async Task A_token_that_is_revoked_while_its_agent_is_stopped_stays_dead_when_it_goes_on()
    {
        var client = await server.AgentAsync();
        var token = (await client.TokenAsync()).Token;
        await server.Operator.SuspendAgentAsync(client.Tenant, client.Id, new SuspendAgent("a look")).OrThrow();
        Done(await client.RevokeAsync(token));
        await server.Operator.ResumeAgentAsync(client.Tenant, client.Id).OrThrow();
        Inactive(await client.IntrospectAsync(token));
    }

    [Fact]
    public async Task A_session_that_waits_for_an_approval_is_not_said_to_be_revoked()
    {
        var client = await server.AgentAsync(requireApproval: true);
        var session = (await client.TokenAsync(("scope", "mail"))).Text("session")!;
        (await client.RevokeAsync(session)).Refused("unsupported_token_type");
    }

    private static void Inactive(OAuthReply answer)
    {
        Assert.Equal(200, answer.Status);
        Assert.Equal("{\"active\":false}", answer.Body.GetRawText());
    }

    private static void Done(OAuthReply answer) => Assert.Equal((200, System.Text.Json.JsonValueKind.Undefined), (answer.Status, answer.Body.ValueKind));
}
