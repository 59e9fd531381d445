using System.Text.Json.Nodes;
using Fabric.Client;
using Fabric.Contracts.Agents;
using Fabric.Contracts.Common;
using Fabric.Contracts.Users;
using Fabric.Silo.Tests.Outbound;
using Microsoft.AspNetCore.Http;

namespace Fabric.Silo.Tests.OAuth;

/// <summary>Clients whose id is the URL of a document: agents that the tenant has registered, and nobody else.</summary>
public sealed class ClientDocumentTests : IAsyncLifetime, IDisposable
{
    private const string Redirect = "https://app.example/cb";
    private const string AssertionType = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";

    private readonly OAuthServer _server = new()
    {
        Configure = options => (options.Outbound.PlainHttpNetworks, options.OAuth.ClientDocumentHosts) = ("127.0.0.0/8", "app.example, 127.0.0.1"),
    };

    private readonly SigningClient _key = new();
    private LocalWeb _web = null!;
    private JsonObject _document = null!;
    private string _tenant = "";
    private string _user = "";

    private string Url => $"{_web.Address}/client.json";

    private string AgentId => "cimd:" + CodeClient.Hash(Url);

    private AgentClient Agent => new(_server, _tenant, AgentId, "");

    public async Task InitializeAsync()
    {
        await _server.InitializeAsync();
        _web = await LocalWeb.StartAsync();
        var jwk = _key.Jwk;
        (jwk["kid"], jwk["alg"]) = ("k1", "ES256");
        _document = new JsonObject
        {
            ["client_id"] = Url, ["client_name"] = "Root of all", ["redirect_uris"] = new JsonArray(Redirect), ["token_endpoint_auth_method"] = "private_key_jwt",
            ["jwks"] = new JsonObject { ["keys"] = new JsonArray(jwk) },
        };
        _web.Answer = context => LocalWeb.JsonAsync(context, context.Request.Path == "/keys" ? new JsonObject { ["keys"] = new JsonArray(jwk.DeepClone()) }.ToJsonString() : _document.ToJsonString());
        (_tenant, _user) = (await _server.TenantAsync(), "mia");
        await _server.Operator.CreateUserAsync(_tenant, new CreateUser(_user)).OrThrow();
        await _server.Operator.SetUserSignInAsync(_tenant, _user, new SetUserSignIn(CodeClient.Password)).OrThrow();
    }

    public async Task DisposeAsync()
    {
        await _web.DisposeAsync();
        await _server.DisposeAsync();
    }

    public void Dispose() => _key.Dispose();

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    [Trait("Invariant", "S3")]
    public async Task An_agent_that_the_tenant_registered_for_a_document_goes_through_within_its_ceiling(bool byUri)
    {
        if (byUri)
        {
            _document.Remove("jwks");
            _document["jwks_uri"] = $"{_web.Address}/keys";
        }
        await RegisterAsync();
        using var browser = new Browser(_server);
        var page = await browser.OpenAsync(Path(), _user, CodeClient.Password);
        Assert.Contains(Url, page.Text, StringComparison.Ordinal);
        Assert.Contains("Helper of Mia", page.Text, StringComparison.Ordinal);
        Assert.DoesNotContain("Root of all", page.Text, StringComparison.Ordinal);
        var answer = await browser.SubmitAsync(page, "/consent", ("decision", "approve"));
        Assert.StartsWith(Redirect + "?code=", answer.Location, StringComparison.Ordinal);
        var token = (await TokenAsync(("grant_type", "authorization_code"), ("code", answer["code"]!), ("redirect_uri", Redirect), ("code_verifier", CodeClient.Verifier))).Ok();
        var agent = await _server.Operator.GetAgentAsync(_tenant, AgentId).OrThrow();
        Assert.Equal("mail:send", token.Text("scope"));
        Assert.Equal(AgentId, agent.Id);
        (await TokenAsync(("grant_type", "refresh_token"), ("refresh_token", token.Text("refresh_token")!))).Ok();
        Assert.Equal("invalid_scope", (await browser.GetAsync(Path(("scope", "bank"))))["error"]);

        // Pushed, in the same name.
        var pushed = await PostAsync("par", [.. Parameters().Where(pair => pair.Key != "client_id").Select(pair => (pair.Key, pair.Value))]);
        Assert.Equal(201, pushed.Status);
        var consent = await browser.GetAsync($"/tenants/{_tenant}/oauth/authorize?client_id={Uri.EscapeDataString(Url)}&request_uri={pushed.Text("request_uri")}");
        Assert.Contains("Helper of Mia", consent.Text, StringComparison.Ordinal);
        Assert.Equal(1, _web.Asked.Count(path => path == "/client.json"));
    }

