using System.Text.Json;
using Fabric.Client.Http;
using Fabric.Contracts;
using Fabric.Contracts.Changes;
using Fabric.Contracts.Common;
using Fabric.Contracts.Revocations;
using Fabric.Contracts.Tenants;
using Fabric.Core.Common;

namespace Fabric.Client.Tests.Http;

public sealed class FabricHttpClientTests
{
    private const string Tenant =
        """{"id":"acme","name":"Acme","status":"active","generation":1,"limits":{},"requireApproval":false,"createdAt":"2026-01-01T00:00:00Z","revision":7}""";

    private const string Receipt =
        """{"revision":9,"state":"confirmed","durable":true,"acceptedAt":"2026-01-01T00:00:00Z","closed":{"destructive":true,"write":true,"read":true},"acknowledged":[],"ranOut":[],"waiting":[],"inFlight":[]}""";

    [Fact]
    public async Task A_call_that_could_not_be_sent_goes_to_the_next_address()
    {
        var fabric = new FakeFabric((request, _) => request.RequestUri!.Host == "a"
            ? throw new HttpRequestException(HttpRequestError.ConnectionError)
            : FakeFabric.Json(Tenant, 201));
        using var client = Client(fabric);
        Assert.Equal("acme", (await client.CreateTenantAsync(new CreateTenant("acme"))).OrThrow().Id);
        Assert.Equal("http://a/v1/tenants http://b/v1/tenants", string.Join(' ', fabric.Seen.Select(each => each.Address)));
        // The address that answered is asked first from now on.
        await client.GetTenantAsync("acme");
        Assert.Equal("http://b/v1/tenants/acme", fabric.Seen[^1].Address);
    }

    [Fact]
    public async Task A_command_whose_answer_was_lost_is_not_made_twice()
    {
        var fabric = new FakeFabric((_, _) => throw new HttpRequestException(HttpRequestError.ResponseEnded));
        using var client = Client(fabric);
        Assert.Equal(Codes.Unreachable, (await client.CreateTenantAsync(new CreateTenant("acme"))).Rejection?.Code);
        Assert.Single(fabric.Seen);
    }

    [Fact]
    public async Task A_question_whose_answer_was_lost_is_asked_at_every_address_once()
    {
        var fabric = new FakeFabric((_, _) => throw new HttpRequestException(HttpRequestError.ResponseEnded));
        using var client = Client(fabric);
        Assert.Equal(Codes.Unreachable, (await client.GetTenantAsync("acme")).Rejection?.Code);
        Assert.Equal(2, fabric.Seen.Count);
    }

    [Fact]
    public async Task A_revocation_is_repeated_under_one_idempotency_key()
    {
        var fabric = new FakeFabric((request, _) => request.RequestUri!.Host == "a" ? throw new HttpRequestException(HttpRequestError.ResponseEnded) : FakeFabric.Json(Receipt));
        using var client = Client(fabric);
        var receipt = (await client.RevokeAsync(new RevokeRequest(new NodeDto("user", "acme", "jane")))).OrThrow();
        Assert.Equal((9ul, "confirmed"), (receipt.Revision, receipt.State));
        var keys = fabric.Seen.Select(each => JsonSerializer.Deserialize(each.Body, FabricJson.Default.RevokeRequest)!.IdempotencyKey).ToList();
        Assert.Equal(2, keys.Count);
        Assert.NotNull(keys[0]);
        Assert.Equal(keys[0], keys[1]);
    }

    [Fact]
    public async Task A_fabric_that_stops_sends_every_call_on()
    {
        var fabric = new FakeFabric((request, _) => request.RequestUri!.Host == "a" ? FakeFabric.Problem(503, Codes.Stopping) : FakeFabric.Json(Tenant));
        using var client = Client(fabric);
        Assert.True((await client.CreateTenantAsync(new CreateTenant("acme"))).IsOk);
    }

