using System.Collections.Concurrent;
using Fabric.Client.Http;
using Fabric.Contracts.Common;
using Fabric.Contracts.Credentials;
using Fabric.Contracts.Revocations;
using Fabric.Core.Common;
using Fabric.LoadTests.Measure;
using Fabric.LoadTests.Processes;
using Fabric.LoadTests.Scenarios;
using Npgsql;

namespace Fabric.LoadTests.Cluster;

/// <summary>What failures cost: an edge that is stopped, a silo that is killed; and whether load alone makes the cluster give a silo up.</summary>
internal static class ClusterFaults
{
    private const int Rounds = 3;
    private const int Writers = 24;
    private const int DeadStatus = 6;
    private const int BackMaxMs = 90_000;

    /// <summary>One edge is stopped, and goes on once the receipt is there.</summary>
    public static async Task FreezeAnEdgeAsync(ScenarioRun run, SiloCluster cluster)
    {
        var town = await ClusterIssue.SettleAsync(cluster);
        await using var edges = await cluster.StartEdgesAsync(ClusterScenario.Silos, run.Cancellation);
        using var client = cluster.Operator(0);
        await WarmUpAsync(town[0], client);
        var (took, back) = (new List<double>(), new List<double>());
        using var stage = run.Log.Begin("revoke while one edge is stopped", Rounds * 2);
        for (var round = 0; round < Rounds * 2; round++)
        {
            // Over HTTP and over Orleans in turn.
            var stopped = edges.Edges[round % 2 == 0 ? 0 : ClusterScenario.Silos];
            var session = await town[0].OpenAsync(round, round);
            var call = Town.CallOf((await town[0].IssueAsync(session, 1))[0].Token, round, 0);
            if (!await R1.AssertAllowedAsync(edges, [call], run.Report, "before its session was revoked"))
            {
                return;
            }

            await stopped.SignalAsync("STOP");
            var sentNs = Clock.NowNs;
            var receipt = await RevokeAsync(client, session).Need("revoke a session");
            took.Add(Clock.Ms(sentNs, Clock.NowNs));
            await stopped.SignalAsync("CONT");
            if (receipt.State != "confirmed")
            {
                run.Report.Broken($"with one edge stopped a receipt is `{receipt.State}` after 30 s");
            }

            var resumedNs = Clock.NowNs;
            _ = await R1.AssertDeniedAsync(edges, [call], run.Report, "the revocation was confirmed with one edge stopped");
            back.Add(await BackAfterAsync(stopped, Town.CallOf((await town[0].IssueAsync(await town[0].OpenAsync(round, round), 1))[0].Token, round, 0), resumedNs));
            stage.Advance();
        }

        run.Report.Add("cluster.frozen_edge_confirmed_ms", Samples.Median(took), "ms");
        run.Report.Add("cluster.frozen_edge_confirmed_max_ms", took.Max(), "ms");
        run.Report.Add("cluster.frozen_edge_back_max_ms", back.Max(), "ms");
        run.Report.Note($"an edge stopped, over HTTP and over the Orleans client in turn: they allow again {string.Join(", ", back.Select(each => $"{each:N0}"))} ms after they go on");
        run.Report.Note($"an edge stopped: {took.Count} revocations, {took.Min():N0} to {took.Max():N0} ms; the edge's lease of class read is 5 s from the sending of its last renewal, at most 250 ms before, and 50 ms and 1 % are allowed for clocks");
    }

