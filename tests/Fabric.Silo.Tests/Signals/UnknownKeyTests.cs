using System.Net;
using System.Text.Json;
using System.Text.Json.Nodes;
using Fabric.Client;
using Fabric.Contracts.Issuers;
using Fabric.Silo.Federation;
using Fabric.Silo.Signals.Intake;
using Fabric.Silo.Tests.Federation;
using Fabric.Silo.Tests.OAuth;
using Microsoft.Extensions.Logging.Abstractions;

namespace Fabric.Silo.Tests.Signals;

/// <summary>
/// Events that none of the keys which their issuer publishes has signed: of a provider that signs with a new key before it publishes it, or whose key set lies in a cache, and of anybody who makes them up.
/// </summary>
public sealed class UnknownKeyTests(FederatedServer federated) : IClassFixture<FederatedServer>
{
    private const string Disabled = IntakeScenes.Risc + "account-disabled";
    private const string Kept = "fabric_signals_kept_total";
    private const string GivenUp = "fabric_signals_given_up_total";
    private const string Pushed = "for=\"pushed_key\"";

    private readonly IntakeScenes _scenes = new(federated);

    private OAuthServer Server => federated.Server;

    [Theory]
    [InlineData("a key that is not published yet", false)]
    [InlineData("no key", true)]
    [Trait("Invariant", "R1")]
    public async Task An_event_waits_for_a_key_that_is_published_later_and_raises_no_alarm(string names, bool isNameless)
    {
        await using var changing = await ForeignIssuer.StartAsync();
        using var before = new SigningClient();
        var keys = changing.Keys;
        changing.Keys = [before.Jwk];
        var scene = await _scenes.SceneAsync(issuer: changing);
        var token = _scenes.Token(scene.User, Disabled, "{}", head: head => _ = !isNameless || head.Remove("kid"), issuer: changing);
        Assert.True(HttpStatusCode.Accepted == await _scenes.SendAsync(scene.Tenant, token), names);
        var (begin, health) = (Server.Time.GetUtcNow(), new HashSet<string>());
        await _scenes.UntilAsync(async () =>
        {
            health.Add((await _scenes.HealthAsync()).Status);
            return Server.Time.GetUtcNow() - begin >= TimeSpan.FromMinutes(3);
        });
        Assert.Equal(["green"], health);
        Assert.Equal("active", await _scenes.StatusAsync(scene));

        // INVARIANT B1: who makes names up does not make the fabric ask more often than every 30 seconds.
        Assert.InRange(changing.KeysAsked, 2, 1 + (3 * 60 / 30));
        changing.Keys = keys;
        await _scenes.UntilAsync(async () => await _scenes.StatusAsync(scene) == "offboarded");
        Assert.False(await _scenes.AllowsAsync(scene));
    }

    [Fact]
    [Trait("Invariant", "R1")]
    public async Task An_event_is_taken_whose_key_has_the_name_of_the_one_before()
    {
        await using var changing = await ForeignIssuer.StartAsync();
        using var before = new SigningClient();
        var (keys, old) = (changing.Keys, before.Jwk);
        old["kid"] = "e1";
        changing.Keys = [old];
        var scene = await _scenes.SceneAsync(issuer: changing);
        Assert.Equal(HttpStatusCode.BadRequest, await _scenes.SendAsync(scene.Tenant, Token()));
        changing.Keys = keys;

        // Not by keys of before, however fresh they are; and it may not be asked for others yet.
        Server.Time.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal(HttpStatusCode.Accepted, await _scenes.SendAsync(scene.Tenant, Token()));
        Assert.Equal("active", await _scenes.StatusAsync(scene));
        await _scenes.UntilAsync(async () => await _scenes.StatusAsync(scene) == "offboarded");

        string Token() => _scenes.Token(scene.User, Disabled, "{}", issuer: changing);
    }

    [Fact]
    [Trait("Invariant", "R1")]
    public async Task An_event_that_names_no_key_is_taken_where_several_keys_could_have_signed_it()
    {
        await using var issuer = await ForeignIssuer.StartAsync();
        using var other = new SigningClient();
        issuer.Keys.Insert(0, other.Jwk);
        var scene = await _scenes.SceneAsync(issuer: issuer);
        Assert.Equal(HttpStatusCode.Accepted, await _scenes.SendAsync(scene.Tenant, _scenes.Token(scene.User, Disabled, "{}", head: head => head.Remove("kid"), issuer: issuer)));
        Assert.Equal("offboarded", await _scenes.StatusAsync(scene));
    }

    [Fact]
    [Trait("Invariant", "B1")]
    public async Task Events_that_are_made_up_are_given_up_after_an_hour_counted_and_no_alarm()
    {
        var scene = await SceneOfListAsync();
        var (kept, givenUp) = (await _scenes.MetricAsync(Kept, Pushed), await _scenes.MetricAsync(GivenUp, Pushed));
        for (var i = 0; i < 5; i++)
        {
            Assert.Equal(HttpStatusCode.Accepted, await _scenes.SendAsync(scene.Tenant, MadeUp(scene, i)));
        }
        var again = MadeUp(scene, 5);
        Assert.Equal(HttpStatusCode.Accepted, await _scenes.SendAsync(scene.Tenant, again));
        Assert.Equal(HttpStatusCode.Accepted, await _scenes.SendAsync(scene.Tenant, again));
        Assert.Equal(kept + 6, await _scenes.MetricAsync(Kept, Pushed));
        var (begin, health) = (Server.Time.GetUtcNow(), new HashSet<string>());
        await _scenes.UntilAsync(async () =>
        {
            health.Add((await _scenes.HealthAsync()).Status);
            return await _scenes.MetricAsync(GivenUp, Pushed) == givenUp + 6;
        }, TimeSpan.FromSeconds(30));
        Assert.True(Server.Time.GetUtcNow() - begin >= WaitingEvents.KeyKeptFor);
        Assert.Equal(["green"], health);
        Assert.Equal("active", await _scenes.StatusAsync(scene));

        // Nothing is left of them.
        var waiting = new WaitingEvents(Server.Engine, Server.Time, NullLoggerFactory.Instance);
        Assert.Empty((await waiting.ListAsync(scene.Tenant, "idp", WaitsFor.PushedKey, CancellationToken.None)).Value);
    }

