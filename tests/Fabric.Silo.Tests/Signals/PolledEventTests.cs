using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json.Nodes;
using Fabric.Client;
using Fabric.Contracts.Issuers;
using Fabric.Contracts.Users;
using Fabric.Silo.Hosting;
using Fabric.Silo.Signals.Intake;
using Fabric.Silo.Tests.Federation;
using Fabric.Silo.Tests.OAuth;
using Fabric.Silo.Tests.Outbound;
using Microsoft.AspNetCore.Http;

namespace Fabric.Silo.Tests.Signals;

/// <summary>Events that the fabric fetches from a transmitter (RFC 8936).</summary>
public sealed class PolledEventTests(FederatedServer federated) : IClassFixture<FederatedServer>
{
    private const string Audience = "https://fabric.local/receiver";
    private const string Disabled = "https://schemas.openid.net/secevent/risc/event-type/account-disabled";
    private const string Secret = "Bearer a-secret-of-the-transmitter";

    private OAuthServer Server => federated.Server;

    [Fact]
    public async Task An_event_is_fetched_done_and_acknowledged_and_one_that_is_none_is_refused()
    {
        await using var transmitter = await PolledTransmitter.StartAsync();
        var tenant = await TenantAsync();
        var honest = Token("jane", "j1");
        transmitter.Sets["j1"] = honest;
        transmitter.Sets["j2"] = Token("john", "j2", "ES384");
        Assert.Equal(HttpStatusCode.OK, (await PutAsync(tenant, transmitter.Url, Secret)).Status);
        Assert.Empty((await transmitter.NextAsync(MoveAsync))["ack"]!.AsArray());
        var second = await transmitter.NextAsync(MoveAsync);
        while (second["ack"]!.AsArray().Count == 0)
        {
            // Time that is moved while an answer is on its way may run out on it: then it is asked for again.
            second = await transmitter.NextAsync(MoveAsync);
        }
        Assert.Equal(["j1"], second["ack"]!.AsArray().Select(each => (string)each!));
        Assert.Equal("invalid_key", (string)second["setErrs"]!["j2"]!["err"]!);
        Assert.Equal(Secret, transmitter.Authorization);
        Assert.Equal("offboarded", (await Server.Operator.GetUserAsync(tenant, "jane").OrThrow()).Status);
        Assert.Equal("active", (await Server.Operator.GetUserAsync(tenant, "john").OrThrow()).Status);

        var (_, info) = await SendAsync("GET", tenant, null);
        Assert.True((bool)info["hasAuthorization"]!);
        Assert.DoesNotContain("a-secret", info.ToJsonString(), StringComparison.Ordinal);
    }

    [Fact]
    [Trait("Invariant", "D1")]
    public async Task An_event_whose_key_is_not_published_yet_is_acknowledged_kept_and_an_alarm_until_it_is_in_force()
    {
        await using var changing = await ForeignIssuer.StartAsync();
        using var before = new SigningClient();
        var (keys, scenes) = (changing.Keys, new IntakeScenes(federated));
        changing.Keys = [before.Jwk];
        await using var transmitter = await PolledTransmitter.StartAsync();
        var scene = await scenes.SceneAsync(issuer: changing);
        transmitter.Sets["j1"] = scenes.Token("jane", Disabled, "{}", issuer: changing);
        await PutAsync(scene.Tenant, transmitter.Url, null);
        Assert.Equal(["j1"], (await AcknowledgedAsync(transmitter))["ack"]!.AsArray().Select(each => (string)each!));

        // Nobody but the transmitter can have made it up: somebody has to look.
        await scenes.UntilAsync(async () => (await scenes.HealthAsync()).Status == "yellow");
        Assert.Equal("active", await scenes.StatusAsync(scene));
        changing.Keys = keys;
        await scenes.UntilAsync(async () => await scenes.StatusAsync(scene) == "offboarded");
        await scenes.UntilAsync(async () => (await scenes.HealthAsync()).Status == "green");
        Assert.False(await scenes.AllowsAsync(scene));
    }

