namespace Fabric.Silo.Tests.OAuth;

/// <summary>Pushed authorization requests (RFC 9126).</summary>
public sealed class PushedRequestTests(OAuthServer server) : IClassFixture<OAuthServer>
{
    [Fact]
    public async Task A_pushed_request_is_gone_through_once_by_one_browser()
    {
        var client = await CodeClient.MakeAsync(server);
        var uri = await PushAsync(client);
        using var browser = new Browser(server);
        using var another = new Browser(server);
        var consent = await browser.OpenAsync(PathOf(client, uri), client.User, CodeClient.Password);
        Assert.Contains("send the &lt;report&gt;", consent.Text, StringComparison.Ordinal);
        Assert.Equal((400, null), ((await another.GetAsync(PathOf(client, uri))).Status, (await another.GetAsync(PathOf(client, uri))).Location));
        var answer = await browser.SubmitAsync(consent, "/consent", ("decision", "approve"));
        Assert.Equal("s t&a=te", answer["state"]);
        (await client.RedeemAsync(answer["code"]!)).Ok();
        Assert.Equal(400, (await browser.GetAsync(PathOf(client, uri))).Status);
        Assert.Equal((403, null), ((await browser.SubmitAsync(consent, "/consent", ("decision", "approve"))).Status, (await browser.SubmitAsync(consent, "/consent", ("decision", "approve"))).Location));
    }

    [Fact]
    public async Task A_request_waits_for_a_browser_for_a_while_and_then_for_its_user()
    {
        var client = await CodeClient.MakeAsync(server);
        var (late, slow) = (await PushAsync(client), await PushAsync(client));
        using var browser = new Browser(server);
        var consent = await browser.OpenAsync(PathOf(client, slow), client.User, CodeClient.Password);
        server.Time.Advance(TimeSpan.FromSeconds(91));
        Assert.Equal(400, (await browser.GetAsync(PathOf(client, late))).Status);
        Assert.NotNull((await browser.SubmitAsync(consent, "/consent", ("decision", "approve")))["code"]);
    }