    [Fact]
    [Trait("Invariant", "B1")]
    public async Task Made_up_events_fill_their_own_room_and_push_out_none()
    {
        await using var changing = await ForeignIssuer.StartAsync();
        using var before = new SigningClient();
        var keys = changing.Keys;
        changing.Keys = [before.Jwk];
        var scene = await _scenes.SceneAsync(issuer: changing);
        Assert.Equal(HttpStatusCode.Accepted, await _scenes.SendAsync(scene.Tenant, _scenes.Token(scene.User, Disabled, "{}", issuer: changing)));
        var status = HttpStatusCode.Accepted;
        for (var i = 0; i < 300 && status == HttpStatusCode.Accepted; i++)
        {
            status = await _scenes.SendAsync(scene.Tenant, MadeUp(scene, i, changing));
        }

        // Whoever is honest sends it again: it was not said that it is none.
        Assert.Equal(HttpStatusCode.ServiceUnavailable, status);
        var late = await _scenes.SceneAsync(scene.Tenant, "john");
        using (var answer = await _scenes.PostAsync(late.Tenant, _scenes.Token(late.User, Disabled, "{}", issuer: changing)))
        {
            Assert.Equal((HttpStatusCode.ServiceUnavailable, "5"), (answer.StatusCode, answer.Headers.RetryAfter?.ToString()));
        }

        // Nor do they take the room of those whose issuer's keys cannot be had.
        changing.Broken = PushTarget.Says(503);
        Server.Time.Advance(KeySetEntry.AskAgain);
        Assert.Equal(HttpStatusCode.Accepted, await _scenes.SendAsync(late.Tenant, _scenes.Token(late.User, Disabled, "{}", issuer: changing)));
        (changing.Keys, changing.Broken) = (keys, null);
        await _scenes.UntilAsync(async () => await _scenes.StatusAsync(scene) == "offboarded" && await _scenes.StatusAsync(late) == "offboarded");

        // What is left waits with its issuer alone.
        await Server.Operator.RemoveIssuerAsync(scene.Tenant, "idp").OrThrow();
        await _scenes.UntilAsync(async () => (await _scenes.HealthAsync()).Status == "green");
    }

    [Fact]
    [Trait("Invariant", "R1")]
    public async Task After_an_outage_that_was_longer_an_event_still_has_its_time_to_wait_for_its_key()
    {
        await using var changing = await ForeignIssuer.StartAsync();
        using var before = new SigningClient();
        var keys = changing.Keys;
        (changing.Keys, changing.Broken) = ([before.Jwk], PushTarget.Says(503));
        var scene = await _scenes.SceneAsync(issuer: changing);
        Assert.Equal(HttpStatusCode.Accepted, await _scenes.SendAsync(scene.Tenant, _scenes.Token(scene.User, Disabled, "{}", issuer: changing)));
        Server.Time.Advance(WaitingEvents.KeyKeptFor * 2);
        changing.Broken = null;
        await _scenes.UntilAsync(() => Task.FromResult(changing.KeysAsked >= 3));
        Assert.Equal("active", await _scenes.StatusAsync(scene));
        changing.Keys = keys;
        await _scenes.UntilAsync(async () => await _scenes.StatusAsync(scene) == "offboarded");
    }

    [Fact]
    [Trait("Invariant", "R1")]
    public async Task An_event_waits_for_a_key_that_the_tenant_has_to_put_in_its_list()
    {
        var scene = await SceneOfListAsync();
        Assert.Equal(HttpStatusCode.Accepted, await _scenes.SendAsync(scene.Tenant, _scenes.Token(scene.User, Disabled, "{}")));
        Assert.Equal("active", await _scenes.StatusAsync(scene));
        await federated.TrustAsync(scene.Tenant, new PutIssuer("signals", federated.Issuer.Url, Jwks: List(federated.Issuer.Jwks), Audiences: [IntakeScenes.Audience]), "idp");
        await _scenes.UntilAsync(async () => await _scenes.StatusAsync(scene) == "offboarded");
    }

    // Of an issuer whose keys are asked of nobody: the tenant's list has another one.
    private async Task<IntakeScene> SceneOfListAsync()
    {
        using var other = new SigningClient();
        var tenant = await Server.TenantAsync();
        var keys = new JsonObject { ["keys"] = new JsonArray(other.Jwk) };
        await federated.TrustAsync(tenant, new PutIssuer("signals", federated.Issuer.Url, Jwks: List(keys), Audiences: [IntakeScenes.Audience]), "idp");
        return await _scenes.SceneAsync(tenant);
    }

    private string MadeUp(IntakeScene scene, int i, ForeignIssuer? issuer = null) =>
        _scenes.Token(scene.User, Disabled, "{}", head: head => head["kid"] = $"made-up-{i}", issuer: issuer);

    private static JsonElement List(JsonObject keys) => JsonElement.Parse(keys.ToJsonString());
}
