using System.Text.Json.Nodes;
using System.Threading.Channels;
using Fabric.Conformance.Suite;
using Fabric.Silo.Cluster;
using Fabric.Silo.Signals;
using Fabric.Silo.Signals.Push;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Npgsql;

namespace Fabric.Cluster.Tests.Http;

/// <summary>Streams that are pushed by a cluster: by one silo at a time, and by another when that one has gone.</summary>
[Collection(SharedPostgres.Name)]
public sealed class PushAcrossSilosTests(PostgresFixture postgres)
{
    private const string Base = $"/tenants/{SiloPair.Tenant}/ssf";
    private static readonly TimeSpan Lease = TimeSpan.FromMinutes(10);

    [Fact]
    [Trait("Invariant", "R3")]
    public async Task Each_event_is_pushed_once_and_in_order_and_goes_on_at_the_other_silo_when_one_stops()
    {
        await using var target = await Target.StartAsync();
        await using var pair = await SiloPair.StartAsync(await postgres.MakeAsync());
        await pair.AgentAsync("robot");
        var secret = await pair.KeyAsync("auditor", "siem");
        var delivery = new JsonObject { ["method"] = PushEndpoints.Method, ["endpoint_url"] = target.Url, ["authorization_header"] = "Bearer receiver-secret" };
        var (status, made) = await pair.JsonAsync(0, "POST", Base + "/stream", secret, new JsonObject { ["delivery"] = delivery });
        Assert.True(status == 201, made?.ToJsonString());
        var stream = (string)made!["stream_id"]!;
        for (var round = 0; round < 10; round++)
        {
            Scene.Ok(await pair.Operator(round % 2).RotateAgentSecretAsync(SiloPair.Tenant, "robot"));
        }

        var told = await target.TakeAsync(10);
        Assert.Equal(told.Distinct(), told);
        Assert.Equal(told.OrderBy(CursorOf), told);
        Assert.Equal("Bearer receiver-secret", target.Authorization);

        // A pause at one silo holds at whichever pushes.
        foreach (var silo in new[] { 0, 1 })
        {
            await StatusAsync(silo, "paused");
            Scene.Ok(await pair.Operator(silo).RotateAgentSecretAsync(SiloPair.Tenant, "robot"));
            Assert.True(target.IsQuiet);
            await StatusAsync(1 - silo, "enabled");
            told.AddRange(await target.TakeAsync(1));
        }

        await pair.StopHostAsync(0);
        Scene.Ok(await pair.Operator(1).RotateAgentSecretAsync(SiloPair.Tenant, "robot"));
        told.AddRange(await target.TakeAsync(1));
        Assert.Equal(13, told.Distinct().Count());

        async Task StatusAsync(int silo, string wanted) => Assert.Equal(
            200, (await pair.JsonAsync(silo, "POST", Base + "/status", secret, new JsonObject { ["stream_id"] = stream, ["status"] = wanted })).Status);
    }

    [Fact]
    [Trait("Invariant", "R3")]
    public async Task A_claim_is_one_holders_until_it_runs_out_and_what_its_holder_writes_then_counts_for_nothing()
    {
        await using var database = NpgsqlDataSource.Create(await postgres.MakeAsync());
        var store = new PostgresSignalStore(database, NullLogger.Instance);
        var made = new SignalStream
        {
            Id = "s1", Tenant = "acme", Receiver = "auditor:siem@acme", Audience = "siem", Cursor = "c1", Push = new PushDelivery("https://receiver.example/", null),
        };
        await store.AddAsync(made, CancellationToken.None);
        await store.AddAsync(made with { Id = "polled", Push = null }, CancellationToken.None);
        await store.AddAsync(made with { Id = "paused", Status = "paused" }, CancellationToken.None);
        var claims = await Task.WhenAll(Enumerable.Range(0, 8).Select(async silo => (Silo: silo, Streams: await store.ClaimAsync($"h{silo}", Lease, 10, CancellationToken.None))));
        var (silo, streams) = Assert.Single(claims, claim => claim.Streams.Count > 0);
        Assert.Equal("s1", Assert.Single(streams).Id);
        var holder = $"h{silo}";

        // Who has not claimed it moves nothing; who has is told of what others have changed.
        Assert.Null(await store.UpdateClaimedAsync(made, "other", Lease, now => now with { Cursor = "c9" }, CancellationToken.None));
        Assert.Equal("c2", (await store.UpdateClaimedAsync(made, holder, Lease, now => now with { Cursor = "c2" }, CancellationToken.None))!.Cursor);
        Assert.Empty(await store.ClaimAsync(holder, Lease, 10, CancellationToken.None));
        await store.UpdateAsync("acme", "s1", now => now with { Description = "d" }, CancellationToken.None);
        Assert.Equal("d", Assert.Single(await store.ClaimAsync(holder, Lease, 10, CancellationToken.None)).Description);
        Assert.Empty(await store.ClaimAsync("other", Lease, 10, CancellationToken.None));

        // As if it had died: its claim runs out by the database's clock.
        Assert.NotNull(await store.UpdateClaimedAsync(made, holder, TimeSpan.Zero, now => now, CancellationToken.None));
        Assert.Equal("c2", Assert.Single(await store.ClaimAsync("other", Lease, 10, CancellationToken.None)).Cursor);
        Assert.Null(await store.UpdateClaimedAsync(made, holder, Lease, now => now with { Cursor = "c3" }, CancellationToken.None));
        Assert.Equal("c2", (await store.FindAsync("acme", "s1", CancellationToken.None))!.Cursor);
        await store.ReleaseAsync(made, holder, CancellationToken.None);
        Assert.Empty(await store.ClaimAsync(holder, Lease, 10, CancellationToken.None));
        await store.ReleaseAsync(made, "other", CancellationToken.None);
        Assert.Single(await store.ClaimAsync(holder, Lease, 10, CancellationToken.None));
    }

