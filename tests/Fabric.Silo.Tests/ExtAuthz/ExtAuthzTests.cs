using System.Net;
using System.Net.Sockets;
using System.Text;
using Fabric.Client;
using Fabric.Contracts.Agents;
using Fabric.Contracts.Common;
using Fabric.Contracts.Revocations;
using Fabric.Core.Common;
using Fabric.Silo.Hosting;
using Fabric.Silo.Tests.Engine;

namespace Fabric.Silo.Tests.ExtAuthz;

/// <summary>The endpoint for proxies, as nginx and as Envoy ask it.</summary>
public sealed class ExtAuthzTests(GuardedServer guarded) : IClassFixture<GuardedServer>
{
    private const string Path = "/v1/ext-authz";
    private readonly EngineServer _server = guarded.Server;

    [Theory]
    [InlineData("GET", "/invoices/12?full=1")]
    [InlineData("HEAD", "/invoices/12")]
    [InlineData("POST", "/invoices/7")]
    [InlineData("DELETE", "/files/a/b%20c")]
    public async Task An_allowed_request_is_answered_with_who_acts(string method, string target)
    {
        foreach (var asked in new Func<string, Task<HttpResponseMessage>>[] { token => HeadersAsync(token, method, target), token => TargetAsync(token, method, target) })
        {
            var office = await Office.OpenAsync(_server);
            using var answer = await asked(office.Token);
            Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
            Assert.Equal(
                (office.Tenant, office.User, office.Agent, office.Session.Id, office.Credential.Id),
                (Said("Tenant"), Said("User"), Said("Agent"), Said("Session"), Said("Credential")));
            Assert.True(ulong.Parse(Said("Revision"), System.Globalization.CultureInfo.InvariantCulture) > 0);
            Assert.True(answer.Headers.CacheControl!.NoStore);
            Assert.Empty(await answer.Content.ReadAsByteArrayAsync());

            string Said(string name) => Assert.Single(answer.Headers.GetValues("X-Fabric-" + name));
        }
    }

    [Fact]
    public async Task An_agent_without_a_user_is_answered_with_an_empty_user_that_replaces_a_made_up_one()
    {
        var office = await Office.OpenAsync(_server);
        await _server.Operator.CreateAgentAsync(office.Tenant, new CreateAgent("robot", "backend", Office.Scopes)).OrThrow();
        var session = await _server.Operator.OpenSessionAsync(office.Tenant, new("robot", "test", Office.Scopes)).OrThrow();
        var token = (await _server.Operator.IssueCredentialsAsync(session.Id, new()).OrThrow()).Credentials[0].Token;
        using var answer = await HeadersAsync(token, "GET", "/invoices/1", ("X-Fabric-User", "root"));
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        Assert.Equal("", Assert.Single(answer.Headers.GetValues("X-Fabric-User")));
        Assert.Equal("robot", Assert.Single(answer.Headers.GetValues("X-Fabric-Agent")));
    }

    [Fact]
    [Trait("Invariant", "A1")]
    public async Task A_user_whose_agent_is_called_the_same_is_named_all_the_same()
    {
        var office = await Office.OpenAsync(_server, "jane");
        using var answer = await HeadersAsync(office.Token, "GET", "/invoices/1");
        Assert.Equal(("jane", "jane"), (Assert.Single(answer.Headers.GetValues("X-Fabric-User")), Assert.Single(answer.Headers.GetValues("X-Fabric-Agent"))));
        var user = AuthZen.AccessPoint.Question(AuthZen.AccessPoint.Subject("user", "jane", office.Token), "billing:read", "invoices/1");
        Assert.True((await new AuthZen.AccessPoint(_server).EvaluateAsync(user)).Decision);
    }

    [Theory]
    [InlineData("GET", "/orders/12", Codes.RequestNoRule)]
    [InlineData("GET", "/invoices", Codes.RequestNoRule)]
    [InlineData("PUT", "/invoices/12", Codes.RequestNoRule)]
    [InlineData("POST", "/invoices/8", Codes.ScopeDenied)]
    [InlineData("POST", "/reads/7", Codes.ReadOnly)]
    [InlineData("GET", "/invoices/../files/x", Codes.RequestUnclear)]
    [InlineData("GET", "/invoices/%2e%2e/files/x", Codes.RequestUnclear)]
    [InlineData("GET", "/invoices/a%2Fb", Codes.RequestUnclear)]
    [InlineData("GET", "/invoices//12", Codes.RequestUnclear)]
    [InlineData("GET", "/invoices/12;x", Codes.RequestUnclear)]
    [InlineData("GET", "/invoices\\12", Codes.RequestUnclear)]
    public async Task What_no_rule_or_scope_allows_is_forbidden(string method, string target, string code)
    {
        var office = await Office.OpenAsync(_server);
        await ForbiddenAsync(await HeadersAsync(office.Token, method, target), code);
        var raw = await RawAsync($"{method} {Path}{target} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {office.Token}\r\nConnection: close\r\n\r\n");
        // Where the server resolves dots out of the prefix, it is another path: nothing but 200 would allow.
        Assert.DoesNotMatch("^HTTP/1.1 (2|3|5)", raw);
    }

