using System.Text.Json.Nodes;
using Fabric.Client;
using Fabric.Contracts.Agents;
using Fabric.Contracts.Common;
using Fabric.Contracts.Registrations;
using Fabric.Contracts.Revocations;
using Fabric.Contracts.Users;

namespace Fabric.Silo.Tests.OAuth.Registration;

/// <summary>What does not register, and what a registration does not give.</summary>
public sealed class RegistrationRefusalTests(OAuthServer server) : IClassFixture<OAuthServer>
{
    private const string Grants = "\"grant_types\":[\"client_credentials\"]";

    /// <summary>Fails unless a token was refused as RFC 6750 section 3.1 says.</summary>
    internal static void RefusedToken(OAuthReply reply)
    {
        Assert.True((reply.Status, reply.Error, reply.Challenge?.Scheme) == (401, "invalid_token", "Bearer"), $"{reply.Status} {reply.Body} {reply.Challenge}");
        Assert.Contains("invalid_token", reply.Challenge!.Parameter, StringComparison.Ordinal);
    }

    [Fact]
    [Trait("Invariant", "T1")]
    public async Task Only_the_tenants_own_token_registers()
    {
        var registrar = await Registrar.MakeAsync(server);
        var other = await Registrar.MakeAsync(server);
        var client = await registrar.ClientAsync();
        var nothing = await (registrar with { Token = null! }).RegisterAsync();
        Assert.Equal((401, "realm=\"fabric\""), (nothing.Status, nothing.Challenge?.Parameter));
        foreach (var token in new[] { "", "nobody", registrar.Token + "x", registrar.Token[..^1], registrar.Token.Replace("fk.", "fa.", StringComparison.Ordinal), client.Token, client.Client.Secret[..^1], other.Token })
        {
            RefusedToken(await (registrar with { Token = token }).RegisterAsync());
        }
        foreach (var token in new[] { registrar.AdminKey, client.Client.Secret, await server.KeyAsync("provisioner", registrar.Tenant), await server.KeyAsync("operator") })
        {
            var refused = await (registrar with { Token = token }).RegisterAsync();
            Assert.Equal((403, "insufficient_scope"), (refused.Status, refused.Error));
        }

        // A key of the role that was made by itself says nothing of what it gives.
        RefusedToken(await (registrar with { Token = await server.KeyAsync("registrar", registrar.Tenant) }).RegisterAsync());
        Assert.Equal(2, await registrar.RemainingAsync());
        Assert.Equal(3, await other.RemainingAsync());
        Assert.Empty((await server.Operator.ListAgentsAsync(other.Tenant, new PageQuery(null, 10)).OrThrow()).Items);
    }

    [Fact]
    [Trait("Invariant", "T1")]
    public async Task A_token_does_nothing_but_register()
    {
        var registrar = await Registrar.MakeAsync(server);
        foreach (var (method, path) in new[] { ("GET", "agents"), ("GET", "users"), ("GET", "registration-tokens"), ("POST", "registration-tokens"), ("DELETE", $"registration-tokens/{registrar.Id}") })
        {
            var refused = await Registrar.SendAsync(server, method, $"/v1/tenants/{registrar.Tenant}/{path}", registrar.Token, method == "POST" ? "{}" : null);
            Assert.Equal((403, "auth.forbidden"), (refused.Status, refused.Text("code")));
        }
        Assert.Equal(400, (await server.PostAsync(registrar.Tenant, "token", $"Bearer {registrar.Token}", ("grant_type", "client_credentials"))).Status);
        var (stranger, key) = (await Registrar.MakeAsync(server), registrar.AdminKey);
        Assert.Equal(404, (await stranger.AdminAsync("GET", key: key)).Status);
        Assert.Equal(404, (await stranger.AdminAsync("DELETE", $"/{stranger.Id}", key)).Status);
        Assert.Equal(404, (await stranger.AdminAsync("GET", $"/{stranger.Id}/clients", key)).Status);
        Assert.Equal(404, (await registrar.AdminAsync("DELETE", $"/{stranger.Id}")).Status);
        Assert.Equal(404, (await Registrar.MintAsync(server, key, stranger.Tenant, new("x", "backend", [new("mail")]))).Status);
        Assert.Equal(201, (await stranger.RegisterAsync()).Status);
    }