    /// <summary>A silo is killed under load; each in turn.</summary>
    public static async Task KillASiloAsync(ScenarioRun run, SiloCluster cluster)
    {
        var town = await ClusterIssue.SettleAsync(cluster);
        await using var edges = await cluster.StartEdgesAsync(ClusterScenario.Silos, run.Cancellation);
        using var first = cluster.Operator(0);
        await WarmUpAsync(town[0], first);
        var (again, confirmed, acknowledged) = (new List<double>(), new List<double>(), new ConcurrentBag<string>());
        using var stage = run.Log.Begin("kill -9 of each silo under load", Rounds);
        for (var victim = 0; victim < Rounds; victim++)
        {
            var other = (victim + 1) % cluster.Silos.Count;
            using var client = cluster.Operator(other);
            var sessions = await OpenAsync(town[victim], Writers);
            var (revoked, call) = await IssueOneAsync(town[victim], Writers);
            using var stop = new CancellationTokenSource();
            var load = Swarm.UntilAsync(Writers, caller => IssueAsync(town[(victim + 1 + (caller % 2)) % town.Length], sessions[caller], acknowledged), stop.Token);
            await UntilAsync(() => acknowledged.Count > Writers * (victim + 1) * 20, run.Cancellation);

            await cluster.Silos[victim].KillAsync();
            var killedNs = Clock.NowNs;
            await SucceedAsync(async () => await client.IssueCredentialsAsync(revoked, new IssueCredentials()), run.Cancellation);
            again.Add(Clock.Ms(killedNs, Clock.NowNs));
            var receipt = await SucceedAsync(() => RevokeAsync(client, revoked), run.Cancellation);
            confirmed.Add(Clock.Ms(killedNs, Clock.NowNs));
            if (receipt.State != "confirmed")
            {
                run.Report.Broken($"after a silo was killed a receipt is `{receipt.State}` after 30 s");
            }

            _ = await R1.AssertDeniedAsync(edges, [call], run.Report, "the revocation was confirmed after a silo was killed");
            await stop.CancelAsync();
            await load;
            await cluster.RestartAsync(victim, run.Cancellation);
            stage.Advance();
        }

        var lost = acknowledged.Count - await CountAsync(cluster.Database, acknowledged);
        run.Report.Add("cluster.killed_silo_again_ms", Samples.Median(again), "ms");
        run.Report.Add("cluster.killed_silo_again_max_ms", again.Max(), "ms");
        run.Report.Add("cluster.killed_silo_confirmed_ms", Samples.Median(confirmed), "ms");
        run.Report.Add("cluster.killed_silo_confirmed_max_ms", confirmed.Max(), "ms");
        run.Report.Add("cluster.lost", lost, "credentials");
        if (lost > 0)
        {
            run.Report.Broken($"D1: {lost} of {acknowledged.Count} acknowledged credentials are not in the inventory after kills");
        }

        run.Report.Note($"kill -9 of each silo under the load of {Writers} issuers: a session that lived there issues again after {string.Join(", ", again.Select(each => $"{each:N0}"))} ms, its revocation is confirmed "
            + $"{string.Join(", ", confirmed.Select(each => $"{each:N0}"))} ms after the kill (what the dead silo had lent runs out: 3 s of its own lease and 5 s of its edges', from their last renewals; 9 s when the feed log was on it); {acknowledged.Count:N0} acknowledged credentials read back from the inventory");
    }

    /// <summary>Full load for minutes, and nobody is killed: whoever is declared dead was given up wrongly.</summary>
    public static async Task LoadAsync(ScenarioRun run, SiloCluster cluster)
    {
        var town = await ClusterIssue.SettleAsync(cluster);
        var sessions = await OpenAsync(town[0], ClusterIssue.Connections);
        var requests = sessions.Select((session, i) => ClusterIssue.Request(cluster, i % town.Length, $"/v1/sessions/{session}/credentials", """{"count":1}"""));
        using var load = new HttpLoad([.. requests]);
        var minutes = run.Options.Minutes ?? 10;
        using var stage = run.Log.Begin($"full load for {minutes} minutes", minutes);
        var rates = new List<double>();
        for (var minute = 0; minute < minutes && load.Fault is null && !run.Cancellation.IsCancellationRequested; minute++)
        {
            rates.Add((await Task.Run(() => load.Run(TimeSpan.FromMinutes(1), run.Cancellation))).Rate);
            stage.Advance();
        }

        if (load.Fault is { } fault)
        {
            run.Report.Broken($"a command was refused under load: {fault}");
        }

        await using var source = NpgsqlDataSource.Create(cluster.Database);
        await using var dead = source.CreateCommand("SELECT count(*) FROM fabric_membership WHERE status = $1");
        dead.Parameters.AddWithValue(DeadStatus);
        var evicted = (long)(await dead.ExecuteScalarAsync(CancellationToken.None))!;
        run.Report.Add("cluster.false_evictions", evicted, "silos");
        run.Report.Add("cluster.long_load_rate", Samples.Median(rates), "credentials/s");
        run.Report.Note($"{minutes} minutes of issuance over {ClusterIssue.Connections} connections, {rates.Min():N0} to {rates.Max():N0} a second by the minute; silos that the membership table holds for dead though none was killed");
    }

