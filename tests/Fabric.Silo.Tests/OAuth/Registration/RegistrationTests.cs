using System.Text;
using System.Text.Json.Nodes;
using Fabric.Client;
using Fabric.Contracts.Audit;
using Fabric.Contracts.Checks;
using Fabric.Contracts.Sessions;
using Fabric.Engine;

namespace Fabric.Silo.Tests.OAuth.Registration;

/// <summary>Clients that register themselves (RFC 7591) and manage that (RFC 7592): what they get, and how it ends.</summary>
public sealed class RegistrationTests(OAuthServer server) : IClassFixture<OAuthServer>
{
    private const string AssertionType = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";

    [Fact]
    [Trait("Invariant", "R1")]
    public async Task A_client_registers_gets_tokens_changes_itself_and_is_gone_with_all_that_came_of_it()
    {
        var registrar = await Registrar.MakeAsync(server);
        var client = await registrar.ClientAsync();
        Assert.StartsWith("dcr:", client.Id, StringComparison.Ordinal);
        Assert.Equal($"{OAuthServer.Address}/tenants/{registrar.Tenant}/oauth/register/{client.Id}", client.Answer.GetProperty("registration_client_uri").GetString());
        Assert.Equal(0, client.Answer.GetProperty("client_secret_expires_at").GetInt64());
        Assert.Equal(server.Now, client.Answer.GetProperty("client_id_issued_at").GetInt64());
        Assert.Equal(("client_secret_basic", "pipeline 7"), (client.Answer.GetProperty("token_endpoint_auth_method").GetString(), client.Answer.GetProperty("client_name").GetString()));
        Assert.Equal(0, client.Answer.GetProperty("response_types").GetArrayLength());

        var token = (await client.TokenAsync()).Ok();
        Assert.True(await IsAllowedAsync(token.Token));
        var read = (await client.ReadAsync()).Ok();
        Assert.Equal((client.Token, null), (read.Text("registration_access_token"), read.Text("client_secret")));
        Assert.Equal("client_credentials", Assert.Single(read.Body.GetProperty("grant_types").EnumerateArray()).GetString());

        var renamed = Registrar.Machine();
        renamed["client_name"] = "pipeline 8";
        var changed = client.After(await client.UpdateAsync(renamed));
        Assert.Equal("pipeline 8", changed.Answer.GetProperty("client_name").GetString());
        Assert.NotEqual(client.Token, changed.Token);
        RefusedToken(await client.ReadAsync());
        (await changed.ReadAsync()).Ok();
        (await changed.TokenAsync()).Ok();

        RefusedToken(await client.DeleteAsync());
        Assert.True(await IsAllowedAsync(token.Token));
        Assert.Equal(204, (await changed.DeleteAsync()).Status);
        Assert.False(await IsAllowedAsync(token.Token));
        (await changed.TokenAsync()).Refused("invalid_client", 401);
        RefusedToken(await changed.ReadAsync());
        RefusedToken(await changed.UpdateAsync(renamed));
        RefusedToken(await changed.DeleteAsync());
        Assert.Equal("retired", (await server.Operator.GetAgentAsync(registrar.Tenant, client.Id).OrThrow()).Status);
        Assert.Empty(await registrar.ClientsAsync());
    }

    [Fact]
    public async Task The_metadata_names_the_endpoint_while_the_tenant_has_an_initial_token()
    {
        var tenant = await server.TenantAsync();
        Assert.Null(await EndpointAsync(tenant));
        var registrar = await Registrar.MakeAsync(server, tenant: tenant);
        Assert.Equal($"{OAuthServer.Address}/tenants/{tenant}/oauth/register", await EndpointAsync(tenant));
        Assert.Null(await EndpointAsync(await server.TenantAsync()));
        (await registrar.AdminAsync("DELETE", $"/{registrar.Id}")).Ok();
        Assert.Null(await EndpointAsync(tenant));
    }

