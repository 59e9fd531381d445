using Fabric.Client.Orleans;
using Fabric.Conformance.Suite;
using Fabric.Contracts.Changes;
using Fabric.Contracts.Keys;
using Fabric.Contracts.Orleans;
using Fabric.Core.Common;
using Fabric.Engine.Commands;
using Fabric.Grains;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;
using Orleans.Streams;

namespace Fabric.Cluster.Tests.Feed;

/// <summary>The change stream over the Orleans client, beside the silo, over real sockets.</summary>
[Collection(SharedPostgres.Name)]
public sealed class ChangeStreamTests(PostgresFixture postgres)
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    [Fact]
    [Trait("Invariant", "R3")]
    public async Task Every_change_comes_once_and_in_order_also_after_a_break()
    {
        var options = ClusterFixture.Options(await postgres.MakeAsync());
        await using var engine = await ClusterEngine.OpenAsync(options, NullLoggerFactory.Instance);
        var scene = await Scene.MakeAsync(engine);
        var secret = await KeyAsync(scene, "auditor", null);
        using var host = await ClusterFixture.ClientAsync(options, client => client.AddFabricChanges());
        var client = host.Services.GetRequiredService<IClusterClient>();
        var start = Scene.Ok(await scene.Operator.PullChangesAsync(new ChangeQuery(ChangeQuery.Now))).Next;

        // Cut off after each tenth change, and gone on with at its cursor, while more comes.
        var (seen, cursor) = (new List<Change>(), start);
        for (var part = 0; part < 3; part++)
        {
            for (var i = 0; i < 10; i++)
            {
                await scene.OpenAsync();
            }

            foreach (var change in await TakeAsync(client, secret, new ChangeQuery(cursor), 10))
            {
                seen.Add(change);
                cursor = change.Cursor;
            }
        }

        var all = Scene.Ok(await scene.Operator.PullChangesAsync(new ChangeQuery(start, Limit: 1_000))).Changes;
        Assert.Equal(30, all.Count);
        Assert.Equal(all.Select(change => change.Cursor), seen.Select(change => change.Cursor));
    }

    [Fact]
    public async Task A_notice_wakes_the_one_that_waits_and_carries_nothing_that_silos_prove_themselves_with()
    {
        var options = ClusterFixture.Options(await postgres.MakeAsync());
        await using var engine = await ClusterEngine.OpenAsync(options, NullLoggerFactory.Instance);
        var scene = await Scene.MakeAsync(engine);
        using var host = await ClusterFixture.ClientAsync(options, client => client.AddFabricChanges());
        var client = host.Services.GetRequiredService<IClusterClient>();
        var heard = new TaskCompletionSource<(ChangeNotice Notice, string[] Context)>(TaskCreationOptions.RunContinuationsAsynchronously);
        var head = 0L;
        await client.GetStreamProvider(ChangeNotice.Provider).GetStream<ChangeNotice>(ChangeNotice.Stream).SubscribeAsync((notice, _) =>
        {
            if (notice.Sequence > Volatile.Read(ref head))
            {
                heard.TrySetResult((notice, [.. RequestContext.Keys]));
            }

            return Task.CompletedTask;
        });
        Volatile.Write(ref head, engine.Parts.Relay.Sequence);
        await scene.OpenAsync();
        var (told, context) = await heard.Task.WaitAsync(Patience);
        Assert.True(told.Sequence <= engine.Parts.Relay.Sequence);
        Assert.DoesNotContain(context, key => key.StartsWith("fabric", StringComparison.Ordinal));
    }

    [Fact]
    [Trait("Invariant", "T1")]
    public async Task A_reader_sees_its_own_tenant_and_is_refused_without_a_right()
    {
        var options = ClusterFixture.Options(await postgres.MakeAsync());
        await using var engine = await ClusterEngine.OpenAsync(options, NullLoggerFactory.Instance);
        var scene = await Scene.MakeAsync(engine);
        Scene.Ok(await scene.Operator.CreateTenantAsync(new("other")));
        using var host = await ClusterFixture.ClientAsync(options, client => client.AddFabricChanges());
        var client = host.Services.GetRequiredService<IClusterClient>();
        var secret = await KeyAsync(scene, "auditor", "other");
        var start = Scene.Ok(await scene.Operator.PullChangesAsync(new ChangeQuery(ChangeQuery.Now))).Next;
        await scene.OpenAsync();
        Scene.Ok(await scene.Operator.CreateUserAsync("other", new("eve")));
        Assert.All(await TakeAsync(client, secret, new ChangeQuery(start), 1), change => Assert.Equal("other", change.Node.Tenant));

        foreach (var (key, query, code) in new[]
        {
            ("fk.no.key", new ChangeQuery(start), Codes.Unauthenticated),
            (await KeyAsync(scene, "enforcement_point", null), new ChangeQuery(start), Codes.Forbidden),
            (secret, new ChangeQuery(start, Scene.Tenant), Codes.NotFound),
            (secret, new ChangeQuery(new ChangePoint(999_999_999).ToString()), Codes.CursorGap),
            (secret, new ChangeQuery("x"), Codes.InvalidField),
        })
        {
            await using var changes = client.WatchChangesAsync(key, query).GetAsyncEnumerator();
            Assert.True(await changes.MoveNextAsync().AsTask().WaitAsync(Patience));
            Assert.Equal(code, changes.Current.Rejection?.Code);
            Assert.False(await changes.MoveNextAsync());
        }

        var reply = await client.GetGrain<IChangeGateGrain>(0).PullAsync(secret, "{\"limit\":\"no\"}"u8.ToArray());
        Assert.Equal(Codes.InvalidField, reply.Code);
        Assert.Null(reply.Page);
    }

    private static async Task<List<Change>> TakeAsync(IClusterClient client, string secret, ChangeQuery query, int count)
    {
        using var limit = new CancellationTokenSource(Patience);
        var taken = new List<Change>();
        await foreach (var change in client.WatchChangesAsync(secret, query, limit.Token))
        {
            taken.Add(Scene.Ok(change));
            if (taken.Count == count)
            {
                break;
            }
        }

        return taken;
    }

    private static async Task<string> KeyAsync(Scene scene, string role, string? tenant) =>
        Scene.Ok(await scene.Operator.MakeApiKeyAsync(new MakeApiKey(role, $"{role}-{tenant}", tenant))).Secret;
}
