using System.Diagnostics;
using Fabric.Client.Http;
using Fabric.Contracts.Checks;
using Fabric.Contracts.Common;
using Fabric.Contracts.Credentials;
using Fabric.Contracts.Revocations;
using Fabric.Contracts.Sessions;
using Fabric.Core.Common;
using Xunit.Abstractions;

namespace Fabric.Cluster.Tests.Processes;

/// <summary>What holds while silos die, freeze and come back: three processes over a real PostgreSQL, an enforcement point at each.</summary>
[Collection(SharedPostgres.Name)]
public sealed class SiloFaultTests(PostgresFixture postgres, ITestOutputHelper output)
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    [Fact]
    [Trait("Invariant", "R1")]
    [Trait("Invariant", "D1")]
    public async Task A_revocation_at_one_silo_is_confirmed_over_all_and_denied_at_every_edge()
    {
        await using var cluster = await ThreeSilos.StartAsync(await postgres.MakeAsync());
        for (var i = 0; i < 3; i++)
        {
            await cluster.ConnectAsync(i);
        }

        var took = new List<double>();
        for (var round = 0; round < 12; round++)
        {
            using var client = cluster.Operator(round % 3);
            var (session, token) = await ThreeSilos.IssueAsync(client);
            Assert.All(cluster.Edges, edge => Assert.True(ThreeSilos.Allows(edge, token)));
            var started = Stopwatch.GetTimestamp();
            var receipt = await RevokeAsync(client, session);
            took.Add(Stopwatch.GetElapsedTime(started).TotalMilliseconds);
            Assert.Equal("confirmed", receipt.State);
            Assert.Equal(3, receipt.Acknowledged.Count);
            Assert.All(cluster.Edges, edge => Assert.False(ThreeSilos.Allows(edge, token)));
            for (var i = 0; i < 3; i++)
            {
                using var other = cluster.Operator(i);
                Assert.False((await CheckAsync(other, token)).Allowed);
            }
        }

        // The first ones wait for the leases of the feed log's owner before: there was none, but nobody knew.
        output.WriteLine($"revoke to confirmed, ms: {string.Join(", ", took.Select(one => $"{one:N1}"))}");
    }

    [Theory]
    [InlineData(0)]
    [InlineData(2)]
    [Trait("Invariant", "R1")]
    [Trait("Invariant", "D1")]
    public async Task Nothing_acknowledged_is_lost_when_a_silo_is_killed(int victim)
    {
        await using var cluster = await ThreeSilos.StartAsync(await postgres.MakeAsync());
        for (var i = 0; i < 3; i++)
        {
            await cluster.ConnectAsync(i);
        }

        var survivor = (victim + 1) % 3;
        using var client = cluster.Operator(survivor);
        var (session, token) = await ThreeSilos.IssueAsync(cluster.Operator(victim));
        var (dead, deadToken) = await ThreeSilos.IssueAsync(cluster.Operator(victim));
        await RevokeAsync(cluster.Operator(victim), dead);
        Assert.All(cluster.Edges, edge => Assert.True(ThreeSilos.Allows(edge, token)));

        await cluster.Silos[victim].KillAsync();
        var killed = Stopwatch.GetTimestamp();
        var issued = await EventuallyAsync(() => client.IssueCredentialsAsync(session, new IssueCredentials()));
        output.WriteLine($"the killed silo's session issues again after {Stopwatch.GetElapsedTime(killed).TotalMilliseconds:N0} ms");

        var receipt = await RevokeAsync(client, session);
        output.WriteLine($"revoked and {receipt.State} {Stopwatch.GetElapsedTime(killed).TotalMilliseconds:N0} ms after the kill");
        Assert.Equal("confirmed", receipt.State);
        Assert.All(cluster.Edges, edge => Assert.False(ThreeSilos.Allows(edge, token)));
        Assert.All(cluster.Edges, edge => Assert.False(ThreeSilos.Allows(edge, deadToken)));
        Assert.False((await CheckAsync(client, issued.Credentials[0].Token)).Allowed);

        // The edge of the killed silo has gone to another one, and the silo comes back.
        await cluster.Silos[victim].RestartAsync();
        using var back = cluster.Operator(victim);
        Assert.False((await CheckAsync(back, token)).Allowed);
        var (_, fresh) = await ThreeSilos.IssueAsync(back);
        await UntilAsync(() => cluster.Edges.TrueForAll(edge => ThreeSilos.Allows(edge, fresh)));
    }

    [Fact]
    [Trait("Invariant", "R1")]
    [Trait("Invariant", "R2")]
    public async Task A_silo_that_is_frozen_past_its_lease_allows_nothing_when_it_goes_on()
    {
        await using var cluster = await ThreeSilos.StartAsync(await postgres.MakeAsync());
        var frozen = cluster.Silos[2];
        await cluster.ConnectAsync(0);
        using var client = cluster.Operator(0);
        var (session, token) = await ThreeSilos.IssueAsync(client);
        using var there = cluster.Operator(2);
        Assert.True((await CheckAsync(there, token)).Allowed);

        await frozen.SignalAsync("STOP");
        var receipt = await RevokeAsync(client, session);
        Assert.Equal("confirmed", receipt.State);

        // Asked while it stands still, answered when it goes on: by what it knew, it would allow.
        var late = there.CheckAsync(new CheckRequest(token, "mail", "send", "x", "read")).AsTask();
        await frozen.SignalAsync("CONT");
        var answer = await late;
        output.WriteLine($"the frozen silo answers {(answer.IsOk ? answer.Value.Code ?? "allowed" : answer.Rejection.Code)}");
        Assert.False(answer is { IsOk: true, Value.Allowed: true });
        Assert.False(ThreeSilos.Allows(cluster.Edges[0], token));
    }

    [Fact]
    [Trait("Invariant", "R1")]
    [Trait("Invariant", "R2")]
    [Trait("Invariant", "D1")]
    public async Task While_the_database_is_away_a_revocation_is_denied_everywhere_at_once_and_durable_when_it_is_back()
    {
        await using var server = await Fabric.Silo.Cluster.LocalPostgres.StartAsync();
        await using (var database = Npgsql.NpgsqlDataSource.Create(server.ConnectionString))
        {
            await Fabric.Grains.Storage.Schema.MigrateAsync(database);
        }

        await using var cluster = await ThreeSilos.StartAsync(server.ConnectionString);
        var edges = new List<Fabric.Client.Edges.Edge> { await cluster.ConnectAsync(1), await cluster.ConnectAsync(2) };
        using var client = cluster.Operator(0);
        var (session, token) = await ThreeSilos.IssueAsync(client);
        var (_, bystander) = await ThreeSilos.IssueAsync(client);
        Assert.All(edges, edge => Assert.True(ThreeSilos.Allows(edge, token)));

        await server.KillAsync();
        var killed = Stopwatch.GetTimestamp();
        var revoking = client.RevokeAsync(new RevokeRequest(new NodeDto("session", ThreeSilos.Tenant, session)));
        await UntilAsync(() => edges.TrueForAll(edge => !ThreeSilos.Allows(edge, token)));
        output.WriteLine($"both edges deny it {Stopwatch.GetElapsedTime(killed).TotalMilliseconds:N0} ms after the database went away");
        Assert.All(edges, edge => Assert.True(ThreeSilos.Allows(edge, bystander)));
        var receipt = ThreeSilos.Ok(await revoking);
        Assert.Equal(("partial", false, 0ul), (receipt.State, receipt.Durable, receipt.Revision));
        Assert.Equal(new ClosedClasses(false, false, false), receipt.Closed);

        // Nothing else goes on for longer than the leases: they rest on the database.
        await UntilAsync(() => edges.TrueForAll(edge => !ThreeSilos.Allows(edge, bystander)));
        output.WriteLine($"the edges deny all reads {Stopwatch.GetElapsedTime(killed).TotalMilliseconds:N0} ms after it");
        Assert.False(await client.CheckAsync(new CheckRequest(bystander, "mail", "send", "x", "read")) is { IsOk: true, Value.Allowed: true });

        // It is carried out without anybody asking again.
        await server.RestartAsync();
        await UntilAsync(() => edges.TrueForAll(edge => ThreeSilos.Allows(edge, bystander)));
        var status = await EventuallyAsync(async () => await client.GetSessionAsync(session) is { IsOk: true, Value.Status: "revoked" } found
            ? found : new Rejection(Codes.StorageUnavailable, session, "not carried out yet"));
        Assert.Equal("revoked", status.Status);
        Assert.All(edges, edge => Assert.False(ThreeSilos.Allows(edge, token)));
        var confirmed = await RevokeAsync(client, session);
        Assert.Equal(("confirmed", true), (confirmed.State, confirmed.Durable));
        Assert.NotEqual(0ul, confirmed.Revision);
        output.WriteLine($"revoked and confirmed {Stopwatch.GetElapsedTime(killed).TotalMilliseconds:N0} ms after it");
    }

    [Fact]
    [Trait("Invariant", "D1")]
    public async Task A_rolling_restart_loses_nothing_and_hands_its_leases_back()
    {
        await using var cluster = await ThreeSilos.StartAsync(await postgres.MakeAsync());
        await cluster.ConnectAsync(0);
        var tokens = new List<(string Session, string Token)>();
        for (var silo = 0; silo < 3; silo++)
        {
            using var client = cluster.Operator((silo + 1) % 3);
            tokens.Add(await EventuallyIssueAsync(client));
            Assert.Equal(0, await cluster.Silos[silo].StopAsync());
            tokens.Add(await EventuallyIssueAsync(client));
            await cluster.Silos[silo].RestartAsync();
        }

        using var last = cluster.Operator(0);
        foreach (var (session, token) in tokens)
        {
            Assert.True((await CheckAsync(last, token)).Allowed);
            Assert.Equal("confirmed", (await RevokeAsync(last, session)).State);
            Assert.False(ThreeSilos.Allows(cluster.Edges[0], token));
        }
    }

    private static async Task<Receipt> RevokeAsync(FabricHttpClient client, string session) => await EventuallyAsync(
        () => client.RevokeAsync(new RevokeRequest(new NodeDto("session", ThreeSilos.Tenant, session), Wait: "confirmed", TimeoutMs: 30_000)));

    private static async Task<CheckAnswer> CheckAsync(FabricHttpClient client, string token) =>
        ThreeSilos.Ok(await client.CheckAsync(new CheckRequest(token, "mail", "send", "x", "read")));

    private static async Task<(string Session, string Token)> EventuallyIssueAsync(FabricHttpClient client)
    {
        var session = await EventuallyAsync(() => client.OpenSessionAsync(ThreeSilos.Tenant, new OpenSession(ThreeSilos.Agent, "send mail", ThreeSilos.Scopes)));
        return (session.Id, (await EventuallyAsync(() => client.IssueCredentialsAsync(session.Id, new IssueCredentials()))).Credentials[0].Token);
    }

    // While the cluster finds out that a silo is gone, commands are refused as not acknowledged: they are made again.
    private static async Task<T> EventuallyAsync<T>(Func<ValueTask<Outcome<T>>> command)
    {
        using var limit = new CancellationTokenSource(Patience);
        using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(25));
        while (true)
        {
            var outcome = await command();
            if (outcome.IsOk || outcome.Rejection.Code is not (Codes.StorageUnavailable or Codes.Unreachable or Codes.Internal or Codes.Stopping or Codes.Unauthenticated))
            {
                return ThreeSilos.Ok(outcome);
            }

            await timer.WaitForNextTickAsync(limit.Token);
        }
    }

    private static async Task UntilAsync(Func<bool> holds)
    {
        using var limit = new CancellationTokenSource(Patience);
        using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(25));
        while (!holds())
        {
            await timer.WaitForNextTickAsync(limit.Token);
        }
    }
}