    [Fact]
    public async Task A_document_that_nobody_in_the_tenant_registered_is_nothing_and_is_not_even_fetched()
    {
        using var browser = new Browser(_server);
        var page = await browser.GetAsync(Path());
        Assert.Equal((400, null), (page.Status, page.Location));
        (await TokenAsync(("grant_type", "client_credentials"))).Refused("invalid_client", 401);
        Assert.Empty(_web.Asked);
        Assert.Empty((await _server.Operator.ListAgentsAsync(_tenant, new PageQuery(null, 10)).OrThrow()).Items);

        await RegisterAsync();
        Assert.Equal(200, (await browser.GetAsync(Path())).Status);
        await _server.Operator.SuspendAgentAsync(_tenant, AgentId, new SuspendAgent("a look")).OrThrow();
        Assert.Equal(400, (await browser.GetAsync(Path())).Status);
        var other = await _server.TenantAsync();
        Assert.Equal(400, (await browser.GetAsync(Path().Replace(_tenant, other, StringComparison.Ordinal))).Status);
    }

    [Theory]
    [InlineData("client_id", "\"https://app.example/client.json\"")]
    [InlineData("client_id", null)]
    [InlineData("client_secret", "\"x\"")]
    [InlineData("client_secret_expires_at", "0")]
    [InlineData("token_endpoint_auth_method", "\"client_secret_basic\"")]
    [InlineData("token_endpoint_auth_method", null)]
    [InlineData("token_endpoint_auth_signing_alg", "\"RS256\"")]
    [InlineData("redirect_uris", "[]")]
    [InlineData("redirect_uris", "[\"http://app.example/cb\"]")]
    [InlineData("redirect_uris", "[\"https://app.example/cb\",7]")]
    [InlineData("redirect_uris", null)]
    [InlineData("jwks", null)]
    [InlineData("jwks", "{\"keys\":[{\"kty\":\"EC\",\"d\":\"AAAA\"}]}")]
    [InlineData("jwks", "{\"keys\":[{\"kty\":\"oct\",\"k\":\"AAAA\"}]}")]
    [InlineData("jwks_uri", "\"https://10.0.0.1/keys\"")]
    public async Task A_document_that_says_too_much_or_too_little_counts_for_nothing(string name, string? value)
    {
        await RegisterAsync();
        if (value is null)
        {
            _document.Remove(name);
        }
        else
        {
            _document[name] = JsonNode.Parse(value);
        }
        await NothingAsync();
    }

    [Fact]
    public async Task What_is_no_document_counts_for_nothing_and_leads_nowhere()
    {
        await RegisterAsync();
        await using var elsewhere = await LocalWeb.StartAsync();
        foreach (var answer in (IEnumerable<RequestDelegate>)
        [
            context => { (context.Response.StatusCode, context.Response.Headers.Location) = (302, elsewhere.Address); return Task.CompletedTask; },
            context => LocalWeb.JsonAsync(context, _document.ToJsonString(), "text/html"),
            context => LocalWeb.JsonAsync(context, _document.ToJsonString() + new string(' ', 20_000)),
            context => LocalWeb.JsonAsync(context, new string('[', 5_000)),
            context => LocalWeb.JsonAsync(context, _document.ToJsonString().Insert(1, "\"client_id\":\"x\",")),
            context => { context.Response.StatusCode = 404; return Task.CompletedTask; },
        ])
        {
            _web.Answer = answer;
            await NothingAsync();
            _server.Time.Advance(TimeSpan.FromSeconds(6));
        }
        Assert.Empty(elsewhere.Asked);
    }