    [Fact]
    public async Task A_refusal_is_a_value_with_code_subject_and_detail_and_an_exception_on_demand()
    {
        using var client = Client(new FakeFabric((_, _) => FakeFabric.Problem(409, Codes.SessionEnded)));
        var outcome = await client.GetSessionAsync("x");
        Assert.Equal(new Rejection(Codes.SessionEnded, "s", "d"), outcome.Rejection);
        var fault = await Assert.ThrowsAsync<FabricException>(async () => await client.GetSessionAsync("x").OrThrow());
        Assert.Equal(Codes.SessionEnded, fault.Code);
    }

    [Theory]
    [InlineData(200, "<html>", "text/html")]
    [InlineData(502, "bad gateway", "text/plain")]
    [InlineData(200, "null", "application/json")]
    public async Task An_answer_of_something_else_is_no_answer(int status, string body, string type)
    {
        using var client = Client(new FakeFabric((_, _) => FakeFabric.Json(body, status, type)));
        Assert.Equal(Codes.Unreachable, (await client.GetTenantAsync("acme")).Rejection?.Code);
    }

    [Theory]
    [InlineData("..", "~")]
    [InlineData("", "~")]
    [InlineData("a/b", "a%2Fb")]
    [InlineData("a+b@c:d", "a%2Bb%40c%3Ad")]
    public async Task A_name_stays_one_segment_of_the_path(string name, string segment)
    {
        var fabric = new FakeFabric((_, _) => FakeFabric.Problem(404, Codes.NotFound));
        using var client = Client(fabric);
        await client.GetUserAsync("acme", name);
        Assert.Equal("http://a/v1/tenants/acme/users/" + segment, new Uri(fabric.Seen[0].Address).AbsoluteUri);
    }

    [Fact]
    public void The_secret_is_in_no_text() =>
        Assert.DoesNotContain("hunter2", new FabricHttpClientOptions { Addresses = [new Uri("http://a")], Secret = "hunter2" }.ToString(), StringComparison.Ordinal);

    [Fact]
    [Trait("Invariant", "R3")]
    public async Task A_broken_watch_resumes_after_the_last_change_and_ends_at_a_gap()
    {
        var streams = new Queue<string>([
            ": hello\n\nid: c0\n\n" + Event("c1", "tenant.created"),
            Event("c2", "user.created"),
            "event: gap\ndata: {\"type\":\"t\",\"title\":\"t\",\"status\":410,\"code\":\"cursor.gap\",\"subject\":\"cursor\",\"detail\":\"d\"}\n\n",
        ]);
        var fabric = new FakeFabric((request, _) => request.RequestUri!.Host == "b" ? FakeFabric.Problem(503, Codes.Stopping) : FakeFabric.Json(streams.Dequeue(), 200, "text/event-stream"));
        using var client = Client(fabric, address => address with { WatchRetryMax = TimeSpan.FromMilliseconds(1) });
        var got = new List<string>();
        await foreach (var change in client.WatchChangesAsync(new ChangeQuery(Tenant: "acme")))
        {
            got.Add(change.IsOk ? change.Value.Kind : change.Rejection.Code);
        }
        Assert.Equal(["tenant.created", "user.created", Codes.CursorGap], got);
        var asked = fabric.Seen.Where(each => each.Address.StartsWith("http://a", StringComparison.Ordinal)).Select(each => each.LastEventId ?? "start");
        Assert.Equal("start c1 c2", string.Join(' ', asked));
    }

    private static string Event(string cursor, string kind) =>
        $$$"""
        id: {{{cursor}}}
        event: {{{kind}}}
        data: {"cursor":"{{{cursor}}}","kind":"{{{kind}}}","node":{"kind":"tenant","tenant":"acme"},"at":"2026-01-01T00:00:00Z","by":"x","revision":1,"data":{}}


        """.ReplaceLineEndings("\n");

    private static FabricHttpClient Client(FakeFabric fabric, Func<FabricHttpClientOptions, FabricHttpClientOptions>? adjust = null)
    {
        var options = new FabricHttpClientOptions { Addresses = [new Uri("http://a"), new Uri("http://b")], Secret = "secret" };
        return new FabricHttpClient(adjust?.Invoke(options) ?? options, new HttpClient(fabric));
    }
}
