using System.Net;
using System.Net.Http.Headers;
using System.Text.Json;
using Fabric.Client.AspNetCore;
using Fabric.Client.Edges;
using Fabric.Client.Tests.Edges;
using Fabric.Core.Common;
using Fabric.Core.Scopes;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;

namespace Fabric.Client.Tests.AspNetCore;

public sealed class GuardedEndpointTests : IAsyncLifetime
{
    private readonly FakeSource _fabric = FakeSource.Make();
    private readonly TaskCompletionSource _running = new();
    private WebApplication _app = null!;
    private HttpClient _http = null!;

    public async Task InitializeAsync()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Services.AddSingleton<TimeProvider>(_fabric.Time).AddSingleton(_fabric.Clock);
        builder.Services.AddFabric(options => options.Tenant = "acme").From(_ => _fabric);
        _app = builder.Build();
        _app.Urls.Add("http://127.0.0.1:0");
        _app.MapGet("/reservations/{id}", (string id, HttpContext context) => $"{id} for {context.GetFabricDecision()?.Claims?.Subject}")
            .RequireFabric("airline", "read", "reservation/{id}", ActionClass.Read);
        _app.MapPost("/reservations/{id}/cancel", (string id) => id).RequireFabric("airline", "cancel", "reservation/{id}");
        _app.MapGet("/slow", async (CancellationToken aborted) =>
        {
            _running.SetResult();
            await new TaskCompletionSource().Task.WaitAsync(aborted);
        }).RequireFabric("airline", "read", "slow", ActionClass.Read);
        _app.MapGroup("/all").RequireFabric("airline", "list", @class: ActionClass.Read).MapGet("/things", (HttpContext context) => "things");
        _app.MapGet("/open", (HttpContext context) => context.GetFabricDecision() is null ? "open" : "guarded");
        await _app.StartAsync();
        var address = _app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.Single();
        _http = ClientOf(address);
    }

    public async Task DisposeAsync()
    {
        _http.Dispose();
        await _app.DisposeAsync();
        await _fabric.DisposeAsync();
    }

    [Fact]
    public async Task A_request_whose_token_covers_it_gets_through_with_its_decision()
    {
        var token = _fabric.Issue(_fabric.Claims(new ScopeEntry("airline", "read", "reservation/A*"), new ScopeEntry("airline", "list", "")));
        using var answer = await GetAsync("/reservations/A1", token);
        Assert.Equal((HttpStatusCode.OK, "A1 for mia"), (answer.StatusCode, await answer.Content.ReadAsStringAsync()));
        using var other = await GetAsync("/all/things", token);
        Assert.Equal(HttpStatusCode.OK, other.StatusCode);
        Assert.Equal("open", await _http.GetStringAsync(new Uri("/open", UriKind.Relative)));
    }

    [Theory]
    [InlineData("/reservations/B1", HttpStatusCode.Forbidden)]
    [InlineData("/reservations/A*", HttpStatusCode.OK)]
    [InlineData("/reservations/A%2A%5C", HttpStatusCode.OK)]
    [InlineData("/reservations/A%2f..", HttpStatusCode.OK)]
    [InlineData("/reservations/%41", HttpStatusCode.OK)]
    [InlineData("/reservations/*", HttpStatusCode.Forbidden)]
    [InlineData("/reservations/%2A", HttpStatusCode.Forbidden)]
    public async Task Route_values_are_data_and_never_patterns(string path, HttpStatusCode status)
    {
        var token = _fabric.Issue(_fabric.Claims(new ScopeEntry("airline", "read", "reservation/A*")));
        using var answer = await GetAsync(path, token);
        Assert.Equal(status, answer.StatusCode);
    }

    [Fact]
    public async Task Each_denial_has_its_status_challenge_and_code()
    {
        var claims = _fabric.Claims();
        var token = _fabric.Issue(claims);
        await Expect(HttpStatusCode.Unauthorized, "Bearer, DPoP algs=\"ES256\"", Codes.Unauthenticated, "/reservations/A1", null);
        await Expect(HttpStatusCode.Unauthorized, """Bearer error="invalid_token", error_description="token.malformed" """, Codes.TokenMalformed, "/reservations/A1", "nonsense");
        var narrow = _fabric.Issue(_fabric.Claims(new ScopeEntry("bank", "*", "*")));
        await Expect(HttpStatusCode.Forbidden, """Bearer error="insufficient_scope", error_description="scope.denied" """, Codes.ScopeDenied, "/reservations/A1", narrow);
        _fabric.Revoke(claims.Lineage.Nodes[1]);
        await Expect(HttpStatusCode.Unauthorized, """Bearer error="invalid_token", error_description="session.revoked" """, Codes.SessionRevoked, "/reservations/A1", token);
        _fabric.IsReady = false;
        _fabric.LeaseMomentMs = long.MinValue;
        await Expect(HttpStatusCode.ServiceUnavailable, null, Codes.CheckNotReady, "/reservations/A1", _fabric.Issue());
    }

    [Fact]
    public async Task An_unstated_class_asks_the_fabric()
    {
        using var away = await PostAsync(_fabric.Issue());
        Assert.Equal(HttpStatusCode.ServiceUnavailable, away.StatusCode);
        _fabric.OnCheck = (_, _, _) => new(new FabricAnswer(true, null, 1, _fabric.Clock.SentMs));
        using var allowed = await PostAsync(_fabric.Issue());
        Assert.Equal(HttpStatusCode.OK, allowed.StatusCode);
    }

    [Fact]
    [Trait("Invariant", "R1")]
    public async Task A_request_that_runs_is_aborted_when_its_session_is_revoked()
    {
        var claims = _fabric.Claims();
        var answer = GetAsync("/slow", _fabric.Issue(claims));
        await _running.Task;
        Assert.Equal(1, _fabric.Revoke(claims.Lineage.Nodes[1]));
        using var aborted = await answer;
        Assert.Equal(HttpStatusCode.Unauthorized, aborted.StatusCode);
        Assert.Equal(Codes.SessionRevoked, await CodeOf(aborted));
    }

    [Theory]
    [InlineData("a/{")]
    [InlineData("a/}")]
    [InlineData("a/{}")]
    [InlineData("a/{b{c}}")]
    public void A_template_that_is_not_well_formed_is_refused_at_the_start(string template) =>
        Assert.Throws<ArgumentException>(() => _app.MapGet("/never", () => "").RequireFabric("t", "a", template));

    private static HttpClient ClientOf(string address) => new() { BaseAddress = new Uri(address) };

    private async Task Expect(HttpStatusCode status, string? challenge, string code, string path, string? token)
    {
        using var answer = await GetAsync(path, token);
        Assert.Equal(status, answer.StatusCode);
        Assert.Equal(challenge?.Trim(), answer.Headers.WwwAuthenticate.Count == 0 ? null : answer.Headers.WwwAuthenticate.ToString());
        Assert.Equal("application/problem+json", answer.Content.Headers.ContentType?.MediaType);
        Assert.Equal(code, await CodeOf(answer));
    }

    private static async Task<string?> CodeOf(HttpResponseMessage answer)
    {
        using var body = JsonDocument.Parse(await answer.Content.ReadAsStringAsync());
        return body.RootElement.GetProperty("code").GetString();
    }

    private Task<HttpResponseMessage> GetAsync(string path, string? token) => SendAsync(HttpMethod.Get, path, token);

    private Task<HttpResponseMessage> PostAsync(string token) => SendAsync(HttpMethod.Post, "/reservations/A1/cancel", token);

    private async Task<HttpResponseMessage> SendAsync(HttpMethod method, string path, string? token)
    {
        using var request = new HttpRequestMessage(method, new Uri(path, UriKind.Relative));
        request.Headers.Authorization = token is null ? null : new AuthenticationHeaderValue("Bearer", token);
        return await _http.SendAsync(request);
    }
}