    [Fact]
    public async Task What_stands_beside_the_name_counts_for_nothing()
    {
        var client = await CodeClient.MakeAsync(server);
        var sibling = await CodeClient.MakeForAsync(server, client.Tenant, client.User);
        var stranger = await CodeClient.MakeAsync(server);
        var uri = await PushAsync(client);
        using var browser = new Browser(server);
        foreach (var path in (string[])
        [
            PathOf(sibling, uri), PathOf(stranger, uri), $"/tenants/{client.Tenant}/oauth/authorize?request_uri={Uri.EscapeDataString(uri)}", PathOf(client, uri + "x"), PathOf(client, "https://evil.example/request"),
            PathOf(client, "urn:ietf:params:oauth:request_uri:"),
        ])
        {
            Assert.Equal((400, null), ((await browser.GetAsync(path)).Status, (await browser.GetAsync(path)).Location));
        }
        var consent = await browser.OpenAsync(PathOf(client, uri) + "&redirect_uri=https%3A%2F%2Fevil.example&scope=files&state=other", client.User, CodeClient.Password);
        Assert.DoesNotContain("<code>files</code>", consent.Text, StringComparison.Ordinal);
        var answer = await browser.SubmitAsync(consent, "/consent", ("decision", "deny"));
        Assert.Equal(("access_denied", "s t&a=te"), (answer["error"], answer["state"]));
        Assert.StartsWith(CodeClient.Redirect, answer.Location, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("redirect_uri", "https://evil.example/cb", "invalid_request")]
    [InlineData("redirect_uri", null, "invalid_request")]
    [InlineData("code_challenge_method", "plain", "invalid_request")]
    [InlineData("code_challenge", null, "invalid_request")]
    [InlineData("response_type", "token", "unsupported_response_type")]
    [InlineData("scope", "bank", "invalid_scope")]
    [InlineData("request_uri", "urn:ietf:params:oauth:request_uri:x", "invalid_request")]
    public async Task What_is_wrong_is_told_at_once(string name, string? value, string error)
    {
        var client = await CodeClient.MakeAsync(server);
        (await SendAsync(client, client.Parameters((name, value)))).Refused(error);
    }

    [Fact]
    public async Task Only_a_client_that_proves_itself_pushes_and_only_for_itself()
    {
        var client = await CodeClient.MakeAsync(server);
        var sibling = await CodeClient.MakeForAsync(server, client.Tenant, client.User);
        (await server.PostAsync(client.Tenant, "par", null, new FormUrlEncodedContent(client.Parameters()))).Refused("invalid_client", 401);
        (await server.PostAsync(client.Tenant, "par", sibling.Client.BasicHeader, new FormUrlEncodedContent(client.Parameters()))).Refused("invalid_client", 401);
        var byPost = client.Parameters(("client_secret", client.Client.Secret));
        var reply = await server.PostAsync(client.Tenant, "par", null, new FormUrlEncodedContent(byPost));
        Assert.Equal(201, reply.Status);
    }

    [Fact]
    public async Task A_proof_binds_the_code_to_its_key()
    {
        var client = await CodeClient.MakeAsync(server);
        using var key = new SigningClient();
        var endpoint = client.Client.Issuer + "/oauth/par";
        var first = await SendAsync(client, client.Parameters(), ("DPoP", key.Proof(client.Client, null, claims => claims["htu"] = endpoint)));
        first.Refused("use_dpop_nonce");
        (await SendAsync(client, client.Parameters(("dpop_jkt", CodeClient.Challenge)), ("DPoP", key.Proof(client.Client, first.Nonce, claims => claims["htu"] = endpoint)))).Refused("invalid_dpop_proof");
        var pushed = await SendAsync(client, client.Parameters(), ("DPoP", key.Proof(client.Client, first.Nonce, claims => claims["htu"] = endpoint)));
        using var browser = new Browser(server);
        var consent = await browser.OpenAsync(PathOf(client, pushed.Text("request_uri")!), client.User, CodeClient.Password);
        var code = (await browser.SubmitAsync(consent, "/consent", ("decision", "approve")))["code"]!;
        (await client.RedeemAsync(code)).Refused("invalid_grant");
    }

    [Fact]
    public async Task A_server_that_wants_requests_pushed_takes_no_other()
    {
        var strict = new OAuthServer { RequirePushedRequests = true };
        await strict.InitializeAsync();
        try
        {
            var client = await CodeClient.MakeAsync(strict);
            using var browser = new Browser(strict);
            Assert.Equal((400, null), ((await browser.GetAsync(client.Path())).Status, (await browser.GetAsync(client.Path())).Location));
            var uri = (await strict.PostAsync(client.Tenant, "par", client.Client.BasicHeader, new FormUrlEncodedContent(client.Parameters()))).Text("request_uri")!;
            Assert.Contains("/consent", (await browser.OpenAsync(PathOf(client, uri), client.User, CodeClient.Password)).Text, StringComparison.Ordinal);
        }
        finally
        {
            await strict.DisposeAsync();
        }
    }

    private static string PathOf(CodeClient client, string uri) =>
        $"/tenants/{client.Tenant}/oauth/authorize?client_id={Uri.EscapeDataString(client.Client.Id)}&request_uri={Uri.EscapeDataString(uri)}";

    private async Task<string> PushAsync(CodeClient client)
    {
        var reply = await SendAsync(client, client.Parameters());
        Assert.Equal((201, 90), (reply.Status, reply.Body.GetProperty("expires_in").GetInt32()));
        return reply.Text("request_uri")!;
    }

    private Task<OAuthReply> SendAsync(CodeClient client, Dictionary<string, string> parameters, params (string Name, string Value)[] headers) =>
        server.PostAsync(client.Tenant, "par", client.Client.BasicHeader, new FormUrlEncodedContent(parameters), headers);
}