    [Fact]
    [Trait("Invariant", "R3")]
    public async Task A_row_that_cannot_be_read_is_said_and_the_others_are_claimed()
    {
        await using var database = NpgsqlDataSource.Create(await postgres.MakeAsync());
        var said = new Lines();
        var store = new PostgresSignalStore(database, said);
        var made = new SignalStream
        {
            Id = "s1", Tenant = "acme", Receiver = "auditor:siem@acme", Audience = "siem", Cursor = "c1", Push = new PushDelivery("https://receiver.example/", null),
        };
        await store.AddAsync(made, CancellationToken.None);
        await store.AddAsync(made with { Id = "s2" }, CancellationToken.None);
        foreach (var (id, text) in new[] { ("damaged", "{ torn"), ("newer", """{"Id":"newer","Tenant":"acme","Receiver":"r","Audience":"a","Cursor":null,"OfTomorrow":1}"""), ("nothing", "null") })
        {
            await using var spoil = database.CreateCommand("INSERT INTO fabric_signal_streams (tenant, id, stream, pushed) VALUES ('acme', $1, $2, true)");
            spoil.Parameters.AddRange((NpgsqlParameter[])[new() { Value = id }, new() { Value = text }]);
            Assert.Equal(1, await spoil.ExecuteNonQueryAsync());
        }

        Assert.Equal(["s1", "s2"], (await store.ClaimAsync("h1", TimeSpan.Zero, 10, CancellationToken.None)).Select(stream => stream.Id).Order());
        Assert.Equal(3, said.Text.Count);
        Assert.All((string[])["damaged", "newer", "nothing"], id => Assert.Contains(said.Text, line => line.Contains($"stream {id} of signals of tenant acme cannot be read", StringComparison.Ordinal)));

        // They are claimed with the others, so that it is said again once that has run out, and their receiver's other streams are listed.
        Assert.Equal(2, (await store.ClaimAsync("h2", Lease, 10, CancellationToken.None)).Count);
        Assert.Equal(6, said.Text.Count);
        Assert.Empty(await store.ClaimAsync("h3", Lease, 10, CancellationToken.None));
        Assert.Equal(["s1", "s2"], (await store.ListAsync("acme", CancellationToken.None)).Select(stream => stream.Id));
    }

    private static ulong CursorOf(string jti) => ulong.Parse(jti[(jti.LastIndexOf(".c", StringComparison.Ordinal) + 2)..].Split('.')[0], System.Globalization.CultureInfo.InvariantCulture);

    private sealed class Lines : ILogger
    {
        public List<string> Text { get; } = [];

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) => Text.Add(formatter(state, exception));
    }

    /// <summary>Takes what is pushed to it.</summary>
    private sealed class Target(WebApplication app) : IAsyncDisposable
    {
        private readonly Channel<string> _told = Channel.CreateUnbounded<string>();

        public string Url => app.Urls.First() + "/events";

        public string? Authorization { get; private set; }

        public bool IsQuiet => !_told.Reader.TryPeek(out _);

        public static async Task<Target> StartAsync()
        {
            var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
            builder.WebHost.UseKestrelCore();
            builder.WebHost.UseUrls("http://127.0.0.1:0");
            var target = new Target(builder.Build());
            target.Run();
            await target.StartAppAsync();
            return target;
        }

        public async Task<List<string>> TakeAsync(int count)
        {
            using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(60));
            var told = new List<string>();
            while (told.Count < count)
            {
                told.Add(await _told.Reader.ReadAsync(limit.Token));
            }

            return told;
        }

        public ValueTask DisposeAsync() => app.DisposeAsync();

        private Task StartAppAsync() => app.StartAsync();

        private void Run() => app.Run(async context =>
        {
            using var reader = new StreamReader(context.Request.Body);
            var claims = JsonNode.Parse(System.Buffers.Text.Base64Url.DecodeFromChars((await reader.ReadToEndAsync()).Split('.')[1]))!;
            Authorization = context.Request.Headers.Authorization;
            context.Response.StatusCode = StatusCodes.Status202Accepted;
            await _told.Writer.WriteAsync((string)claims["jti"]!);
        });
    }
}