    [Fact]
    public async Task A_url_can_be_written_in_one_way_and_is_of_a_host_that_the_operator_allows()
    {
        await RegisterAsync();
        using var browser = new Browser(_server);
        var port = _web.Port;
        foreach (var url in (string[])
        [
            $"http://127.0.0.1:{port}/a/../client.json", $"http://127.0.0.1:{port}/./client.json", $"HTTP://127.0.0.1:{port}/client.json", $"http://127.0.0.1:{port}/client.json?x=1", $"http://127.0.0.1:{port}/client.json#x",
            $"http://a@127.0.0.1:{port}/client.json", $"http://127.0.0.1:{port}", $"http://127.0.0.1:{port}/", $"http://127.1:{port}/client.json", $"http://localhost:{port}/client.json", "https://evil.example/client.json",
            "http://app.example/client.json", "https://app.example:8443/client.json", "https://app.example:443/client.json", AgentId,
        ])
        {
            await _server.Operator.CreateAgentAsync(_tenant, new CreateAgent("cimd:" + CodeClient.Hash(url), "personal", [new ScopeDto("mail")], _user)).OrThrow();
            Assert.Equal(400, (await browser.GetAsync(Path(("client_id", url)))).Status);
        }
        Assert.Empty(_web.Asked);
    }

    [Fact]
    public async Task Who_says_to_be_the_client_proves_it_by_the_documents_key_once_and_to_us()
    {
        await RegisterAsync();
        using var other = new SigningClient();
        var good = Assertion();
        (await SendAsync("token", good, ("grant_type", "client_credentials"))).Ok();
        (await SendAsync("token", good, ("grant_type", "client_credentials"))).Refused("invalid_client", 401);
        foreach (var bad in (string[])
        [
            Assertion(signer: other), Assertion(claims => claims["aud"] = "https://other.example"), Assertion(claims => claims["iss"] = AgentId), Assertion(claims => claims["sub"] = AgentId),
            Assertion(claims => (claims["iss"], claims["sub"]) = (AgentId, AgentId)), Assertion(head: head => head["kid"] = "k2"), Assertion(claims => claims["exp"] = _server.Now - 10),
        ])
        {
            (await SendAsync("token", bad, ("grant_type", "client_credentials"))).Refused("invalid_client", 401);
        }
        (await _server.PostAsync(_tenant, "token", null, ("grant_type", "client_credentials"), ("client_id", Url))).Refused("invalid_client", 401);
        (await _server.PostAsync(_tenant, "token", null, ("grant_type", "client_credentials"), ("client_id", Url), ("client_secret", "x"))).Refused("invalid_client", 401);

        // A key that the document names no more.
        _document["jwks"] = new JsonObject { ["keys"] = new JsonArray(Named(other.Jwk)) };
        _server.Time.Advance(TimeSpan.FromMinutes(11));
        (await SendAsync("token", Assertion(), ("grant_type", "client_credentials"))).Refused("invalid_client", 401);
        (await SendAsync("token", Assertion(signer: other), ("grant_type", "client_credentials"))).Ok();
    }

    [Fact]
    public async Task A_key_is_believed_for_ten_minutes_and_no_longer_while_nobody_answers_where_it_was()
    {
        _document.Remove("jwks");
        _document["jwks_uri"] = $"{_web.Address}/keys";
        await RegisterAsync();
        (await TokenAsync(("grant_type", "client_credentials"))).Ok();
        var plain = _web.Answer;
        _web.Answer = context =>
        {
            if (context.Request.Path != "/keys")
            {
                return plain(context);
            }
            context.Response.StatusCode = 503;
            return Task.CompletedTask;
        };
        _server.Time.Advance(TimeSpan.FromMinutes(9));
        (await TokenAsync(("grant_type", "client_credentials"))).Ok();
        _server.Time.Advance(TimeSpan.FromMinutes(2));
        Assert.Equal(503, (await TokenAsync(("grant_type", "client_credentials"))).Status);
        _web.Answer = plain;
        _server.Time.Advance(TimeSpan.FromMinutes(3));
        (await TokenAsync(("grant_type", "client_credentials"))).Ok();
    }

    [Fact]
    public async Task An_agent_that_is_suspended_makes_nobody_fetch_its_document()
    {
        await RegisterAsync();
        await _server.Operator.SuspendAgentAsync(_tenant, AgentId, new SuspendAgent("a look")).OrThrow();
        (await TokenAsync(("grant_type", "client_credentials"))).Refused("invalid_client", 401);
        using var browser = new Browser(_server);
        Assert.Equal(400, (await browser.GetAsync(Path())).Status);
        Assert.Empty(_web.Asked);
        await _server.Operator.ResumeAgentAsync(_tenant, AgentId).OrThrow();
        (await TokenAsync(("grant_type", "client_credentials"))).Ok();
    }

