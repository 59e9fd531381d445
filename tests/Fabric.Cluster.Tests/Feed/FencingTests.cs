using System.Buffers;
using Fabric.Conformance.Suite;
using Fabric.Contracts.Common;
using Fabric.Contracts.Credentials;
using Fabric.Contracts.Revocations;
using Fabric.Contracts.Sessions;
using Fabric.Core.Common;
using Fabric.Core.Lineages;
using Fabric.Core.Nodes;
using Fabric.Engine;
using Fabric.Engine.Wire;
using Fabric.Grains;
using Fabric.Grains.Feed;
using Fabric.Grains.Sessions;
using Fabric.Grains.Storage;
using Fabric.Grains.Wire;
using Npgsql;

namespace Fabric.Cluster.Tests.Feed;

/// <summary>Two owners of one order, made on purpose: what a partition or a slow silo can bring about.</summary>
[Collection(SharedPostgres.Name)]
public sealed class FencingTests(PostgresFixture postgres)
{
    [Fact]
    [Trait("Invariant", "R3")]
    public async Task An_owner_whose_term_has_passed_writes_nothing_any_more()
    {
        await using var database = NpgsqlDataSource.Create(await postgres.MakeAsync());
        var (tables, commit) = (new LogTables(database), new LogCommit(database));
        var first = await tables.TakeOwnershipAsync("a");
        Assert.Equal(CommitOutcome.Committed, await commit.WriteAsync(first, [Entry(1)]));
        var second = await tables.TakeOwnershipAsync("b");

        Assert.Equal(CommitOutcome.Fenced, await commit.WriteAsync(first, [Entry(2)]));
        Assert.False(await tables.OwnsAsync(first));
        Assert.Equal((1, 0ul), await tables.HeadAsync());
        Assert.Equal(CommitOutcome.Committed, await commit.WriteAsync(second, [Entry(2)]));
    }

    [Fact]
    [Trait("Invariant", "R3")]
    public async Task A_position_is_given_out_once_also_by_one_term()
    {
        await using var database = NpgsqlDataSource.Create(await postgres.MakeAsync());
        var (tables, commit) = (new LogTables(database), new LogCommit(database));
        var term = await tables.TakeOwnershipAsync("a");
        Assert.Equal(CommitOutcome.Committed, await commit.WriteAsync(term, [Entry(1)]));
        Assert.Equal(CommitOutcome.Fenced, await commit.WriteAsync(term, [Entry(1)]));
    }

    [Fact]
    [Trait("Invariant", "R1")]
    [Trait("Invariant", "R3")]
    public async Task Two_feed_logs_at_one_time_lose_no_revocation_and_agree_on_every_position()
    {
        // Two clusters that do not know of each other over one database: each activates the feed log, and takes it from the other.
        var connection = await postgres.MakeAsync();
        await using var a = await ClusterEngine.OpenAsync(ClusterFixture.Options(connection) with { ClusterId = "a" }, Microsoft.Extensions.Logging.Abstractions.NullLoggerFactory.Instance);
        await using var b = await ClusterEngine.OpenAsync(ClusterFixture.Options(connection) with { ClusterId = "b" }, Microsoft.Extensions.Logging.Abstractions.NullLoggerFactory.Instance);
        var scene = await Scene.MakeAsync(a);
        var tokens = new List<string>();
        for (var round = 0; round < 6; round++)
        {
            // While they take the order from each other, either may refuse what it then has not done.
            var admin = (round % 2 == 0 ? a : b).As(new Caller(Role.TenantAdmin, Scene.Tenant, "ada"));
            var session = await OkAsync(() => scene.Operator.OpenSessionAsync(Scene.Tenant, new OpenSession(Scene.Agent, "find a flight", Scene.Wide)));
            tokens.Add((await OkAsync(() => scene.Operator.IssueCredentialsAsync(session.Id, new IssueCredentials()))).Credentials[0].Token);
            await OkAsync(() => admin.RevokeAsync(new RevokeRequest(new NodeDto("session", Scene.Tenant, session.Id))));
        }

        await UntilAsync(() => Task.FromResult(a.Feed.Head == b.Feed.Head && a.Parts.Relay.Sequence == b.Parts.Relay.Sequence && a.Feed.Head > 6));
        foreach (var (engine, token) in tokens.SelectMany(token => new[] { (a, token), (b, token) }))
        {
            var edge = engine.As(new Caller(Role.EnforcementPoint, null, "edge"));
            Assert.False(Scene.Ok(await edge.CheckAsync(new(token, "flights.search", "call"))).Allowed);
        }

        // One history: sequences and positions without a gap, each once.
        await using var database = NpgsqlDataSource.Create(connection);
        await using var gaps = database.CreateCommand("""
            SELECT (SELECT count(*) FROM (SELECT first - lag(last, 1, 0::bigint) OVER (ORDER BY first) AS step FROM fabric_feed) s WHERE step <> 1)
                 + (SELECT max(sequence) - count(*) FROM fabric_changes)
            """);
        Assert.Equal(0L, await gaps.ExecuteScalarAsync());
    }

