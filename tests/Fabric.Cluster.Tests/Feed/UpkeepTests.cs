using Fabric.Conformance.Suite;
using Fabric.Contracts.Common;
using Fabric.Contracts.Revocations;
using Fabric.Core.Common;
using Fabric.Engine;
using Fabric.Grains;
using Microsoft.Extensions.Logging.Abstractions;
using Npgsql;

namespace Fabric.Cluster.Tests.Feed;

/// <summary>What the database keeps, what it may lose, and what a silo does then.</summary>
[Collection(SharedPostgres.Name)]
public sealed class UpkeepTests(PostgresFixture postgres)
{
    [Fact]
    public async Task What_an_entity_has_replaced_is_dropped_and_the_newest_of_each_stays()
    {
        var options = ClusterFixture.Options(await postgres.MakeAsync());
        string last;
        await using (var engine = await ClusterEngine.OpenAsync(options, NullLoggerFactory.Instance))
        {
            var scene = await Scene.MakeAsync(engine);
            last = "";
            for (var i = 0; i < 5; i++)
            {
                last = Scene.Ok(await scene.Admin.RotateAgentSecretAsync(Scene.Tenant, Scene.Agent)).Secret;
                Scene.Ok(await scene.Operator.LockAsync(new LockRequest(new NodeDto("agent", Scene.Tenant, Scene.Agent), "look", Seconds: 3_600)));
                Scene.Ok(await scene.Operator.UnlockAsync(new UnlockRequest(new NodeDto("agent", Scene.Tenant, Scene.Agent), "fine")));
                Scene.Ok(await scene.Operator.RevokeAsync(new RevokeRequest(new NodeDto("user", Scene.Tenant, Scene.User), Mode: "generation", IdempotencyKey: $"round-{i}")));
            }

            await using var database = NpgsqlDataSource.Create(options.ConnectionString);
            Assert.Equal(20L, await CountAsync(database));
            await using (var old = database.CreateCommand("UPDATE fabric_directory SET at_ms = at_ms - 100000000"))
            {
                await old.ExecuteNonQueryAsync();
            }

            using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(60));
            using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(50));
            while (await CountAsync(database) > 3)
            {
                await timer.WaitForNextTickAsync(limit.Token);
            }
        }

        // A silo that reads what is left knows the same, and its entities go on where they were.
        await using (var engine = await ClusterEngine.OpenAsync(options, NullLoggerFactory.Instance))
        {
            Assert.True(engine.Authenticate(last).IsOk);
            var root = engine.As(Caller.Fabric);
            Scene.Ok(await root.LockAsync(new LockRequest(new NodeDto("agent", Scene.Tenant, Scene.Agent), "look", Seconds: 3_600)));
            Scene.Ok(await root.RotateAgentSecretAsync(Scene.Tenant, Scene.Agent));
            Assert.False(engine.Authenticate(last).IsOk);
        }

        static async Task<long> CountAsync(NpgsqlDataSource database)
        {
            await using var count = database.CreateCommand("SELECT count(*) FROM fabric_directory WHERE slot IS NOT NULL");
            return (long)(await count.ExecuteScalarAsync())!;
        }
    }

    [Fact]
    [Trait("Invariant", "R5")]
    public async Task A_revocation_that_is_sent_again_denies_nothing_that_came_after_it_while_nobody_can_tell_that_it_was_carried_out()
    {
        var options = ClusterFixture.Options(await postgres.MakeAsync());
        await using var engine = await ClusterEngine.OpenAsync(options, NullLoggerFactory.Instance);
        var scene = await Scene.MakeAsync(engine);
        var request = new RevokeRequest(new NodeDto("user", Scene.Tenant, Scene.User), Mode: "generation", IdempotencyKey: "once");
        var first = Scene.Ok(await scene.Operator.RevokeAsync(request));
        var token = (await scene.IssueAsync((await scene.OpenAsync()).Id)).Token;

        // Who was carried out stands in a table that does not answer now, for longer than a denial ahead of storage waits.
        await using var database = NpgsqlDataSource.Create(options.ConnectionString);
        Task<Outcome<Receipt>> again;
        await using (var connection = await database.OpenConnectionAsync())
        await using (var held = await connection.BeginTransactionAsync())
        {
            await using var take = new NpgsqlCommand("LOCK TABLE fabric_requests IN ACCESS EXCLUSIVE MODE", connection, held);
            await take.ExecuteNonQueryAsync();
            again = scene.Operator.RevokeAsync(request).AsTask();
            using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(100));
            for (var tick = 0; tick < 10; tick++)
            {
                await timer.WaitForNextTickAsync();
                await scene.AllowedAsync(token);
            }
        }

        Assert.Equal(first.Revision, Scene.Ok(await again).Revision);
        await scene.AllowedAsync(token);
        await scene.OpenAsync();
    }

    [Fact]
    [Trait("Invariant", "R1")]
    public async Task A_silo_that_has_applied_what_the_database_has_lost_stops_serving()
    {
        var options = ClusterFixture.Options(await postgres.MakeAsync());
        await using var first = await ClusterEngine.OpenAsync(options, NullLoggerFactory.Instance);
        var scene = await Scene.MakeAsync(first);
        var session = await scene.OpenAsync();
        var token = (await scene.IssueAsync(session.Id)).Token;
        await scene.AllowedAsync(token);

        // A replica that was behind has taken over: the last commits never were.
        await using (var database = NpgsqlDataSource.Create(options.ConnectionString))
        {
            await using var lose = database.CreateCommand("""
                DELETE FROM fabric_changes WHERE sequence > (SELECT max(sequence) - 2 FROM fabric_changes);
                UPDATE fabric_owner SET term = term + 1, owner = 'another'
                """);
            await lose.ExecuteNonQueryAsync();
        }

        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(50));
        while (!first.Health.Parts.Any(part => part is { Name: "feed", Ok: false } && part.Reason!.Contains("commits were lost", StringComparison.Ordinal)))
        {
            await timer.WaitForNextTickAsync(limit.Token);
        }

        Assert.False(first.Health.Ready);
        var edge = first.As(new Caller(Role.EnforcementPoint, null, "edge"));
        Assert.False(Scene.Ok(await edge.CheckAsync(new(token, "flights.search", "call"))).Allowed);
    }
}
