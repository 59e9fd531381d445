using Fabric.Conformance.Suite;
using Fabric.Contracts.Common;
using Fabric.Contracts.Revocations;
using Fabric.Core.Common;
using Fabric.Core.Lineages;
using Fabric.Core.Nodes;
using Fabric.Engine;
using Fabric.Grains;
using Fabric.Grains.Feed;
using Microsoft.Extensions.Logging.Abstractions;
using Npgsql;

namespace Fabric.Cluster.Tests.Feed;

/// <summary>Whose room in the index it is, whose lock stands, and what a clock may drop.</summary>
[Collection(SharedPostgres.Name)]
public sealed class RoomTests(PostgresFixture postgres)
{
    private static readonly IndexLimits Small = new() { Records = 64, Tenant = 10, Unknown = 4 };

    [Fact]
    [Trait("Invariant", "B1")]
    public async Task A_tenant_takes_its_share_of_the_index_and_no_more_also_after_the_feed_log_has_moved()
    {
        var options = ClusterFixture.Options(await postgres.MakeAsync()) with { Counts = new CountLimits { Index = Small } };
        await using (var engine = await OpenAsync(options))
        {
            var scene = await Scene.MakeAsync(engine);
            var session = await scene.OpenAsync();
            var credential = await scene.IssueAsync(session.Id);

            // Those that are made here are revoked, whether there is room for those that are not or none.
            var receipt = Scene.Ok(await scene.Admin.RevokeAsync(Credentials([.. MadeUp(5), credential.Id])));
            Assert.Equal((5, false), (receipt.Unknown!.Count, receipt.Unknown.Recorded));
            await scene.DeniedAsync(Codes.CredentialRevoked, credential.Token);
            Assert.True(Scene.Ok(await scene.Admin.RevokeAsync(Credentials(MadeUp(4)))).Unknown!.Recorded);
            Scene.Refused(Codes.LimitReached, await scene.Admin.RevokeAsync(Credentials(MadeUp(1))));
        }

        await using (var engine = await OpenAsync(options))
        {
            var admin = engine.As(new Caller(Role.TenantAdmin, Scene.Tenant, "ada"));
            Scene.Refused(Codes.LimitReached, await admin.RevokeAsync(Credentials(MadeUp(1))));

            // Not held: who is above sessions, and an operator.
            Scene.Ok(await admin.RevokeAsync(new RevokeRequest(new NodeDto("user", Scene.Tenant, Scene.User))));
            Scene.Ok(await engine.As(Caller.Fabric).RevokeAsync(Credentials(MadeUp(20))));
        }
    }

    [Fact]
    [Trait("Invariant", "R1")]
    public async Task A_lock_that_was_decided_before_another_was_known_does_not_take_its_place()
    {
        await using var engine = await OpenAsync(ClusterFixture.Options(await postgres.MakeAsync()));
        var scene = await Scene.MakeAsync(engine);
        var (parts, now) = (engine.Parts, engine.Parts.Now);
        var target = new NodeRef(NodeKind.Agent, Scene.Tenant, Scene.Agent);
        Scene.Ok(await scene.Operator.LockAsync(new LockRequest(new NodeDto("agent", Scene.Tenant, Scene.Agent), "stop", Seconds: 3_600)));

        // What a tenant's admin decided on a silo that had not heard of it.
        var late = new NodeLocked(target, parts.Handles.Of(target), now + TimeSpan.FromSeconds(1), "mine");
        Assert.Equal(LogClient.Conflict, (await parts.Client.AppendAsync(parts.NextId(now), "tenant_admin:ada@acme", now, [late], $"lock/{late.Handle}", version: 0)).Rejection);
        Scene.Refused(Codes.LockByOperator, await scene.Admin.UnlockAsync(new UnlockRequest(new NodeDto("agent", Scene.Tenant, Scene.Agent), "mine")));
    }

    [Fact]
    [Trait("Invariant", "R4")]
    public async Task A_wall_clock_that_jumps_ahead_drops_no_revocation()
    {
        var clock = new JumpingClock();
        var connection = await postgres.MakeAsync();
        await using var engine = await ClusterEngine.OpenAsync(ClusterFixture.Options(connection), NullLoggerFactory.Instance, clock);
        var scene = await Scene.MakeAsync(engine);
        var session = await scene.OpenAsync();
        var credential = await scene.IssueAsync(session.Id);
        Scene.Ok(await scene.Admin.RevokeAsync(Credentials([credential.Id])));
        await using var database = NpgsqlDataSource.Create(connection);
        await using var feed = database.CreateCommand("SELECT count(*) FROM fabric_feed");
        var rows = (long)(await feed.ExecuteScalarAsync())!;
        var records = engine.Index.Count;

        clock.Ahead = TimeSpan.FromDays(60);
        for (var sweeps = 0; sweeps < 2; sweeps++)
        {
            await SweepAsync(database);
        }

        Assert.Equal((rows, records), ((long)(await feed.ExecuteScalarAsync())!, engine.Index.Count));
        clock.Ahead = TimeSpan.Zero;
        await scene.DeniedAsync(Codes.CredentialRevoked, credential.Token);
    }

    // What a sweep deletes whatever the clock says, put there to see one pass.
    private static async Task SweepAsync(NpgsqlDataSource database)
    {
        await using var put = database.CreateCommand("INSERT INTO fabric_usage_reports (name, at_ms) VALUES ('\\x01', 0)");
        await put.ExecuteNonQueryAsync();
        await using var left = database.CreateCommand("SELECT count(*) FROM fabric_usage_reports");
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(50));
        while ((long)(await left.ExecuteScalarAsync(limit.Token))! > 0)
        {
            await timer.WaitForNextTickAsync(limit.Token);
        }
    }

    private static Task<ClusterEngine> OpenAsync(ClusterOptions options) => ClusterEngine.OpenAsync(options, NullLoggerFactory.Instance);

    private static RevokeRequest Credentials(string[] ids) => new(Tenant: Scene.Tenant, Credentials: ids);

    private static string[] MadeUp(int count) => [.. Enumerable.Range(0, count).Select(_ => Guid.NewGuid().ToString("N"))];

    private sealed class JumpingClock : TimeProvider
    {
        private long _aheadTicks;

        internal TimeSpan Ahead
        {
            set => Volatile.Write(ref _aheadTicks, value.Ticks);
        }

        public override DateTimeOffset GetUtcNow() => System.GetUtcNow() + TimeSpan.FromTicks(Volatile.Read(ref _aheadTicks));
    }
}