    [Fact]
    public async Task A_token_that_is_used_up_revoked_or_at_its_end_registers_nothing()
    {
        var once = await Registrar.MakeAsync(server, command => command with { Registrations = 1 });
        await once.ClientAsync();
        RefusedToken(await once.RegisterAsync());

        var revoked = await Registrar.MakeAsync(server);
        var key = (await revoked.AdminAsync("GET")).Body.GetProperty("items")[0].GetProperty("key").GetString()!;
        await server.Operator.RevokeApiKeyAsync(key).OrThrow();
        RefusedToken(await revoked.RegisterAsync());

        var ended = await Registrar.MakeAsync(server, command => command with { ExpiresAt = server.Time.GetUtcNow().AddMinutes(5) });
        var client = await ended.ClientAsync();
        server.Time.Advance(TimeSpan.FromMinutes(5));
        RefusedToken(await ended.RegisterAsync());
        (await client.TokenAsync()).Ok();
        client.After(await client.UpdateAsync(Registrar.Machine()));
        Assert.Single(await ended.ClientsAsync());
    }

    [Theory]
    [InlineData("invalid_client_metadata", "\"scope\":\"bank\"")]
    [InlineData("invalid_client_metadata", "\"scope\":\"mail *\"")]
    [InlineData("invalid_client_metadata", "\"scope\":\"mail  files\"")]
    [InlineData("invalid_client_metadata", "\"grant_types\":[\"client_credentials\",\"urn:openid:params:grant-type:ciba\"]")]
    [InlineData("invalid_client_metadata", "\"grant_types\":[\"implicit\"]")]
    [InlineData("invalid_client_metadata", "\"grant_types\":[]")]
    [InlineData("invalid_client_metadata", "\"grant_types\":[\"client_credentials\",\"client_credentials\"]")]
    [InlineData("invalid_client_metadata", "\"grant_types\":\"client_credentials\"")]
    [InlineData("invalid_client_metadata", Grants + ",\"response_types\":[\"code\"]")]
    [InlineData("invalid_client_metadata", Grants + ",\"response_types\":[\"token\"]")]
    [InlineData("invalid_client_metadata", Grants + ",\"token_endpoint_auth_method\":\"none\"")]
    [InlineData("invalid_client_metadata", Grants + ",\"token_endpoint_auth_method\":\"client_secret_jwt\"")]
    [InlineData("invalid_client_metadata", Grants + ",\"token_endpoint_auth_method\":7")]
    [InlineData("invalid_client_metadata", Grants + ",\"token_endpoint_auth_method\":\"private_key_jwt\"")]
    [InlineData("invalid_client_metadata", Grants + ",\"token_endpoint_auth_method\":\"private_key_jwt\",\"jwks_uri\":\"https://app.example/keys\"")]
    [InlineData("invalid_client_metadata", Grants + ",\"jwks_uri\":\"http://169.254.169.254/\"")]
    [InlineData("invalid_client_metadata", Grants + ",\"jwks\":{\"keys\":[]}")]
    [InlineData("invalid_client_metadata", Grants + ",\"token_endpoint_auth_signing_alg\":\"none\"")]
    [InlineData("invalid_client_metadata", Grants + ",\"client_name\":\"a\\u202eb\"")]
    [InlineData("invalid_client_metadata", Grants + ",\"client_name\":{\"en\":\"a\"}")]
    [InlineData("invalid_client_metadata", Grants + ",\"dpop_bound_access_tokens\":\"yes\"")]
    [InlineData("invalid_client_metadata", Grants + ",\"require_pushed_authorization_requests\":true")]
    [InlineData("invalid_client_metadata", Grants + ",\"tls_client_certificate_bound_access_tokens\":true")]
    [InlineData("invalid_client_metadata", Grants + ",\"backchannel_token_delivery_mode\":\"push\"")]
    [InlineData("invalid_client_metadata", Grants + "," + Grants)]
    [InlineData("invalid_client_metadata", Grants + ",\"x\":{\"a\":1,\"\\u0061\":2}")]
    [InlineData("invalid_client_metadata", Grants + ",\"x\":[[[[[[[[[[[[1]]]]]]]]]]]]")]
    [InlineData("invalid_client_metadata", Grants + ",")]
    [InlineData("unapproved_software_statement", Grants + ",\"software_statement\":\"eyJ.eyJ.sig\"")]
    [InlineData("invalid_software_statement", Grants + ",\"software_statement\":\"x\"")]
    [InlineData("invalid_software_statement", Grants + ",\"software_statement\":{}")]
    [InlineData("invalid_redirect_uri", "\"client_name\":\"no grant is the grant of codes\"")]
    [InlineData("invalid_redirect_uri", Grants + ",\"redirect_uris\":[\"https://app.example/cb\"]")]
    public async Task Metadata_that_says_too_much_or_too_little_uses_nothing_up(string error, string members)
    {
        var registrar = await Registrar.MakeAsync(server);
        var body = members.StartsWith("\"scope", StringComparison.Ordinal) ? $"{{{Grants},{members}}}" : $"{{{members}}}";
        var refused = await Registrar.SendAsync(server, "POST", Registrar.Path(registrar.Tenant), registrar.Token, body);
        Assert.True((refused.Status, refused.Error) == (400, error), $"{refused.Status} {refused.Body}");
        Assert.Matches("^[ !#-\\[\\]-~]+$", refused.Text("error_description"));
        Assert.Empty(await registrar.ClientsAsync());
        Assert.Equal(3, await registrar.RemainingAsync());
    }