    [Fact]
    public async Task A_transmitter_that_fails_or_leads_elsewhere_is_asked_again_and_the_secret_stays_with_its_place()
    {
        await using var transmitter = await PolledTransmitter.StartAsync();
        await using var elsewhere = await LocalWeb.StartAsync();
        var tenant = await TenantAsync();
        transmitter.Sets["j1"] = Token("jane", "j1");
        transmitter.Broken = PushTarget.Says(StatusCodes.Status307TemporaryRedirect, location: elsewhere.Url("/poll").ToString());
        await PutAsync(tenant, transmitter.Url, Secret);
        await transmitter.NextAsync(MoveAsync);
        Assert.Equal("redirected", (string)(await UntilAsync(tenant, info => info["lastError"] is not null))["lastError"]!);
        Assert.Equal("active", (await Server.Operator.GetUserAsync(tenant, "jane").OrThrow()).Status);
        transmitter.Broken = null;
        await transmitter.NextAsync(MoveAsync);
        await UntilAsync(tenant, info => info["polledAt"] is not null);
        Assert.Equal("offboarded", (await Server.Operator.GetUserAsync(tenant, "jane").OrThrow()).Status);
        Assert.Empty(elsewhere.Asked);

        await using var next = await PolledTransmitter.StartAsync();
        Assert.False((bool)(await PutAsync(tenant, next.Url, null)).Body["hasAuthorization"]!);
        await next.NextAsync(MoveAsync);
        Assert.Null(next.Authorization);
        Assert.Equal(HttpStatusCode.OK, (await SendAsync("DELETE", tenant, null)).Status);
        Assert.Equal(HttpStatusCode.NotFound, (await SendAsync("GET", tenant, null)).Status);
    }

    [Fact]
    public async Task An_event_that_nobody_could_take_is_refused_and_those_beside_it_are_done()
    {
        await using var transmitter = await PolledTransmitter.StartAsync();
        var (tenant, tooLong) = (await TenantAsync(), new string('x', 300));
        (transmitter.Sets[tooLong], transmitter.Sets[""], transmitter.Sets["j1"]) = (Token("john", "j0"), Token("john", "j0"), Token("jane", "j1"));
        await PutAsync(tenant, transmitter.Url, null);
        var answer = await AcknowledgedAsync(transmitter);
        Assert.Equal(["j1"], answer["ack"]!.AsArray().Select(each => (string)each!));
        var refused = answer["setErrs"]!.AsObject();
        Assert.Equal(["", tooLong], refused.Select(each => each.Key).Order(StringComparer.Ordinal));
        Assert.All(refused, each => Assert.Equal("invalid_request", (string)each.Value!["err"]!));
        Assert.Equal("offboarded", (await Server.Operator.GetUserAsync(tenant, "jane").OrThrow()).Status);
        Assert.Equal("active", (await Server.Operator.GetUserAsync(tenant, "john").OrThrow()).Status);
    }

    [Fact]
    public async Task A_moment_that_a_clock_far_ahead_has_written_is_not_waited_for()
    {
        await using var transmitter = await PolledTransmitter.StartAsync();
        var tenant = await TenantAsync();
        await PutAsync(tenant, transmitter.Url, null);
        await transmitter.NextAsync(MoveAsync);
        await UntilAsync(tenant, info => info["polledAt"] is not null);
        var sources = new PollSources(Server.Engine, new SiloOptions());
        var held = (await sources.FindAsync(tenant, "idp", CancellationToken.None)).Value!;
        var ahead = held.Value with { NextAtMs = Server.Time.GetUtcNow().AddDays(1).ToUnixTimeMilliseconds() };
        Assert.NotNull((await sources.ReplaceAsync(held, ahead, CancellationToken.None)).Value);
        transmitter.Sets["j1"] = Token("jane", "j1");
        await AcknowledgedAsync(transmitter);
        Assert.Equal("offboarded", (await Server.Operator.GetUserAsync(tenant, "jane").OrThrow()).Status);
    }

