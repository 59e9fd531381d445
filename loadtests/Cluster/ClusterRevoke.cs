using Fabric.Client.Http;
using Fabric.Contracts.Common;
using Fabric.Contracts.Revocations;
using Fabric.LoadTests.Measure;
using Fabric.LoadTests.Processes;
using Fabric.LoadTests.Scenarios;

namespace Fabric.LoadTests.Cluster;

/// <summary>Revoking users until six edges at three silos are confirmed, nobody failing: above ten credentials, and above a million.</summary>
internal static class ClusterRevoke
{
    private const int BigUsers = 3;
    private const int SmallPerBig = 40;
    private const int WarmUps = 5;
    private const int SmallShare = 10;
    private const int SessionShare = 1_000;

    private const int WarmUpMs = 40_000;
    private const int CalmSeconds = 3;
    private const double CalmCores = 0.3;

    // After a feed log's first start nothing is confirmed for some seconds: nobody knew who held leases before it.
    private const int FirstReceiptMs = 30_000;

    public static async Task RunAsync(ScenarioRun run, SiloCluster cluster)
    {
        var share = Math.Max(SmallShare, run.CountOr(1_000_000));
        var town = await ClusterIssue.SettleAsync(cluster);
        var users = await IssueAsync(run, town, share);
        await using var edges = await cluster.StartEdgesAsync(ClusterScenario.Silos, run.Cancellation);
        var clients = Enumerable.Range(0, cluster.Silos.Count).Select(cluster.Operator).ToArray();
        await WarmUpAsync(run, cluster, clients, town, edges);
        var (small, large, server) = (new List<double>(), new List<double>(), new List<double>());
        using var stage = run.Log.Begin($"revoke {users.Count} users, each until confirmed over {edges.Edges.Count} edges", users.Count);
        foreach (var (user, count, call) in users)
        {
            if (!await R1.AssertAllowedAsync(edges, [call], run.Report, $"before {user} was revoked"))
            {
                return;
            }

            var client = clients[(small.Count + large.Count) % clients.Length];
            var sentNs = Clock.NowNs;
            var receipt = await client.RevokeAsync(new RevokeRequest(
                new NodeDto("user", town[0].Tenant, user), Mode: "generation", Reason: "load test", Wait: "confirmed", TimeoutMs: FirstReceiptMs)).Need("revoke a user");
            (count == share ? large : small).Add(Clock.Ms(sentNs, Clock.NowNs));
            if (receipt.State != "confirmed")
            {
                run.Report.Broken($"the receipt of {user} is `{receipt.State}`");
            }

            server.Add(receipt.ConfirmedAfterMs ?? double.NaN);

            _ = await R1.AssertDeniedAsync(edges, [call], run.Report, $"the revocation of {user} was confirmed");
            stage.Advance();
        }

        var measured = small.Skip(WarmUps).ToList();
        List<double> all = [.. measured, .. large];
        run.Report.Add("cluster.revoke_p50_ms", Samples.Percentile(all, 50), "ms");
        run.Report.Add("cluster.revoke_p99_ms", Samples.Percentile(all, 99), "ms");
        run.Report.Add("cluster.revoke_accepted_p50_ms", Samples.Median(await AcceptAsync(clients, town)), "ms");
        run.Report.Add("cluster.revoke_server_p50_ms", Samples.Median([.. server.Skip(WarmUps)]), "ms");
        run.Report.Add("cluster.revoke_small_p50_ms", Samples.Median(measured), "ms");
        run.Report.Add("cluster.revoke_large_p50_ms", Samples.Median(large), "ms");
        run.Report.Add("cluster.revoke_large_max_ms", large.Max(), "ms");
        run.Report.Note($"revoke: {measured.Count} users above {SmallShare} credentials and {large.Count} above {share:N0} ({string.Join(", ", large.Select(each => each.ToString("0.0")))} ms), at the silos in turn, until all of "
            + $"{edges.Edges.Count} edges are confirmed (HTTP and Orleans by half, in processes of their own); least {all.Min():0.0}, most {all.Max():0.0} ms; the first {WarmUps}, and 40 s of others before them, are left out");
    }