    [Theory]
    [InlineData("")]
    [InlineData("X-Original-Method: GET")]
    [InlineData("X-Original-URI: /invoices/1")]
    [InlineData("X-Original-Method: GET\r\nX-Original-URI: /invoices/1\r\nX-Original-URI: /invoices/1")]
    [InlineData("X-Original-Method: GET\r\nX-Original-Method: POST\r\nX-Original-URI: /invoices/1")]
    [InlineData("X-Original-Method: get\r\nX-Original-URI: /invoices/1")]
    [InlineData("X-Original-Method: GET,POST\r\nX-Original-URI: /invoices/1")]
    [InlineData("X-Original-Method: GET\r\nX-Original-URI: /invoices/1, /invoices/2")]
    [InlineData("X-Original-Method: GET\r\nX-Original-URI: http://x/invoices/1")]
    [InlineData("X-Original-Method: GET\r\nX-Original-URI: invoices/1")]
    [InlineData("X-Original-Method: GET\r\nX-Original-URI:")]
    public async Task A_question_that_does_not_say_once_what_it_is_about_is_forbidden(string headers)
    {
        var office = await Office.OpenAsync(_server);
        var lines = headers.Length == 0 ? "" : headers + "\r\n";
        var answer = await RawAsync($"GET {Path} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {office.Token}\r\n{lines}Connection: close\r\n\r\n");
        Assert.StartsWith("HTTP/1.1 403", answer, StringComparison.Ordinal);
        Assert.Contains($"X-Fabric-Code: {Codes.RequestUnclear}", answer, StringComparison.Ordinal);
        Assert.DoesNotContain("X-Fabric-Agent", answer, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("")]
    [InlineData("Authorization: Bearer")]
    [InlineData("Authorization: Bearer  ")]
    [InlineData("Authorization: Basic TOKEN")]
    [InlineData("Authorization: TOKEN")]
    [InlineData("Authorization: BearerTOKEN")]
    [InlineData("Authorization: DPoP TOKEN")]
    [InlineData("Authorization: Bearer TOKEN\r\nAuthorization: Bearer TOKEN")]
    [InlineData("Authorization: Bearer TOKEN, Bearer TOKEN")]
    [InlineData("Authorization: Bearer TOKEN x")]
    [InlineData("Authorization: Bearer TOKEN.x")]
    [InlineData("Authorization: Bearer \"TOKEN\"")]
    [InlineData("X-Authorization: Bearer TOKEN")]
    public async Task A_request_without_one_whole_token_is_challenged(string header)
    {
        var office = await Office.OpenAsync(_server);
        var lines = header.Length == 0 ? "" : header.Replace("TOKEN", office.Token, StringComparison.Ordinal) + "\r\n";
        var answer = await RawAsync($"GET {Path} HTTP/1.1\r\nHost: x\r\n{lines}X-Original-Method: GET\r\nX-Original-URI: /invoices/1\r\nConnection: close\r\n\r\n");
        Assert.StartsWith("HTTP/1.1 401", answer, StringComparison.Ordinal);
        Assert.Contains("WWW-Authenticate: Bearer realm=\"fabric\"", answer, StringComparison.Ordinal);
        Assert.DoesNotContain(office.Token[..20], answer, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_token_for_another_audience_or_a_made_up_one_is_an_invalid_token()
    {
        var office = await Office.OpenAsync(_server);
        foreach (var (token, target, code) in new[]
        {
            (office.Token, "/elsewhere", Codes.TokenAudience), (office.Token[..^4] + "AAAA", "/invoices/1", Codes.TokenSignature), ("x", "/invoices/1", Codes.TokenMalformed),
        })
        {
            using var answer = await HeadersAsync(token, "GET", target);
            Assert.Equal((HttpStatusCode.Unauthorized, code), (answer.StatusCode, answer.Headers.GetValues("X-Fabric-Code").Single()));
            Assert.Contains("error=\"invalid_token\"", Assert.Single(answer.Headers.WwwAuthenticate).Parameter, StringComparison.Ordinal);
        }
    }

    [Fact]
    [Trait("Invariant", "R1")]
    public async Task A_revocation_or_lock_is_in_force_with_the_next_request()
    {
        var office = await Office.OpenAsync(_server);
        Assert.Equal(HttpStatusCode.OK, (await HeadersAsync(office.Token, "GET", "/invoices/1")).StatusCode);
        await _server.Operator.SuspendAgentAsync(office.Tenant, office.Agent, new SuspendAgent("test")).OrThrow();
        Assert.Equal(HttpStatusCode.Unauthorized, (await HeadersAsync(office.Token, "GET", "/invoices/1")).StatusCode);
        await _server.Operator.ResumeAgentAsync(office.Tenant, office.Agent).OrThrow();
        Assert.Equal(HttpStatusCode.OK, (await HeadersAsync(office.Token, "GET", "/invoices/1")).StatusCode);
        await _server.Operator.RevokeAsync(new RevokeRequest(new NodeDto("user", office.Tenant, office.User), Reason: "test")).OrThrow();
        using var dead = await HeadersAsync(office.Token, "GET", "/invoices/1");
        Assert.Equal((HttpStatusCode.Unauthorized, Codes.UserRevoked), (dead.StatusCode, dead.Headers.GetValues("X-Fabric-Code").Single()));
    }

    [Fact]
    public async Task A_quota_is_drawn_by_each_request_and_then_it_is_forbidden()
    {
        var office = await Office.OpenAsync(_server);
        Assert.Equal(HttpStatusCode.OK, (await HeadersAsync(office.Token, "POST", "/invoices/7")).StatusCode);
        await ForbiddenAsync(await HeadersAsync(office.Token, "POST", "/invoices/7"), Codes.QuotaExhausted);
    }

    [Fact]
    [Trait("Invariant", "T1")]
    public async Task A_proxy_of_one_tenant_lets_no_other_in_and_another_header_may_hold_the_token()
    {
        var server = new EngineServer(options =>
        {
            options.ExtAuthz.Tenant = "acme";
            options.ExtAuthz.TokenHeader = "X-Agent-Token";
            options.ExtAuthz.Rules.Add(new() { Path = "/invoices/{id}", Tool = "billing", Action = "read", Class = "read" });
        });
        await server.InitializeAsync();
        try
        {
            var office = await Office.OpenAsync(server);
            foreach (var value in new[] { office.Token, "Bearer " + office.Token })
            {
                var request = new HttpRequestMessage(HttpMethod.Get, Path + "/invoices/1");
                request.Headers.TryAddWithoutValidation("X-Agent-Token", value);
                using var answer = await server.Http.SendAsync(request);
                Assert.Equal((HttpStatusCode.Unauthorized, Codes.TokenForeignTenant), (answer.StatusCode, answer.Headers.GetValues("X-Fabric-Code").Single()));
                Assert.False(answer.Headers.Contains("X-Fabric-Agent"));
            }
        }
        finally
        {
            await server.DisposeAsync();
        }
    }

    [Fact]
    public async Task Whatever_goes_wrong_is_no_server_error()
    {
        await using var engine = new StubEngine { Answer = (_, _) => throw new InvalidOperationException("broken") };
        var options = new SiloOptions { Urls = "http://127.0.0.1:0" };
        options.ExtAuthz.Rules.Add(new() { Path = "/a", Tool = "t" });
        await using var app = SiloHost.Build(options, engine, Microsoft.Extensions.Logging.Abstractions.NullLoggerFactory.Instance);
        await app.StartAsync();
        using var http = new HttpClient { BaseAddress = new Uri(app.Urls.First()) };
        foreach (var (answer, code) in new (Func<System.Reflection.MethodInfo, object?[], object>, string)[]
        {
            ((_, _) => throw new InvalidOperationException("broken"), Codes.Internal), ((_, _) => throw new TimeoutException(), Codes.Internal),
            ((method, _) => StubFabric.Refuse(method.ReturnType.GetGenericArguments()[0]), StubFabric.Answer.Code),
        })
        {
            engine.Answer = answer;
            using var said = await http.SendAsync(With(new HttpRequestMessage(HttpMethod.Get, Path + "/a"), "token"));
            Assert.True(said.StatusCode is HttpStatusCode.Forbidden or HttpStatusCode.Unauthorized, said.StatusCode.ToString());
            Assert.Equal(code, said.Headers.GetValues("X-Fabric-Code").Single());
        }
    }

    private Task<HttpResponseMessage> HeadersAsync(string token, string method, string target, params (string Name, string Value)[] more)
    {
        var request = With(new HttpRequestMessage(HttpMethod.Get, Path), token);
        foreach (var (name, value) in (ReadOnlySpan<(string, string)>)[("X-Original-Method", method), ("X-Original-URI", target), .. more])
        {
            request.Headers.TryAddWithoutValidation(name, value);
        }
        return _server.Http.SendAsync(request);
    }

    private Task<HttpResponseMessage> TargetAsync(string token, string method, string target) =>
        _server.Http.SendAsync(With(new HttpRequestMessage(new HttpMethod(method), Path + target), token));

    private static HttpRequestMessage With(HttpRequestMessage request, string token)
    {
        request.Headers.TryAddWithoutValidation("Authorization", "Bearer " + token);
        return request;
    }

    private static async Task ForbiddenAsync(HttpResponseMessage answer, string code)
    {
        Assert.Equal((HttpStatusCode.Forbidden, code), (answer.StatusCode, answer.Headers.GetValues("X-Fabric-Code").Single()));
        Assert.False(answer.Headers.Contains("X-Fabric-Agent"));
        Assert.Empty(await answer.Content.ReadAsByteArrayAsync());
        answer.Dispose();
    }

    private async Task<string> RawAsync(string request)
    {
        using var socket = new TcpClient();
        await socket.ConnectAsync(_server.Address.Host, _server.Address.Port);
        var stream = socket.GetStream();
        await stream.WriteAsync(Encoding.UTF8.GetBytes(request));
        using var reader = new StreamReader(stream, Encoding.UTF8);
        return await reader.ReadToEndAsync();
    }
}
