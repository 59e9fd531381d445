using System.Text.Json.Nodes;
using Fabric.Client;
using Fabric.Contracts.Signals;
using Fabric.Engine;
using Fabric.Silo.OAuth;
using Fabric.Silo.Signals;
using Fabric.Silo.Signals.Push;
using Fabric.Silo.Tests.Engine;
using Fabric.Testing;
using Microsoft.Extensions.Logging;

namespace Fabric.Silo.Tests.Signals;

/// <summary>What a stream's receiver was promised outlives the process, and what cannot be kept is said.</summary>
public sealed class SignalStoreTests(EngineServer server) : IClassFixture<EngineServer>, IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("fabric-signals-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    [Trait("Invariant", "D1")]
    public async Task A_stream_is_there_for_the_next_process_as_it_was_changed_last()
    {
        using var store = new FileSignalStore(_folder);
        await store.AddAsync(Stream("acme", "c5"), CancellationToken.None);
        var changed = await store.UpdateAsync("acme", Id, now => (now with { Cursor = "c6.2", Acknowledged = ["x"], Removed = [JsonNode.Parse("""{"format":"opaque","id":"1"}""")!] })
            .WithOwn(SignalEvents.Verification, new JsonObject { ["state"] = "s" }), CancellationToken.None);
        await File.WriteAllTextAsync(Path.Combine(_folder, Id + ".json.new"), "{ torn");
        using var next = new FileSignalStore(_folder);
        var found = await next.FindAsync("acme", Id, CancellationToken.None);
        Assert.Equal(("c6.2", "enabled", "x", "s"), (found!.Cursor, found.Status, found.Acknowledged.Single(), (string)found.Own.Single().Fields["state"]!));
        Assert.Equal((changed!.Own[0].Jti, "1"), (found.Own[0].Jti, (string)found.Removed[0]["id"]!));
        Assert.Null(await next.FindAsync("other", Id, CancellationToken.None));

        await next.RemoveAsync(found, CancellationToken.None);
        using var last = new FileSignalStore(_folder);
        Assert.Empty(await last.ListAsync("acme", CancellationToken.None));
        Assert.Null(await last.UpdateAsync("acme", Id, now => now, CancellationToken.None));
    }

    [Fact]
    [Trait("Invariant", "R3")]
    public async Task A_place_that_the_fabric_does_not_keep_any_more_disables_the_stream_and_says_so()
    {
        var office = await Office.OpenAsync(server);
        using var store = new FileSignalStore(_folder);
        await store.AddAsync(Stream(office.Tenant, "c999999999"), CancellationToken.None);
        var fabric = server.Engine.As(Caller.Fabric);
        var poll = new SignalPoll(store, new SignalGather(new SignalToken(server.Engine, TimeProvider.System, new Issuers("https://fabric.local"))), TimeProvider.System);
        var first = await PollAsync();
        Assert.True(first.MoreAvailable);
        var after = (await store.FindAsync(office.Tenant, Id, CancellationToken.None))!;
        Assert.Equal(("disabled", SignalGather.Gap), (after.Status, after.Reason));
        var told = Assert.Single((await PollAsync()).Sets).Value.Split('.')[1];
        Assert.Contains("stream-updated", System.Text.Encoding.UTF8.GetString(System.Buffers.Text.Base64Url.DecodeFromChars(told)), StringComparison.Ordinal);

        async Task<SsfPollAnswer> PollAsync() => await poll.AnswerAsync(
            fabric, (await store.FindAsync(office.Tenant, Id, CancellationToken.None))!, new SsfPoll(ReturnImmediately: true), CancellationToken.None).OrThrow();
    }

    [Theory]
    [InlineData("""{"format":"opaque","id":"1"}""", """{"format":"opaque","id":"1"}""", true)]
    [InlineData("""{"format":"opaque","id":"1"}""", """{"id":"1","format":"opaque"}""", true)]
    [InlineData("""{"format":"opaque","id":"1"}""", """{"format":"opaque","id":"2"}""", false)]
    [InlineData("""{"format":"complex","user":{"format":"opaque","id":"1"},"session":{"format":"opaque","id":"2"}}""", """{"format":"opaque","id":"2"}""", true)]
    [InlineData("""{"format":"complex","user":{"format":"opaque","id":"1"}}""", """{"format":"complex","user":{"format":"opaque","id":"1"},"device":{"format":"opaque","id":"9"}}""", true)]
    [InlineData("""{"format":"complex","user":{"format":"opaque","id":"1"}}""", """{"format":"complex","user":{"format":"opaque","id":"2"}}""", false)]
    [InlineData("""{"format":"complex","user":{"format":"opaque","id":"1"}}""", """{"format":"complex","device":{"format":"opaque","id":"1"}}""", false)]
    [InlineData("""{"format":"opaque","id":"1"}""", """{"format":"complex","user":{"format":"opaque","id":"1"}}""", false)]
    [InlineData("""{"format":"opaque","id":"1"}""", "[]", false)]
    public void Subjects_match_as_the_standard_says(string subject, string other, bool match) =>
        Assert.Equal(match, JsonNode.Parse(subject)!.AsObject().Names(JsonNode.Parse(other)!));

    [Fact]
    public async Task A_stream_that_cannot_be_read_is_said_and_the_others_are_served()
    {
        using (var before = new FileSignalStore(_folder))
        {
            await before.AddAsync(Pushed, CancellationToken.None);
        }
        await File.WriteAllTextAsync(Path.Combine(_folder, "newer.json"), """{"Id":"newer","Tenant":"acme","Receiver":"r","Audience":"a","Cursor":null,"OfTomorrow":1}""");
        await File.WriteAllTextAsync(Path.Combine(_folder, "damaged.json"), "{ torn");
        await File.WriteAllTextAsync(Path.Combine(_folder, "nothing.json"), "null");
        var said = new Lines();
        using var store = new FileSignalStore(_folder, null, said);
        Assert.Equal(Id, Assert.Single(await store.ClaimAsync("h", TimeSpan.FromSeconds(30), 10, CancellationToken.None)).Id);
        Assert.Equal(Id, Assert.Single(await store.ListAsync("acme", CancellationToken.None)).Id);
        Assert.Equal(3, said.Text.Count(line => line.Contains("cannot be read", StringComparison.Ordinal)));
        Assert.All((string[])["newer", "damaged", "nothing"], name => Assert.Contains(said.Text, line => line.Contains($"stream {name} ", StringComparison.Ordinal)));
        Assert.True(File.Exists(Path.Combine(_folder, "newer.json")));
    }

    [Fact]
    [Trait("Invariant", "R3")]
    public async Task A_claim_that_nobody_works_on_runs_out_and_is_one_holders_until_then()
    {
        var (time, lease) = (new ManualTimeProvider(), TimeSpan.FromSeconds(30));
        using var store = new FileSignalStore(_folder, time);
        await store.AddAsync(Pushed, CancellationToken.None);
        Assert.Single(await store.ClaimAsync("h", lease, 10, CancellationToken.None));
        time.Advance(lease);
        Assert.Empty(await store.ClaimAsync("h", lease, 10, CancellationToken.None));

        // What its holder does renews it.
        Assert.NotNull(await store.UpdateClaimedAsync(Pushed, "h", lease, now => now, CancellationToken.None));
        time.Advance(lease);
        Assert.Empty(await store.ClaimAsync("other", lease, 10, CancellationToken.None));
        time.Advance(TimeSpan.FromSeconds(1));
        Assert.Single(await store.ClaimAsync("other", lease, 10, CancellationToken.None));
        Assert.Null(await store.UpdateClaimedAsync(Pushed, "h", lease, now => now, CancellationToken.None));
    }

    private sealed class Lines : ILogger
    {
        public List<string> Text { get; } = [];

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) => Text.Add(formatter(state, exception));
    }

    private static SignalStream Pushed => Stream("acme", "c5") with { Push = new PushDelivery("https://receiver.example/", null) };

    private const string Id = "0123456789abcdef0123456789abcdef";

    private static SignalStream Stream(string tenant, string cursor) => new()
    {
        Id = Id, Tenant = tenant, Receiver = "auditor:siem@acme", Audience = "siem", Cursor = cursor, EventsRequested = SignalEvents.Supported,
    };
}
