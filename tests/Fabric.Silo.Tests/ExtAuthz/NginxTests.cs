using System.Net;
using System.Net.Sockets;
using System.Text;
using Fabric.Client;
using Fabric.Contracts.Agents;
using Fabric.Silo.Tests.Engine;

namespace Fabric.Silo.Tests.ExtAuthz;

/// <summary>Debian's nginx with `auth_request` in front of a plain upstream.</summary>
public sealed class NginxTests(GuardedServer guarded) : IClassFixture<GuardedServer>, IAsyncLifetime, IDisposable
{
    private readonly EngineServer _server = guarded.Server;
    private readonly HttpClient _http = new();
    private Upstream _upstream = null!;
    private Nginx? _nginx;

    public async Task InitializeAsync()
    {
        _upstream = await Upstream.StartAsync();
        if (Nginx.Program is not null)
        {
            _nginx = await Nginx.StartAsync(_server.Address, _upstream.Address);
            _http.BaseAddress = _nginx.Address;
        }
    }

    public async Task DisposeAsync()
    {
        await (_nginx?.DisposeAsync() ?? default);
        await _upstream.DisposeAsync();
    }

    public void Dispose() => _http.Dispose();

    [NginxFact]
    public async Task An_allowed_request_reaches_the_upstream_with_who_acts_and_not_who_the_client_says()
    {
        var office = await Office.OpenAsync(_server);
        using var answer = await SendAsync(
            "GET", "/invoices/12?full=1", office.Token, ("X-Fabric-Agent", "root"), ("X-Fabric-User", "root"), ("X-Original-URI", "/elsewhere"), ("X-Original-Method", "DELETE"));
        Assert.Equal((HttpStatusCode.OK, "served"), (answer.StatusCode, await answer.Content.ReadAsStringAsync()));
        Assert.Equal(("GET", "/invoices/12", office.Agent, office.User), Assert.Single(_upstream.Seen));
    }

    [NginxFact]
    public async Task A_user_that_the_client_made_up_does_not_reach_the_upstream()
    {
        var office = await Office.OpenAsync(_server);
        await _server.Operator.CreateAgentAsync(office.Tenant, new CreateAgent("robot", "backend", Office.Scopes)).OrThrow();
        var session = await _server.Operator.OpenSessionAsync(office.Tenant, new("robot", "test", Office.Scopes)).OrThrow();
        var token = (await _server.Operator.IssueCredentialsAsync(session.Id, new()).OrThrow()).Credentials[0].Token;
        Assert.Equal(HttpStatusCode.OK, (await SendAsync("GET", "/invoices/1", token, ("X-Fabric-User", "root"))).StatusCode);
        Assert.Equal(("GET", "/invoices/1", "robot", null), Assert.Single(_upstream.Seen));
    }

    [NginxFact]
    public async Task A_body_goes_to_the_upstream_and_not_to_the_fabric()
    {
        var office = await Office.OpenAsync(_server);
        var request = new HttpRequestMessage(HttpMethod.Post, "/invoices/7") { Content = new StringContent(new string('x', 100_000)) };
        request.Headers.TryAddWithoutValidation("Authorization", "Bearer " + office.Token);
        Assert.Equal(HttpStatusCode.OK, (await _http.SendAsync(request)).StatusCode);
        Assert.Equal("POST", Assert.Single(_upstream.Seen).Method);
    }

    [NginxFact]
    public async Task Nothing_that_is_denied_reaches_the_upstream()
    {
        var office = await Office.OpenAsync(_server);
        using var nobody = await SendAsync("GET", "/invoices/1", null);
        Assert.Equal((HttpStatusCode.Unauthorized, "Bearer"), (nobody.StatusCode, Assert.Single(nobody.Headers.WwwAuthenticate).Scheme));
        Assert.Equal(HttpStatusCode.Unauthorized, (await SendAsync("GET", "/invoices/1", office.Token[..^2])).StatusCode);
        Assert.Equal(HttpStatusCode.Forbidden, (await SendAsync("POST", "/invoices/8", office.Token)).StatusCode);
        Assert.Equal(HttpStatusCode.Forbidden, (await SendAsync("GET", "/orders/1", office.Token)).StatusCode);
        foreach (var target in new[]
        {
            "/invoices/../orders/1", "/orders/../invoices/1", "/invoices/%2e%2e/orders/1", "/invoices/1%2F2", "//invoices/1", "/invoices//1", "/invoices/./1", "/invoices/1;x",
            "/invoices/1%00", "/invoices/1%5c2", "/_fabric", "/v1/ext-authz",
        })
        {
            var answer = await RawAsync($"GET {target} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {office.Token}\r\nConnection: close\r\n\r\n");
            Assert.Matches("^HTTP/1.1 4", answer);
        }
        Assert.DoesNotMatch("^HTTP/1.1 2", await RawAsync(
            $"GET /invoices/1 HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {office.Token}, Bearer {office.Token}\r\nConnection: close\r\n\r\n"));
        Assert.Empty(_upstream.Seen);
    }

    [NginxFact]
    [Trait("Invariant", "R1")]
    public async Task A_revocation_is_in_force_with_the_next_request()
    {
        var office = await Office.OpenAsync(_server);
        Assert.Equal(HttpStatusCode.OK, (await SendAsync("GET", "/invoices/1", office.Token)).StatusCode);
        await _server.Operator.CompleteSessionAsync(office.Session.Id).OrThrow();
        Assert.Equal(HttpStatusCode.Unauthorized, (await SendAsync("GET", "/invoices/1", office.Token)).StatusCode);
        Assert.Single(_upstream.Seen);
    }

    [NginxFact]
    [Trait("Invariant", "R2")]
    public async Task A_fabric_that_cannot_be_reached_lets_nothing_through()
    {
        var gone = new GuardedServer();
        await gone.InitializeAsync();
        var office = await Office.OpenAsync(gone.Server);
        await using var nginx = await Nginx.StartAsync(gone.Server.Address, _upstream.Address);
        Assert.Equal(HttpStatusCode.OK, (await SendAsync("GET", nginx.Address + "invoices/1", office.Token)).StatusCode);
        await gone.DisposeAsync();
        Assert.Equal(HttpStatusCode.InternalServerError, (await SendAsync("GET", nginx.Address + "invoices/1", office.Token)).StatusCode);
        Assert.Single(_upstream.Seen);
    }

    private Task<HttpResponseMessage> SendAsync(string method, string target, string? token, params (string Name, string Value)[] headers)
    {
        var request = new HttpRequestMessage(new HttpMethod(method), new Uri(target, UriKind.RelativeOrAbsolute));
        if (token is not null)
        {
            request.Headers.TryAddWithoutValidation("Authorization", "Bearer " + token);
        }
        foreach (var (name, value) in headers)
        {
            request.Headers.TryAddWithoutValidation(name, value);
        }
        return _http.SendAsync(request);
    }

    private async Task<string> RawAsync(string request)
    {
        using var socket = new TcpClient();
        await socket.ConnectAsync(_nginx!.Address.Host, _nginx.Address.Port);
        var stream = socket.GetStream();
        await stream.WriteAsync(Encoding.ASCII.GetBytes(request));
        using var reader = new StreamReader(stream);
        return await reader.ReadToEndAsync();
    }
}