    [Theory]
    [InlineData("https://10.0.0.1/", null, HttpStatusCode.BadRequest)]
    [InlineData("https://user@transmitter.example/", null, HttpStatusCode.BadRequest)]
    [InlineData("https://transmitter.example/", "a\r\nb", HttpStatusCode.BadRequest)]
    [InlineData("https://transmitter.example/", "Bearer x", HttpStatusCode.OK)]
    public async Task A_place_that_nobody_may_name_is_refused(string url, string? authorization, HttpStatusCode status) =>
        Assert.Equal(status, (await PutAsync(await TenantAsync(), url, authorization)).Status);

    [Fact]
    public async Task Only_issuers_of_signals_are_polled()
    {
        var tenant = await TenantAsync();
        await federated.TrustAsync(tenant, new PutIssuer("users", federated.Issuer.Url, Audiences: [Audience]), "people");
        Assert.Equal(HttpStatusCode.NotFound, (await PutAsync(tenant, "https://transmitter.example/", null, "people")).Status);
        Assert.Equal(HttpStatusCode.NotFound, (await PutAsync(tenant, "https://transmitter.example/", null, "nobody")).Status);
    }

    // Time that is moved while an answer is on its way may run out on it: then it is asked for again.
    private async Task<JsonNode> AcknowledgedAsync(PolledTransmitter transmitter)
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        var poll = await transmitter.NextAsync(MoveAsync);
        while (poll["ack"]!.AsArray().Count == 0)
        {
            limit.Token.ThrowIfCancellationRequested();
            poll = await transmitter.NextAsync(MoveAsync);
        }
        return poll;
    }

    // Less at once than a request may last, with a request of our own in between, so that those under way get on.
    private async Task MoveAsync()
    {
        Server.Time.Advance(TimeSpan.FromSeconds(1));
        using var answer = await Server.Http.GetAsync(new Uri("/readyz", UriKind.Relative));
    }

    private async Task<string> TenantAsync()
    {
        var tenant = await Server.TenantAsync();
        await federated.TrustAsync(tenant, new PutIssuer("signals", federated.Issuer.Url, Audiences: [Audience]), "idp");
        await Server.Operator.CreateUserAsync(tenant, new CreateUser("jane")).OrThrow();
        await Server.Operator.CreateUserAsync(tenant, new CreateUser("john")).OrThrow();
        return tenant;
    }

    private string Token(string user, string jti, string algorithm = "ES256") => federated.Issuer.Token("x", Audience, Server.Time.GetUtcNow(), algorithm, change: claims =>
    {
        claims.Remove("exp");
        claims["sub"] = user;
        claims["jti"] = jti;
        claims["events"] = new JsonObject { [Disabled] = new JsonObject() };
    }, head: head => head["typ"] = "secevent+jwt");

    private Task<(HttpStatusCode Status, JsonNode Body)> PutAsync(string tenant, string url, string? authorization, string issuer = "idp")
    {
        var body = new JsonObject { ["endpointUrl"] = url };
        if (authorization is not null)
        {
            body["authorization"] = authorization;
        }
        return SendAsync("PUT", tenant, body, issuer);
    }

    private async Task<(HttpStatusCode Status, JsonNode Body)> SendAsync(string method, string tenant, JsonNode? body, string issuer = "idp")
    {
        using var request = new HttpRequestMessage(new HttpMethod(method), $"/v1/tenants/{tenant}/issuers/{issuer}/poll");
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", await Server.KeyAsync("tenant_admin", tenant));
        request.Content = body is null ? null : new StringContent(body.ToJsonString(), Encoding.UTF8, "application/json");
        using var answer = await Server.Http.SendAsync(request);
        return (answer.StatusCode, JsonNode.Parse(await answer.Content.ReadAsStringAsync())!);
    }

    // What came of a poll is written after the transmitter has answered.
    private async Task<JsonNode> UntilAsync(string tenant, Func<JsonNode, bool> isThere)
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        while (true)
        {
            limit.Token.ThrowIfCancellationRequested();
            await MoveAsync();
            var info = (await SendAsync("GET", tenant, null)).Body;
            if (isThere(info))
            {
                return info;
            }
        }
    }
}
