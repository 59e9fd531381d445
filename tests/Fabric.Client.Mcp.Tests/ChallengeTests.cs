using System.Net;
using System.Text.Json;
using Fabric.Core.Common;

namespace Fabric.Client.Mcp.Tests;

/// <summary>What a caller without the right token is answered (MCP 2026-07-28, authorization; RFC 6750, RFC 9728).</summary>
public sealed class ChallengeTests : IAsyncLifetime
{
    private const string Metadata = "https://files.example/.well-known/oauth-protected-resource/mcp";

    private GuardedServer _server = null!;

    public async Task InitializeAsync() => _server = await GuardedServer.StartAsync();

    public async Task DisposeAsync() => await _server.DisposeAsync();

    [Fact]
    public async Task The_metadata_stands_between_host_and_path_and_names_the_issuer()
    {
        using var answer = await _server.Http.GetAsync(new Uri("/.well-known/oauth-protected-resource/mcp", UriKind.Relative));
        using var body = JsonDocument.Parse(await answer.Content.ReadAsStringAsync());
        Assert.Equal("application/json", answer.Content.Headers.ContentType?.MediaType);
        Assert.Equal(
            """{"resource":"https://files.example/mcp","authorization_servers":["https://fabric.example/tenants/acme"],"scopes_supported":["files:read_file"],"bearer_methods_supported":["header"],"dpop_signing_alg_values_supported":["ES256"],"resource_name":"files"}""",
            body.RootElement.GetRawText());
    }

    [Theory]
    [InlineData(null)]
    [InlineData("Basic abc")]
    [InlineData("Bearer")]
    public async Task Without_a_token_the_challenge_says_where_to_get_one(string? authorization)
    {
        foreach (var method in new[] { HttpMethod.Post, HttpMethod.Get, HttpMethod.Delete })
        {
            using var answer = await _server.PostAsync(GuardedServer.CallOf("who", "{}"), null, change: request =>
            {
                request.Method = method;
                request.Headers.TryAddWithoutValidation("Authorization", authorization);
            });

            // Without sessions there is nothing to get or delete, which is told to everybody.
            if (answer.StatusCode != HttpStatusCode.MethodNotAllowed)
            {
                Assert.Equal(HttpStatusCode.Unauthorized, answer.StatusCode);
                Assert.Equal($"Bearer resource_metadata=\"{Metadata}\", DPoP algs=\"ES256\"", answer.Headers.WwwAuthenticate.ToString());
            }
        }

        Assert.Empty(_server.Log.Lines);
    }

    [Fact]
    public async Task Two_tokens_are_none()
    {
        var (_, token) = await _server.TokenAsync();
        using var answer = await _server.PostAsync(GuardedServer.CallOf("who", "{}"), null, change: request => request.Headers.TryAddWithoutValidation("Authorization", [$"Bearer {token}", $"Bearer {token}"]));
        Assert.Equal(HttpStatusCode.Unauthorized, answer.StatusCode);
        using var query = await _server.PostAsync(GuardedServer.CallOf("who", "{}"), null, $"/mcp?access_token={token}");
        Assert.Equal(HttpStatusCode.Unauthorized, query.StatusCode);
        Assert.Empty(_server.Log.Lines);
    }

    [Fact]
    [Trait("Invariant", "T1")]
    public async Task A_token_for_another_server_or_of_another_tenant_is_not_taken()
    {
        await ExpectAsync(Codes.TokenAudience, (await _server.TokenAsync(audience: "https://other.example/mcp")).Token);
        await ExpectAsync(Codes.TokenAudience, (await _server.TokenAsync(audience: GuardedServer.Resource + "/")).Token);
        await ExpectAsync(Codes.TokenForeignTenant, (await _server.TokenAsync(tenant: "evil")).Token);
        await using var open = await GuardedServer.StartAsync(tenant: null);
        using var foreign = await open.PostAsync(GuardedServer.CallOf("who", "{}"), (await open.TokenAsync(tenant: "evil")).Token);
        Assert.Equal((HttpStatusCode.Unauthorized, Codes.TokenForeignTenant), (foreign.StatusCode, await CodeOf(foreign)));
        using var own = await open.PostAsync(GuardedServer.CallOf("who", "{}"), (await open.TokenAsync()).Token);
        Assert.Equal(HttpStatusCode.OK, own.StatusCode);
        Assert.Equal(["acme bot"], open.Log.Lines);
    }

