using System.Text.Json.Nodes;
using Fabric.Conformance.Suite;
using Fabric.Contracts.Changes;
using Fabric.Core.Common;
using Fabric.Engine.Commands;
using Fabric.Silo.Api;
using Fabric.Silo.Cluster;
using Microsoft.Extensions.Logging.Abstractions;
using Npgsql;

namespace Fabric.Cluster.Tests.Http;

/// <summary>A receiver of signals whose polls come to one silo and then to another.</summary>
[Collection(SharedPostgres.Name)]
public sealed class SignalsAcrossSilosTests(PostgresFixture postgres)
{
    private const string Base = $"/tenants/{SiloPair.Tenant}/ssf";

    [Fact]
    [Trait("Invariant", "R3")]
    public async Task A_stream_is_one_at_all_silos_and_loses_nothing_over_a_pause()
    {
        await using var pair = await SiloPair.StartAsync(await postgres.MakeAsync());
        await pair.AgentAsync("robot");
        var secret = await pair.KeyAsync("auditor", "siem");
        var (status, made) = await pair.JsonAsync(0, "POST", Base + "/stream", secret, new JsonObject { ["description"] = "\0 and \ud83d\ude00" });
        Assert.True(status == 201, made?.ToJsonString());
        var stream = (string)made!["stream_id"]!;
        Assert.Equal("\0 and \ud83d\ude00", (string)(await pair.JsonAsync(1, "GET", $"{Base}/stream?stream_id={stream}", secret)).Body!["description"]!);

        // Each rotation at one silo, each poll right after it at the other, which may not have heard of it, or be behind the place that the first has noted.
        var told = new List<string>();
        for (var round = 0; round < 20; round++)
        {
            Scene.Ok(await pair.Operator(round % 2).RotateAgentSecretAsync(SiloPair.Tenant, "robot"));
            var ack = told.TakeLast(1).ToArray();
            told.AddRange((await PollAsync(round % 2, ack)).Except(told));
            told.AddRange((await PollAsync(1 - (round % 2), ack)).Except(told));
        }

        Assert.Equal(20, told.Count);
        foreach (var (silo, wanted, rotations) in new[] { (1, "paused", 2), (0, "enabled", 0) })
        {
            Assert.Equal(200, (await pair.JsonAsync(silo, "POST", Base + "/status", secret, new JsonObject { ["stream_id"] = stream, ["status"] = wanted })).Status);
            for (var i = 0; i < rotations; i++)
            {
                Scene.Ok(await pair.Operator(i).RotateAgentSecretAsync(SiloPair.Tenant, "robot"));
                Assert.Empty(await PollAsync(i, [.. told]));
            }
        }

        await pair.MeetAsync(1);
        await pair.MeetAsync(0);
        var later = await PollAsync(1, []);
        Assert.Equal(2, later.Except(told).Count());
        Assert.Empty(await PollAsync(0, [.. later]));
        Assert.Empty(await PollAsync(1, []));
        Assert.Equal(204, (await pair.JsonAsync(1, "DELETE", $"{Base}/stream?stream_id={stream}", secret)).Status);
        Assert.Equal(404, (await pair.JsonAsync(0, "POST", $"{Base}/poll/{stream}", secret, new JsonObject())).Status);

        async Task<List<string>> PollAsync(int silo, string[] ack)
        {
            var (code, body) = await pair.JsonAsync(
                silo, "POST", $"{Base}/poll/{stream}", secret, new JsonObject { ["returnImmediately"] = true, ["ack"] = new JsonArray([.. ack.Select(jti => (JsonNode)jti)]) });
            Assert.True(code == 200, body?.ToJsonString());
            Assert.NotEqual("disabled", (string)(await pair.JsonAsync(silo, "GET", $"{Base}/status?stream_id={stream}", secret)).Body!["status"]!);
            return [.. body!["sets"]!.AsObject().Select(set => set.Key)];
        }
    }

    [Fact]
    [Trait("Invariant", "R3")]
    public async Task A_place_that_another_silo_has_given_is_no_gap_for_one_that_is_behind()
    {
        var database = await postgres.MakeAsync();
        await using var engine = await ClusterFixture.OpenAsync(database);
        var scene = await Scene.MakeAsync(engine);
        var head = engine.Parts.Relay.Sequence;

        // What another silo's command leaves there, of which this one has not been told.
        await using var data = NpgsqlDataSource.Create(database);
        await using var ahead = data.CreateCommand("""
            INSERT INTO fabric_changes (partition, sequence, id, at_ms, by_name, revision, events)
            SELECT partition, sequence + 1, gen_random_uuid(), at_ms, by_name, revision, events FROM fabric_changes ORDER BY sequence DESC LIMIT 1
            """);
        Assert.Equal(1, await ahead.ExecuteNonQueryAsync());
        var place = new ChangePoint((ulong)head + 1).ToString();
        var page = Scene.Ok(await scene.Operator.PullChangesAsync(new ChangeQuery(place)));
        Assert.Equal((0, place), (page.Changes.Count, page.Next));
        Scene.Refused(Codes.CursorGap, await scene.Operator.PullChangesAsync(new ChangeQuery(new ChangePoint((ulong)head + 2).ToString())));
    }

    [Fact]
    public async Task A_store_whose_database_is_away_says_so()
    {
        await using var nowhere = NpgsqlDataSource.Create($"Host=127.0.0.1;Port={ClusterFixture.FreePort()};Timeout=2");
        var store = new PostgresSignalStore(nowhere, NullLogger.Instance);
        await Assert.ThrowsAsync<StoreAwayException>(async () => await store.ListAsync("acme", CancellationToken.None));
        await Assert.ThrowsAsync<StoreAwayException>(async () => await store.UpdateAsync("acme", "id", now => now, CancellationToken.None));
    }
}