    // Ten processes that have just started share two cores with their own compilers: what a cluster does that has run for a minute is measured, once those are done.
    public static async Task WarmUpAsync(ScenarioRun run, SiloCluster cluster, FabricHttpClient[] clients, Town[] town, EdgeFleet edges)
    {
        using var stage = run.Log.Begin("warm silos and edges up", 1);
        var startedNs = Clock.NowNs;
        for (var i = 0; Clock.Ms(startedNs, Clock.NowNs) < WarmUpMs; i++)
        {
            var client = clients[i % clients.Length];
            var user = i % ClusterIssue.Connections;
            var issued = await town[i % town.Length].IssueAsync(await town[i % town.Length].OpenAsync(user, i), 1);
            EdgeCall[] calls = [Town.CallOf(issued[0].Token, i, 0)];
            _ = await R1.AssertAllowedAsync(edges, calls, run.Report, "before its user was revoked");
            _ = await client.RevokeAsync(new RevokeRequest(
                new NodeDto("user", town[0].Tenant, Town.User(user)), Reason: "load test", Wait: "confirmed", TimeoutMs: FirstReceiptMs)).Need("revoke a user");
            _ = await R1.AssertDeniedAsync(edges, calls, run.Report, "the revocation was confirmed");
        }

        for (var calm = 0; calm < CalmSeconds && Clock.Ms(startedNs, Clock.NowNs) < 4 * WarmUpMs;)
        {
            var before = cluster.Silos.Sum(silo => silo.ProcessorTime.TotalSeconds);
            await Task.Delay(TimeSpan.FromSeconds(1), run.Cancellation);
            calm = cluster.Silos.Sum(silo => silo.ProcessorTime.TotalSeconds) - before < CalmCores ? calm + 1 : 0;
        }
    }

    // Durable alone, without waiting for any edge.
    private static async Task<List<double>> AcceptAsync(FabricHttpClient[] clients, Town[] town)
    {
        var took = new List<double>();
        for (var i = 0; i < SmallPerBig; i++)
        {
            var client = clients[i % clients.Length];
            var session = await town[i % town.Length].OpenAsync(i, i);
            var sentNs = Clock.NowNs;
            _ = await client.RevokeAsync(new RevokeRequest(new NodeDto("session", town[0].Tenant, session), Reason: "load test")).Need("revoke a session");
            took.Add(Clock.Ms(sentNs, Clock.NowNs));
        }

        return took;
    }

    private static async Task<List<(string User, int Count, EdgeCall Call)>> IssueAsync(ScenarioRun run, Town[] town, int share)
    {
        List<int> shares = [.. Enumerable.Repeat(SmallShare, WarmUps)];
        for (var big = 0; big < BigUsers; big++)
        {
            shares.AddRange(Enumerable.Repeat(SmallShare, SmallPerBig));
            shares.Add(share);
        }

        using var stage = run.Log.Begin($"issue {shares.Sum(each => (long)each):N0} credentials under {shares.Count} users", shares.Sum(each => (double)each));
        await town[0].SettleAsync(ClusterIssue.Connections, ClusterIssue.Connections + shares.Count);
        var users = new List<(string, int, EdgeCall)>();
        for (var i = 0; i < shares.Count; i++)
        {
            var (user, left) = (ClusterIssue.Connections + i, shares[i]);
            EdgeCall? call = null;
            await Swarm.ForAsync((left + SessionShare - 1) / SessionShare, 24, async part =>
            {
                var at = town[part % town.Length];
                var issued = await at.IssueAsync(await at.OpenAsync(user, user), Math.Min(SessionShare, left - (part * SessionShare)));
                Interlocked.CompareExchange(ref call, Town.CallOf(issued[0].Token, user, 0), null);
                stage.Advance(issued.Count);
            });
            users.Add((Town.User(user), shares[i], call!));
        }

        return users;
    }
}