    [Fact]
    public async Task A_token_that_is_over_locked_or_nonsense_is_not_taken()
    {
        await ExpectAsync(Codes.TokenMalformed, "nonsense");
        var (session, token) = await _server.TokenAsync();
        await ExpectAsync(Codes.TokenSignature, token[..^3] + (token[^3] == 'A' ? "BAA" : "AAA"));
        await _server.Operator.LockAsync(new(new("agent", "acme", "bot"), "looks odd", Seconds: 60)).OrThrow();
        await ExpectAsync(Codes.AgentLocked, token);
        _server.Time.Advance(TimeSpan.FromSeconds(61));
        using var again = await _server.PostAsync(GuardedServer.CallOf("who", "{}"), token);
        Assert.Equal(HttpStatusCode.OK, again.StatusCode);
        _server.Time.Advance(TimeSpan.FromHours(1));
        await ExpectAsync(Codes.TokenExpired, token);
        Assert.Equal(["acme bot"], _server.Log.Lines);
    }

    [Fact]
    public async Task A_scope_that_does_not_reach_is_challenged_with_the_one_that_is_needed()
    {
        var (_, token) = await _server.TokenAsync(action: "read_file", resource: "files/a/*");
        using var answer = await _server.PostAsync(GuardedServer.CallOf("read_file", """{"path":"b/c:1.txt"}"""), token);
        Assert.Equal(HttpStatusCode.Forbidden, answer.StatusCode);
        Assert.Equal(
            $"Bearer error=\"insufficient_scope\", error_description=\"scope.denied\", scope=\"files:read_file:files/b/c:1.txt\", resource_metadata=\"{Metadata}\"",
            answer.Headers.WwwAuthenticate.ToString());
        var (_, wider) = await _server.TokenAsync(action: "read_file", resource: "files/b/c:1.txt");
        using var stepped = await _server.PostAsync(GuardedServer.CallOf("read_file", """{"path":"b/c:1.txt"}"""), wider);
        Assert.Equal(HttpStatusCode.OK, stepped.StatusCode);

        // A challenge for `*` would read as a scope for everything.
        using var star = await _server.PostAsync(GuardedServer.CallOf("read_file", """{"path":"*"}"""), token);
        Assert.Equal((HttpStatusCode.Forbidden, false), (star.StatusCode, star.Headers.WwwAuthenticate.ToString().Contains("scope=\"f", StringComparison.Ordinal)));
    }

    [Theory]
    [InlineData("https://evil.example", HttpStatusCode.Forbidden)]
    [InlineData("null", HttpStatusCode.Forbidden)]
    [InlineData("https://files.example:8443", HttpStatusCode.Forbidden)]
    [InlineData("http://files.example", HttpStatusCode.Forbidden)]
    [InlineData("https://files.example", HttpStatusCode.OK)]
    public async Task Pages_of_other_origins_are_not_served(string origin, HttpStatusCode status)
    {
        var (_, token) = await _server.TokenAsync();
        using var answer = await _server.PostAsync(GuardedServer.CallOf("who", "{}"), token, change: request => request.Headers.Add("Origin", origin));
        Assert.Equal(status, answer.StatusCode);
        Assert.Equal(status == HttpStatusCode.OK ? 1 : 0, _server.Log.Lines.Count);
    }

    [Fact]
    public async Task A_way_to_the_server_past_the_guard_leads_to_no_tool()
    {
        var (_, token) = await _server.TokenAsync();
        using var answer = await _server.PostAsync(GuardedServer.CallOf("who", "{}"), token, "/unguarded");
        Assert.Contains(Codes.Unauthenticated, await answer.Content.ReadAsStringAsync(), StringComparison.Ordinal);
        Assert.Empty(_server.Log.Lines);
    }

    [Fact]
    public async Task The_process_token_of_a_server_over_stdio_is_never_lent_over_http()
    {
        var stdio = "";
        await using var server = await GuardedServer.StartAsync(options => options.StdioToken = () => stdio);
        stdio = (await server.TokenAsync()).Token;
        using var past = await server.PostAsync(GuardedServer.CallOf("who", "{}"), null, "/unguarded");
        Assert.Contains(Codes.Unauthenticated, await past.Content.ReadAsStringAsync(), StringComparison.Ordinal);
        Assert.Empty(server.Log.Lines);
    }

    private async Task ExpectAsync(string code, string token)
    {
        using var answer = await _server.PostAsync(GuardedServer.CallOf("who", "{}"), token);
        Assert.Equal((HttpStatusCode.Unauthorized, code), (answer.StatusCode, await CodeOf(answer)));
        Assert.Equal($"Bearer error=\"invalid_token\", error_description=\"{code}\", resource_metadata=\"{Metadata}\"", answer.Headers.WwwAuthenticate.ToString());
    }

    private static async Task<string?> CodeOf(HttpResponseMessage answer)
    {
        using var body = JsonDocument.Parse(await answer.Content.ReadAsStringAsync());
        return body.RootElement.GetProperty("error").GetProperty("data").GetProperty("code").GetString();
    }
}