    private static ValueTask<Outcome<Receipt>> RevokeAsync(FabricHttpClient client, string session) => client.RevokeAsync(
        new RevokeRequest(new NodeDto("session", "acme", session), Reason: "load test", Wait: "confirmed", TimeoutMs: 30_000));

    // It denies as stale until it has connected anew.
    private static async Task<double> BackAfterAsync(EdgeProcess edge, EdgeCall call, long resumedNs)
    {
        while ((await edge.SendAsync(EdgeOps.Check, calls: [call])).Allowed == 0)
        {
            if (Clock.Ms(resumedNs, Clock.NowNs) > BackMaxMs)
            {
                throw new LoadException($"{edge.Name} has not come back within {BackMaxMs / 1_000} s");
            }

            await Task.Delay(20);
        }

        return Clock.Ms(resumedNs, Clock.NowNs);
    }

    // The first receipts wait for leases from before the first start.
    private static async Task WarmUpAsync(Town town, FabricHttpClient client)
    {
        for (var i = 0; i < 5; i++)
        {
            _ = await RevokeAsync(client, await town.OpenAsync(0, i)).Need("revoke a session");
        }
    }

    private static async Task<string[]> OpenAsync(Town town, int count)
    {
        var sessions = new string[count];
        await Swarm.ForAsync(count, Writers, async i => sessions[i] = await town.OpenAsync(i, i));
        return sessions;
    }

    private static async Task<(string Session, EdgeCall Call)> IssueOneAsync(Town town, int user)
    {
        var session = await town.OpenAsync(user, user);
        return (session, Town.CallOf((await town.IssueAsync(session, 1))[0].Token, user, 0));
    }

    // What is refused while the cluster finds out that a silo is gone was not acknowledged.
    private static async Task IssueAsync(Town town, string session, ConcurrentBag<string> acknowledged)
    {
        if (await town.Fabric.IssueCredentialsAsync(session, new IssueCredentials()) is { IsOk: true } issued)
        {
            acknowledged.Add(issued.Value.Credentials[0].Id);
        }
    }

    private static async Task<T> SucceedAsync<T>(Func<ValueTask<Outcome<T>>> command, CancellationToken cancellation)
    {
        var startedNs = Clock.NowNs;
        while (true)
        {
            var outcome = await command();
            if (outcome.IsOk || Clock.Ms(startedNs, Clock.NowNs) > 60_000)
            {
                return outcome.Need("go on after a silo was killed");
            }

            await Task.Delay(10, cancellation);
        }
    }

    private static async Task UntilAsync(Func<bool> holds, CancellationToken cancellation)
    {
        while (!holds())
        {
            await Task.Delay(10, cancellation);
        }
    }

    private static async Task<long> CountAsync(string database, ConcurrentBag<string> ids)
    {
        await using var source = NpgsqlDataSource.Create(database);
        await using var count = source.CreateCommand("SELECT count(*) FROM fabric_credentials WHERE replace(id::text, '-', '') = ANY ($1)");
        count.Parameters.AddWithValue(ids.ToArray());
        return (long)(await count.ExecuteScalarAsync())!;
    }
}