    [Fact]
    [Trait("Invariant", "S3")]
    public async Task What_a_client_asks_for_narrows_what_the_token_gives_and_keeps_its_constraints()
    {
        var registrar = await Registrar.MakeAsync(server);
        var whole = await registrar.ClientAsync();
        Assert.Equal(["mail", "files"], (await server.Operator.GetAgentAsync(registrar.Tenant, whole.Id).OrThrow()).Scopes.Select(scope => scope.Tool));
        var metadata = Registrar.Machine();
        metadata["scope"] = "files:read mail:send";
        var narrow = await registrar.ClientAsync(metadata);
        var agent = await server.Operator.GetAgentAsync(registrar.Tenant, narrow.Id).OrThrow();
        Assert.Equal([("files", "read", 50L), ("mail", "send", null)], agent.Scopes.Select(scope => (scope.Tool, scope.Action, scope.MaxCalls)));
        Assert.Equal("Build pipelines", agent.Name);
        (await narrow.TokenAsync("mail:read")).Refused("invalid_scope");
        (await narrow.TokenAsync("mail:send")).Ok();
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_user_says_yes_to_a_registered_client_under_the_name_that_the_administrator_gave(bool refreshes)
    {
        var (registrar, user) = await Registrar.OfUserAsync(server);
        var metadata = Registrar.Application();
        if (!refreshes)
        {
            // The defaults of RFC 7591 section 2.
            metadata.Remove("grant_types");
            metadata.Remove("response_types");
        }
        var client = await registrar.ClientAsync(metadata);
        var code = new CodeClient(client.Client, user);
        using var browser = new Browser(server);
        var consent = await browser.OpenAsync(code.Path(), user, CodeClient.Password);
        Assert.Contains("Build pipelines", consent.Text, StringComparison.Ordinal);
        Assert.DoesNotContain("Root of all", consent.Text, StringComparison.Ordinal);
        var answer = await browser.SubmitAsync(consent, "/consent", ("decision", "approve"));
        var token = (await code.RedeemAsync(answer["code"]!)).Ok();
        Assert.Equal(refreshes, token.Text("refresh_token") is not null);
        (await client.TokenAsync()).Refused("unauthorized_client");

        var moved = refreshes ? Registrar.Application() : metadata;
        moved["redirect_uris"] = new JsonArray("https://app.example/new", "http://127.0.0.1/cb");
        var changed = client.After(await client.UpdateAsync(moved));
        Assert.Equal(2, changed.Answer.GetProperty("redirect_uris").GetArrayLength());
        Assert.Equal((400, null), await ShownAsync(browser, code.Path()));
        Assert.Equal((200, null), await ShownAsync(browser, code.Path(("redirect_uri", "http://127.0.0.1:4711/cb"))));

        Assert.True(await code.IsLiveAsync(token.Token));
        Assert.Equal(204, (await changed.DeleteAsync()).Status);
        Assert.False(await IsAllowedAsync(token.Token));
        if (refreshes)
        {
            (await code.RefreshAsync(token.Text("refresh_token")!)).Refused("invalid_client", 401);
        }
        Assert.Equal(400, (await browser.GetAsync(code.Path(("redirect_uri", "https://app.example/new")))).Status);
    }

    [Fact]
    public async Task A_client_with_keys_has_no_secret_and_changes_its_keys_and_its_method_itself()
    {
        using var first = new SigningClient();
        using var second = new SigningClient();
        var registrar = await Registrar.MakeAsync(server);
        var client = await registrar.ClientAsync(Signing(first));
        Assert.False(client.Answer.TryGetProperty("client_secret", out _));
        Assert.Equal(first.Thumbprint, client.Answer.GetProperty("jwks").GetProperty("keys")[0].GetProperty("kid").GetString());
        (await AssertAsync(client, first)).Ok();
        (await AssertAsync(client, second)).Refused("invalid_client", 401);

        client = client.After(await client.UpdateAsync(Signing(second)));
        Assert.Equal("", client.Client.Secret);
        (await AssertAsync(client, first)).Refused("invalid_client", 401);
        (await AssertAsync(client, second)).Ok();

        client = client.After(await client.UpdateAsync(Registrar.Machine()));
        Assert.NotEqual("", client.Client.Secret);
        (await AssertAsync(client, second)).Refused("invalid_client", 401);
        (await client.TokenAsync()).Ok();

        var withSecret = client;
        client = client.After(await client.UpdateAsync(Signing(first)));
        (await withSecret.TokenAsync()).Refused("invalid_client", 401);
        (await AssertAsync(client, first)).Ok();
    }

    [Fact]
    public async Task An_update_whose_answer_was_lost_is_sent_again_and_for_a_moment_only()
    {
        var registrar = await Registrar.MakeAsync(server);
        using var key = new SigningClient();
        var client = await registrar.ClientAsync(Signing(key));
        var first = client.After(await client.UpdateAsync(Registrar.Machine()));
        RefusedToken(await client.ReadAsync());
        RefusedToken(await client.DeleteAsync());
        var again = client.After(await client.UpdateAsync(Registrar.Machine()));
        Assert.Equal(first.Token, again.Token);
        Assert.NotEqual(first.Client.Secret, again.Client.Secret);
        (await first.TokenAsync()).Refused("invalid_client", 401);
        (await again.TokenAsync()).Ok();

        server.Time.Advance(TimeSpan.FromSeconds(11));
        RefusedToken(await client.UpdateAsync(Registrar.Machine()));
        var next = again.After(await again.UpdateAsync(Registrar.Machine()));
        Assert.NotEqual(again.Token, next.Token);
        Assert.Equal(again.Client.Secret, next.Client.Secret);

        // Two updates ago is never again.
        RefusedToken(await client.UpdateAsync(Registrar.Machine()));
    }

    [Fact]
    public async Task A_client_that_registers_for_bound_tokens_gets_no_others()
    {
        using var key = new SigningClient();
        var metadata = Registrar.Machine();
        metadata["dpop_bound_access_tokens"] = true;
        var client = await (await Registrar.MakeAsync(server)).ClientAsync(metadata);
        Assert.True(client.Answer.GetProperty("dpop_bound_access_tokens").GetBoolean());
        (await client.TokenAsync()).Refused("invalid_dpop_proof");
        var form = OAuthServer.Form(("grant_type", "client_credentials"));
        var nonce = (await server.PostAsync(client.Client.Tenant, "token", client.Client.BasicHeader, form, ("DPoP", key.Proof(client.Client, null)))).Nonce;
        var again = OAuthServer.Form(("grant_type", "client_credentials"));
        var token = await server.PostAsync(client.Client.Tenant, "token", client.Client.BasicHeader, again, ("DPoP", key.Proof(client.Client, nonce)));
        Assert.Equal("DPoP", token.Ok().Text("token_type"));
    }

    [Fact]
    [Trait("Invariant", "S1")]
    public async Task Who_made_the_initial_token_approves_nothing_for_what_came_of_it()
    {
        var tenant = await server.TenantAsync();
        var (jane, joe) = (new Caller(Role.TenantAdmin, tenant, "jane"), new Caller(Role.Approver, tenant, "joe"));
        var key = (await server.As(jane).MakeApiKeyAsync(new("tenant_admin", "jane", tenant)).OrThrow()).Secret;
        var made = await Registrar.MintAsync(server, key, tenant, new("Asks first", "backend", [new("mail")], RequireApproval: true));
        var registrar = new Registrar(server, tenant, made.Text("secret")!, made.Body.GetProperty("token").GetProperty("id").GetString()!, key);
        var pending = await (await registrar.ClientAsync()).TokenAsync();
        Assert.Equal("authorization_pending", pending.Error);
        var session = pending.Text("session")!;
        Assert.Equal("approval.by_requester", (await server.As(jane).ApproveSessionAsync(session, new ApproveSession())).Rejection?.Code);
        Assert.Equal("active", (await server.As(joe).ApproveSessionAsync(session, new ApproveSession()).OrThrow()).Status);
    }

    [Fact]
    public async Task The_audit_says_by_which_token_and_by_which_client()
    {
        var registrar = await Registrar.MakeAsync(server);
        var client = await registrar.ClientAsync();
        await client.DeleteAsync();
        var told = (await server.Operator.QueryAuditAsync(new AuditQuery(Tenant: registrar.Tenant)).OrThrow()).Items.Select(entry => entry.By).ToHashSet();
        Assert.Contains($"tenant_admin:registration.{registrar.Id}@{registrar.Tenant}", told);
        Assert.Contains($"tenant_admin:{client.Id}@{registrar.Tenant}", told);
    }

    [Fact]
    public async Task Secrets_are_stored_as_hashes_alone()
    {
        var registrar = await Registrar.MakeAsync(server);
        var client = await registrar.ClientAsync();
        string[] secrets = [registrar.Token, client.Token, client.Client.Secret];
        var stored = new StringBuilder();
        foreach (var file in server.Files().Where(file => !file.EndsWith(".lock", StringComparison.Ordinal)))
        {
            using var stream = new FileStream(file, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
            using var reader = new StreamReader(stream, Encoding.Latin1);
            stored.Append(await reader.ReadToEndAsync());
        }
        var text = stored.ToString();
        Assert.Contains(client.Id, text, StringComparison.Ordinal);
        Assert.DoesNotContain(secrets, secret => text.Contains(secret[(secret.LastIndexOf('.') + 1)..], StringComparison.Ordinal));
    }

    [Fact]
    [Trait("Invariant", "B1")]
    public async Task Of_many_who_register_at_once_as_many_come_in_as_the_token_says()
    {
        var registrar = await Registrar.MakeAsync(server);
        var replies = await Task.WhenAll(Enumerable.Range(0, 12).Select(_ => registrar.RegisterAsync()));
        Assert.Equal(3, replies.Count(reply => reply.Status == 201));
        Assert.All(replies.Where(reply => reply.Status != 201), RefusedToken);
        Assert.Equal(3, (await registrar.ClientsAsync()).Count);
        Assert.Equal(0, await registrar.RemainingAsync());
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    [Trait("Invariant", "R1")]
    public async Task A_token_is_revoked_alone_or_with_all_that_came_by_it(bool withClients)
    {
        var registrar = await Registrar.MakeAsync(server);
        var (client, other) = (await registrar.ClientAsync(), await (await Registrar.MakeAsync(server, tenant: registrar.Tenant)).ClientAsync());
        var (token, sibling) = ((await client.TokenAsync()).Ok().Token, (await other.TokenAsync()).Ok().Token);
        Assert.Equal(400, (await registrar.AdminAsync("DELETE", $"/{registrar.Id}?client=true")).Status);
        Assert.Equal(2, await registrar.RemainingAsync());
        (await registrar.AdminAsync("DELETE", $"/{registrar.Id}{(withClients ? "?clients=true" : "")}")).Ok();
        RefusedToken(await registrar.RegisterAsync());
        Assert.Equal(404, (await registrar.AdminAsync("DELETE", $"/{registrar.Id}")).Status);
        Assert.Equal(!withClients, await IsAllowedAsync(token));
        Assert.Equal(withClients ? "retired" : "active", Assert.Single(await registrar.ClientsAsync()).GetProperty("status").GetString());
        Assert.Equal(withClients ? 401 : 200, (await client.ReadAsync()).Status);
        Assert.True(await IsAllowedAsync(sibling));
    }

    [Fact]
    public async Task An_administrator_sees_who_came_by_a_token_and_ends_one_of_them()
    {
        var registrar = await Registrar.MakeAsync(server);
        var client = await registrar.ClientAsync();
        var seen = Assert.Single(await registrar.ClientsAsync());
        Assert.Equal((client.Id, "pipeline 7", "active"), (seen.GetProperty("id").GetString(), seen.GetProperty("clientName").GetString(), seen.GetProperty("status").GetString()));
        await server.Operator.RetireAgentAsync(registrar.Tenant, client.Id, new("not needed")).OrThrow();
        RefusedToken(await client.ReadAsync());
        RefusedToken(await client.UpdateAsync(Registrar.Machine()));

        // There is nothing left but to forget it.
        Assert.Equal(204, (await client.DeleteAsync()).Status);
        Assert.Empty(await registrar.ClientsAsync());
    }

    private static void RefusedToken(OAuthReply reply) => RegistrationRefusalTests.RefusedToken(reply);

    private static JsonObject Signing(SigningClient key)
    {
        var metadata = Registrar.Machine();
        metadata["token_endpoint_auth_method"] = "private_key_jwt";
        metadata["jwks"] = new JsonObject { ["keys"] = new JsonArray(key.Jwk) };
        return metadata;
    }

    private Task<OAuthReply> AssertAsync(Registered client, SigningClient key) => server.PostAsync(
        client.Client.Tenant, "token", null, ("grant_type", "client_credentials"), ("client_assertion_type", AssertionType), ("client_assertion", key.Assertion(client.Client)));

    private async Task<bool> IsAllowedAsync(string token) => (await server.Operator.CheckAsync(new CheckRequest(token, "mail", "send", "desk", "read")).OrThrow()).Allowed;

    private static async Task<(int Status, string? Location)> ShownAsync(Browser browser, string path) => await browser.GetAsync(path) is var page ? (page.Status, page.Location) : default;

    private async Task<string?> EndpointAsync(string tenant) => (await Registrar.MetadataAsync(server, tenant)).TryGetProperty("registration_endpoint", out var named) ? named.GetString() : null;
}