    [Fact]
    public async Task It_is_off_unless_the_operator_allows_hosts_and_the_metadata_say_so()
    {
        var path = $"/.well-known/oauth-authorization-server/tenants/{_tenant}";
        var on = await _server.Http.GetStringAsync(new Uri(path, UriKind.Relative));
        Assert.Contains("\"client_id_metadata_document_supported\":true", on, StringComparison.Ordinal);
        Assert.Equal((true, true, false), (TakesNone(on, "token"), TakesNone(on, "revocation"), TakesNone(on, "introspection")));
        var off = new OAuthServer { Configure = options => options.Outbound.PlainHttpNetworks = "127.0.0.0/8" };
        await off.InitializeAsync();
        try
        {
            var tenant = await off.TenantAsync();
            await off.Operator.CreateUserAsync(tenant, new CreateUser(_user)).OrThrow();
            await off.Operator.CreateAgentAsync(tenant, new CreateAgent(AgentId, "personal", [new ScopeDto("mail")], _user)).OrThrow();
            using var browser = new Browser(off);
            Assert.Equal(400, (await browser.GetAsync(Path().Replace(_tenant, tenant, StringComparison.Ordinal))).Status);
            var said = await off.Http.GetStringAsync(new Uri(path.Replace(_tenant, tenant, StringComparison.Ordinal), UriKind.Relative));
            Assert.Contains("\"client_id_metadata_document_supported\":false", said, StringComparison.Ordinal);
            Assert.Equal((false, false), (TakesNone(said, "token"), TakesNone(said, "revocation")));
        }
        finally
        {
            await off.DisposeAsync();
        }
        Assert.Empty(_web.Asked);
    }

    private static bool TakesNone(string metadata, string endpoint) =>
        JsonNode.Parse(metadata)![$"{endpoint}_endpoint_auth_methods_supported"]!.AsArray().Any(method => (string?)method == "none");

    private async Task NothingAsync()
    {
        using var browser = new Browser(_server);
        var page = await browser.GetAsync(Path());
        var answer = await TokenAsync(("grant_type", "client_credentials"));
        Assert.True((page.Status == 503 && page.Location is null) || answer.Status == 503, $"{page.Status} {answer.Status} {page.Text}");
        Assert.NotEqual(200, answer.Status);
    }

    private async Task RegisterAsync() =>
        await _server.Operator.CreateAgentAsync(_tenant, new CreateAgent(AgentId, "personal", [new ScopeDto("mail")], _user, "Helper of Mia")).OrThrow();

    private Dictionary<string, string> Parameters(params (string Name, string Value)[] fields)
    {
        var parameters = new Dictionary<string, string>(StringComparer.Ordinal)
        {
            ["client_id"] = Url, ["response_type"] = "code", ["redirect_uri"] = Redirect, ["code_challenge"] = CodeClient.Challenge, ["code_challenge_method"] = "S256", ["scope"] = "mail:send",
        };
        foreach (var (name, value) in fields)
        {
            parameters[name] = value;
        }
        return parameters;
    }

    private string Path(params (string Name, string Value)[] fields) => $"/tenants/{_tenant}/oauth/authorize?{CodeClient.Query(Parameters(fields))}";

    private static JsonObject Named(JsonObject jwk)
    {
        (jwk["kid"], jwk["alg"]) = ("k1", "ES256");
        return jwk;
    }

    private string Assertion(Action<JsonObject>? change = null, Action<JsonObject>? head = null, SigningClient? signer = null) => (signer ?? _key).Assertion(Agent, claims =>
    {
        (claims["iss"], claims["sub"]) = (Url, Url);
        change?.Invoke(claims);
    }, header =>
    {
        header["kid"] = "k1";
        head?.Invoke(header);
    });

    private Task<OAuthReply> TokenAsync(params (string Name, string Value)[] fields) => PostAsync("token", fields);

    private Task<OAuthReply> PostAsync(string endpoint, (string Name, string Value)[] fields) => SendAsync(endpoint, Assertion(), [("client_id", Url), .. fields]);

    private Task<OAuthReply> SendAsync(string endpoint, string assertion, params (string Name, string Value)[] fields) =>
        _server.PostAsync(_tenant, endpoint, null, [("client_assertion_type", AssertionType), ("client_assertion", assertion), .. fields]);
}