    [Fact]
    public async Task What_is_not_known_or_null_is_passed_over()
    {
        var registrar = await Registrar.MakeAsync(server);
        var metadata = JsonNode.Parse($$"""{{{Grants}},"client_name":null,"redirect_uris":null,"jwks":null,"scope":null,"software_id":"x","logo_uri":"javascript:alert(1)","client_id":"admin","client_secret":"mine","client_name#de":"x"}""")!.AsObject();
        var client = await registrar.ClientAsync(metadata);
        Assert.StartsWith("dcr:", client.Id, StringComparison.Ordinal);
        Assert.NotEqual("mine", client.Client.Secret);
        Assert.DoesNotContain("javascript", client.Answer.ToString(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("text/plain")]
    [InlineData("application/x-www-form-urlencoded")]
    [InlineData("application/jwt")]
    public async Task A_body_that_is_no_json_object_is_refused(string type)
    {
        var registrar = await Registrar.MakeAsync(server);
        foreach (var (body, mediaType) in new[] { ($"{{{Grants}}}", type), ("[]", "application/json"), ("\"x\"", "application/json"), ("", "application/json"), ("{\"\\ud800\":1}", "application/json") })
        {
            var refused = await Registrar.SendAsync(server, "POST", Registrar.Path(registrar.Tenant), registrar.Token, body, mediaType);
            Assert.Equal((400, "invalid_client_metadata"), (refused.Status, refused.Error));
        }
    }

    [Fact]
    [Trait("Invariant", "B1")]
    public async Task Bodies_and_lists_are_bounded()
    {
        var registrar = await Registrar.MakeAsync(server, command => command with { Kind = "personal", Owner = "mia" }, await WithUserAsync("mia"));
        var metadata = Registrar.Application();
        metadata["x"] = new string('x', 33 * 1024);
        var refused = await registrar.RegisterAsync(metadata);
        Assert.Equal((413, "invalid_client_metadata"), (refused.Status, refused.Error));

        var client = await registrar.ClientAsync(Registrar.Application());
        Assert.Equal(413, (await client.UpdateAsync(metadata)).Status);
        metadata = Registrar.Application();
        metadata["redirect_uris"] = new JsonArray([.. Enumerable.Range(0, 17).Select(at => (JsonNode)$"https://app.example/{at}")]);
        Assert.Equal("invalid_redirect_uri", (await registrar.RegisterAsync(metadata)).Error);
        metadata["redirect_uris"]!.AsArray().RemoveAt(0);
        await registrar.ClientAsync(metadata);

        metadata = Registrar.Application();
        metadata["token_endpoint_auth_method"] = "private_key_jwt";
        var keys = Enumerable.Range(0, 9).Select(_ => new SigningClient()).ToList();
        metadata["jwks"] = new JsonObject { ["keys"] = new JsonArray([.. keys.Select(key => key.Jwk)]) };
        keys.ForEach(key => key.Dispose());
        Assert.Equal("invalid_client_metadata", (await registrar.RegisterAsync(metadata)).Error);
        metadata["jwks"]!["keys"]!.AsArray().RemoveAt(0);
        await registrar.ClientAsync(metadata);
    }

    [Theory]
    [InlineData("http://app.example/cb")]
    [InlineData("https://app.example/cb#x")]
    [InlineData("https://app.example")]
    [InlineData("https://*.example/cb")]
    [InlineData("https://app.example@evil.example/cb")]
    [InlineData("https://app.example/a/../cb")]
    [InlineData("https://app.example/%2e%2e/cb")]
    [InlineData("https://app.example\\\\evil.example/cb")]
    [InlineData("https://app.example/cb?code=x")]
    [InlineData("https://app.example/cb?%63ode=x")]
    [InlineData("http://localhost/cb")]
    [InlineData("http://127.0.0.2/cb")]
    [InlineData("com.example.app:/cb")]
    [InlineData("javascript:alert(1)")]
    [InlineData("//app.example/cb")]
    [InlineData("https://APP.example/cb")]
    [InlineData("https://app.example:99999/cb")]
    [InlineData("")]
    public async Task Redirect_uris_are_held_to_the_rules_of_the_authorization_endpoint(string uri)
    {
        var registrar = await Registrar.MakeAsync(server, command => command with { Kind = "personal", Owner = "mia" }, await WithUserAsync("mia"));
        var metadata = Registrar.Application();
        metadata["redirect_uris"] = new JsonArray(Registrar.Redirect, uri);
        var refused = await registrar.RegisterAsync(metadata);
        Assert.Equal((400, "invalid_redirect_uri"), (refused.Status, refused.Error));
        var client = await registrar.ClientAsync(Registrar.Application());
        Assert.Equal("invalid_redirect_uri", (await client.UpdateAsync(metadata)).Error);
        (await client.ReadAsync()).Ok();
    }

    [Fact]
    [Trait("Invariant", "S3")]
    public async Task A_change_stays_within_what_the_token_gave_also_when_that_is_gone()
    {
        var tenant = await WithUserAsync("mia");
        var registrar = await Registrar.MakeAsync(
            server, command => command with { Kind = "personal", Owner = "mia", GrantTypes = ["authorization_code"], RedirectHosts = ["app.example", "127.0.0.1"] }, tenant);
        var metadata = Registrar.Application();
        Assert.Equal("invalid_client_metadata", (await registrar.RegisterAsync(metadata)).Error);
        metadata["grant_types"] = new JsonArray("authorization_code");
        metadata["redirect_uris"] = new JsonArray(Registrar.Redirect, "http://127.0.0.1/cb");
        var client = await registrar.ClientAsync(metadata);
        (await registrar.AdminAsync("DELETE", $"/{registrar.Id}")).Ok();

        foreach (var uri in new[] { "https://evil.example/cb", "https://app.example.evil.example/cb", "https://sub.app.example/cb", "http://[::1]/cb" })
        {
            var moved = (JsonObject)metadata.DeepClone();
            moved["redirect_uris"] = new JsonArray(uri);
            Assert.Equal("invalid_redirect_uri", (await client.UpdateAsync(moved)).Error);
        }
        Assert.Equal("invalid_client_metadata", (await client.UpdateAsync(Registrar.Application())).Error);
        Assert.Equal("invalid_client_metadata", (await client.UpdateAsync(Registrar.Machine())).Error);
        foreach (var (scope, isRefused) in new[] { ("mail files bank", true), ("mail", true), ("mail:send files", true), ("files mail", false) })
        {
            var wanted = (JsonObject)metadata.DeepClone();
            wanted["scope"] = scope;
            var reply = await client.UpdateAsync(wanted);
            Assert.Equal(isRefused ? "invalid_client_metadata" : null, reply.Error);
            client = isRefused ? client : client.After(reply);
        }
    }

    [Fact]
    public async Task An_update_changes_neither_the_id_nor_the_secret_nor_what_the_server_says()
    {
        var registrar = await Registrar.MakeAsync(server);
        var (client, other) = (await registrar.ClientAsync(), await registrar.ClientAsync());
        foreach (var (name, value) in new (string, JsonNode?)[]
        {
            ("client_id", other.Id), ("client_id", ""), ("client_id", 7), ("client_secret", "mine"), ("client_secret", other.Client.Secret), ("client_secret", registrar.AdminKey), ("client_secret", 7),
            ("registration_access_token", client.Token), ("registration_client_uri", "https://fabric.local/x"), ("client_secret_expires_at", 0), ("client_id_issued_at", 0), ("software_statement", "a.b.c"),
        })
        {
            var metadata = Registrar.Machine();
            metadata[name] = value?.DeepClone();
            var refused = await client.UpdateAsync(metadata);
            Assert.True(refused.Status == 400 && refused.Error is "invalid_client_metadata" or "unapproved_software_statement", $"{name}: {refused.Status} {refused.Body}");
        }
        var without = await client.SendAsync("PUT", Registrar.Machine().ToJsonString(), client.Token);
        Assert.Equal("invalid_client_metadata", without.Error);
        (await client.TokenAsync()).Ok();
        var honest = Registrar.Machine();
        honest["client_secret"] = client.Client.Secret;
        client = client.After(await client.UpdateAsync(honest));
        (await client.TokenAsync()).Ok();
    }

    [Fact]
    [Trait("Invariant", "T1")]
    public async Task A_registration_token_is_one_clients_alone_and_a_clients_secret_is_none()
    {
        var registrar = await Registrar.MakeAsync(server);
        var (client, other) = (await registrar.ClientAsync(), await registrar.ClientAsync());
        var foreign = await (await Registrar.MakeAsync(server)).ClientAsync();
        foreach (var token in new[] { other.Token, foreign.Token, client.Client.Secret, registrar.Token, registrar.AdminKey, client.Token[..^1], client.Token + "A", "" })
        {
            foreach (var reply in new[] { await client.ReadAsync(token), await client.UpdateAsync(Registrar.Machine(), token), await client.DeleteAsync(token) })
            {
                RefusedToken(reply);
            }
        }
        var elsewhere = await Registrar.SendAsync(server, "DELETE", $"{Registrar.Path(foreign.Client.Tenant)}/{client.Id}", client.Token, null);
        RefusedToken(elsewhere);
        RefusedToken(await Registrar.SendAsync(server, "GET", $"{Registrar.Path(registrar.Tenant)}/nobody", client.Token, null));
        var nothing = await client.SendAsync("GET", null, null);
        Assert.Equal((401, "realm=\"fabric\""), (nothing.Status, nothing.Challenge?.Parameter));
        (await client.TokenAsync()).Ok();
        RefusedToken(await (registrar with { Token = client.Token }).RegisterAsync());
    }

    [Fact]
    public async Task A_client_that_is_stopped_does_not_change_itself_and_may_go()
    {
        var registrar = await Registrar.MakeAsync(server);
        var client = await registrar.ClientAsync();
        await server.Operator.SuspendAgentAsync(registrar.Tenant, client.Id, new SuspendAgent("a look")).OrThrow();
        Assert.Equal((403, "access_denied"), Told(await client.UpdateAsync(Registrar.Machine())));
        (await client.ReadAsync()).Ok();
        await server.Operator.ResumeAgentAsync(registrar.Tenant, client.Id).OrThrow();
        var node = new NodeDto("tenant", registrar.Tenant);
        await server.Operator.LockAsync(new LockRequest(node, "a look", Seconds: 60)).OrThrow();
        Assert.Equal((403, "access_denied"), Told(await client.UpdateAsync(Registrar.Machine())));
        Assert.Equal((403, "access_denied"), Told(await registrar.RegisterAsync()));
        Assert.Equal(204, (await client.DeleteAsync()).Status);
        Assert.Equal(2, await registrar.RemainingAsync());
    }

    [Fact]
    public async Task A_registered_client_speaks_oauth_alone_for_the_grants_that_it_registered()
    {
        var registrar = await Registrar.MakeAsync(server);
        var client = await registrar.ClientAsync();
        foreach (var (method, path, body) in new[]
        {
            ("POST", $"/v1/tenants/{registrar.Tenant}/sessions", $$"""{"agent":"{{client.Id}}","purpose":"x","scopes":[{"tool":"mail"}]}"""),
            ("GET", $"/v1/tenants/{registrar.Tenant}/agents/{client.Id}", null), ("POST", $"/v1/tenants/{registrar.Tenant}/agents/{client.Id}/rotate-secret", null),
        })
        {
            var refused = await Registrar.SendAsync(server, method, path, client.Client.Secret, body);
            Assert.Equal((403, "auth.forbidden"), (refused.Status, refused.Text("code")));
        }
        (await client.Client.ExchangeAsync("x")).Refused("unauthorized_client");
        (await server.PostAsync(registrar.Tenant, "bc-authorize", client.Client.BasicHeader, ("login_hint", "mia"), ("scope", "mail"))).Refused("unauthorized_client");

        // Nobody can tell what an agent registered for that only has such a name.
        var made = await server.Operator.CreateAgentAsync(registrar.Tenant, new CreateAgent("dcr:made-by-hand", "backend", [new ScopeDto("mail")])).OrThrow();
        (await new AgentClient(server, registrar.Tenant, "dcr:made-by-hand", made.Secret).TokenAsync()).Refused("unauthorized_client");
    }

    [Fact]
    public async Task What_cannot_be_made_leaves_nothing_behind()
    {
        var tenant = await WithUserAsync("mia");
        var registrar = await Registrar.MakeAsync(server, command => command with { Kind = "personal", Owner = "mia" }, tenant);
        await server.Operator.OffboardUserAsync(tenant, "mia", new EndNode("gone")).OrThrow();
        Assert.Equal((403, "access_denied"), Told(await registrar.RegisterAsync(Registrar.Application())));
        Assert.Empty(await registrar.ClientsAsync());
        Assert.Empty((await server.Operator.ListAgentsAsync(tenant, new PageQuery(null, 10)).OrThrow()).Items);
        Assert.Equal(2, await registrar.RemainingAsync());
    }

    [Fact]
    public async Task A_token_is_made_only_as_agents_can_be()
    {
        var tenant = await WithUserAsync("mia");
        var key = await server.KeyAsync("tenant_admin", tenant);
        var (good, now) = (new MakeRegistrationToken("x", "backend", [new("mail")]), server.Time.GetUtcNow());
        foreach (var (command, code) in new[]
        {
            (good with { Name = " " }, "request.invalid_field"), (good with { Kind = "human" }, "request.invalid_field"), (good with { Scopes = [] }, "scope.invalid"),
            (good with { Kind = "personal" }, "request.invalid_field"), (good with { Kind = "personal", Owner = "nobody" }, "node.not_found"), (good with { Kind = "shared", Owner = "mia" }, "request.invalid_field"),
            (good with { Kind = "shared", Owner = "mia", ReviewAt = now.AddHours(1) }, "request.invalid_field"), (good with { GrantTypes = [] }, "request.invalid_field"),
            (good with { GrantTypes = ["authorization_code"] }, "request.invalid_field"), (good with { GrantTypes = ["password"] }, "request.invalid_field"),
            (good with { RedirectHosts = [] }, "request.invalid_field"), (good with { RedirectHosts = ["app.example/x"] }, "request.invalid_field"), (good with { RedirectHosts = ["*.example"] }, "request.invalid_field"),
            (good with { Registrations = 0 }, "request.invalid_field"), (good with { Registrations = 1_001 }, "request.invalid_field"), (good with { ExpiresAt = now }, "request.invalid_field"),
            (good with { ExpiresAt = now.AddDays(91) }, "request.invalid_field"), (good with { Environment = "a b" }, "request.invalid_field"),
        })
        {
            var refused = await Registrar.MintAsync(server, key, tenant, command);
            Assert.True(refused.Text("code") == code, $"{command}: {refused.Status} {refused.Body}");
        }
        Assert.Equal("request.unknown_field", (await Registrar.SendAsync(
            server, "POST", $"/v1/tenants/{tenant}/registration-tokens", key, """{"name":"x","kind":"backend","scopes":[{"tool":"mail"}],"count":7}""")).Text("code"));
        Assert.Equal(201, (await Registrar.MintAsync(server, key, tenant, good)).Status);
        var shared = good with { Kind = "shared", Owner = "mia", ReviewAt = now.AddDays(30), RedirectHosts = ["app.example", "[::1]"] };
        Assert.Equal(201, (await Registrar.MintAsync(server, key, tenant, shared)).Status);
        var keys = (await server.Operator.ListApiKeysAsync(new PageQuery(null, 1_000)).OrThrow()).Items.Where(made => made.Tenant == tenant && made.Role == "registrar").ToList();
        Assert.Equal(2, keys.Count);
        Assert.All(keys, made => Assert.NotNull(made.ExpiresAt));
    }

    private static (int Status, string? Error) Told(OAuthReply reply) => (reply.Status, reply.Error);

    private async Task<string> WithUserAsync(string user)
    {
        var tenant = await server.TenantAsync();
        await server.Operator.CreateUserAsync(tenant, new CreateUser(user)).OrThrow();
        return tenant;
    }
}