    [Fact]
    [Trait("Invariant", "R1")]
    public async Task Of_two_activations_of_one_entity_the_one_that_decided_on_what_is_old_is_refused()
    {
        await using var engine = await ClusterFixture.OpenAsync(await postgres.MakeAsync());
        var scene = await Scene.MakeAsync(engine);
        Scene.Ok(await scene.Admin.RevokeAsync(new RevokeRequest(new NodeDto("user", Scene.Tenant, Scene.User))));

        // What a second activation, from before that revocation, would append: generation 2 once more, which would revoke nothing.
        var (parts, now) = (engine.Parts, engine.Parts.Now);
        var target = new NodeRef(NodeKind.User, Scene.Tenant, Scene.User);
        var stale = new NodeRevoked(target, parts.Handles.Of(target), 2, now + TimeSpan.FromDays(1), "generation", "again", UInt128.Zero);
        var answer = await parts.Client.AppendAsync(parts.NextId(now), "test", now, [stale], $"user/{Scene.Tenant}/{Scene.User}", version: 1);
        Assert.Equal(LogClient.Conflict, answer.Rejection);
    }

    [Fact]
    [Trait("Invariant", "D1")]
    public async Task An_entry_that_is_sent_again_is_logged_once()
    {
        await using var engine = await ClusterFixture.OpenAsync(await postgres.MakeAsync());
        var parts = engine.Parts;
        var entry = new LogEntry(42, parts.Now.UnixMs, "test", EventList.Write([]));
        var first = Scene.Ok(await parts.Client.AppendAsync(entry));
        Assert.Equal(first, Scene.Ok(await parts.Client.AppendAsync(entry with { Resend = true })));
        Assert.Equal(first, Scene.Ok(await parts.Client.AppendAsync(entry)));
    }

    [Fact]
    [Trait("Invariant", "D1")]
    public async Task A_session_whose_answer_was_lost_is_opened_once_and_answers_the_same_when_asked_again()
    {
        await using var engine = await ClusterFixture.OpenAsync(await postgres.MakeAsync());
        await Scene.MakeAsync(engine);
        var buffer = new ArrayBufferWriter<byte>();
        Scene.Ok(ScopeWire.Read(Scene.Narrow)).Write(buffer);
        var (parts, id, scopes) = (engine.Parts, Names.FormatId(engine.Parts.NextId(engine.Parts.Now)), buffer.WrittenSpan.ToArray());
        var open = new OpenCommand("test", Scene.Tenant, Scene.Agent, null, "mail", scopes, null, false, UInt128.Zero, parts.Relay.Sequence);
        var first = await engine.Grains.GetGrain<ISessionGrain>(id).OpenAsync(open);
        Assert.Null(first.Reply.Rejection);
        var second = await engine.Grains.GetGrain<ISessionGrain>(id).OpenAsync(open);
        Assert.Null(second.Reply.Rejection);
        Assert.Equal(0, second.Reply.Sequence);
        Assert.Equal(first.Row, second.Row);
        Assert.Equal(Codes.AlreadyExists, (await engine.Grains.GetGrain<ISessionGrain>(id).OpenAsync(open with { Purpose = "other" })).Reply.Rejection?.Code);
    }

    private static async Task<T> OkAsync<T>(Func<ValueTask<Outcome<T>>> command)
    {
        Outcome<T> outcome = default;
        await UntilAsync(async () => (outcome = await command()).IsOk || outcome.Rejection!.Code != Codes.StorageUnavailable);
        return Scene.Ok(outcome);
    }

    private static ComposedEntry Entry(long sequence) => new()
    {
        Entry = new LogEntry((UInt128)Random.Shared.NextInt64(1, long.MaxValue), 1, "test", EventList.Write([])), Row = new LogRow(sequence, 1, 0, [], []), Audit = [],
    };

    private static async Task UntilAsync(Func<Task<bool>> holds)
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(50));
        while (!await holds())
        {
            await timer.WaitForNextTickAsync(limit.Token);
        }
    }
}
