using Fabric.Client.Http;
using Fabric.Contracts.Common;
using Fabric.Contracts.Revocations;
using Fabric.LoadTests.Cluster.Naive;
using Fabric.LoadTests.Measure;
using Fabric.LoadTests.Processes;
using Fabric.LoadTests.Scenarios;

namespace Fabric.LoadTests.Cluster;

/// <summary>Revoking above 11,110 descendants, in turn: by the fabric, until six edges are confirmed, and by walking a tree of grains that each store their state.</summary>
internal static class ClusterNaive
{
    private const int Rounds = 5;
    private const int SessionShare = 1_000;

    public static async Task RunAsync(ScenarioRun run, SiloCluster cluster)
    {
        var town = await ClusterIssue.SettleAsync(cluster);
        var users = await IssueAsync(run, town);
        await using var edges = await cluster.StartEdgesAsync(ClusterScenario.Silos, run.Cancellation);
        var clients = Enumerable.Range(0, cluster.Silos.Count).Select(cluster.Operator).ToArray();
        await ClusterRevoke.WarmUpAsync(run, cluster, clients, town, edges);
        await using var naive = await NaiveCluster.StartAsync(cluster.Database, run.Cancellation);
        await naive.PlantAsync("warm");
        await naive.RevokeAsync("warm");
        var (stored, bare, ours, ratios) = (new List<double>(), new List<double>(), new List<double>(), new List<double>());
        using var stage = run.Log.Begin($"revoke above {NaiveCluster.Nodes - 1:N0} descendants, by turns", Rounds);
        for (var round = 0; round < Rounds; round++)
        {
            await naive.PlantAsync($"tree{round}");
            stored.Add(await TimeAsync(() => naive.RevokeAsync($"tree{round}")));
            ours.Add(await RevokeAsync(run, clients[round % clients.Length], edges, users[round]));
            await naive.PlantAsync($"{NaiveCluster.Bare}{round}");
            bare.Add(await TimeAsync(() => naive.RevokeAsync($"{NaiveCluster.Bare}{round}")));
            ratios.Add(stored[^1] / ours[^1]);
            stage.Advance();
        }

        run.Report.Add("cluster.naive_ratio", Samples.Median(ratios), "ratio");
        run.Report.Add("cluster.naive_stored_ms", Samples.Median(stored), "ms");
        run.Report.Add("cluster.naive_bare_ms", Samples.Median(bare), "ms");
        run.Report.Add("cluster.cascade_11110_ms", Samples.Median(ours), "ms");
        run.Report.Note($"naive: a grain a node in one silo, warm, all calls of a level at once; stored {string.Join(", ", stored.Select(each => $"{each:N0}"))} ms, without storage {string.Join(", ", bare.Select(each => $"{each:N0}"))} ms; "
            + $"the fabric, three silo processes and {edges.Edges.Count} edges, all confirmed: {string.Join(", ", ours.Select(each => $"{each:N1}"))} ms; ratios {ratios.Min():N0} to {ratios.Max():N0}");
    }

    private static async Task<double> RevokeAsync(ScenarioRun run, FabricHttpClient client, EdgeFleet edges, (string User, EdgeCall Call) target)
    {
        _ = await R1.AssertAllowedAsync(edges, [target.Call], run.Report, $"before {target.User} was revoked");
        var took = await TimeAsync(async () =>
        {
            var receipt = await client.RevokeAsync(new RevokeRequest(
                new NodeDto("user", "acme", target.User), Reason: "load test", Wait: "confirmed", TimeoutMs: 30_000)).Need("revoke a user");
            if (receipt.State != "confirmed")
            {
                run.Report.Broken($"the receipt of {target.User} is `{receipt.State}`");
            }
        });
        _ = await R1.AssertDeniedAsync(edges, [target.Call], run.Report, $"the revocation of {target.User} was confirmed");
        return took;
    }

    private static async Task<List<(string User, EdgeCall Call)>> IssueAsync(ScenarioRun run, Town[] town)
    {
        using var stage = run.Log.Begin($"issue {Rounds} times {NaiveCluster.Nodes - 1:N0} credentials", Rounds);
        await town[0].SettleAsync(ClusterIssue.Connections, ClusterIssue.Connections + Rounds);
        var users = new List<(string, EdgeCall)>();
        for (var round = 0; round < Rounds; round++)
        {
            var user = ClusterIssue.Connections + round;
            EdgeCall? call = null;
            for (var left = NaiveCluster.Nodes - 1; left > 0; left -= SessionShare)
            {
                var issued = await town[0].IssueAsync(await town[0].OpenAsync(user, user), Math.Min(SessionShare, left));
                call ??= Town.CallOf(issued[0].Token, user, 0);
            }

            users.Add((Town.User(user), call!));
            stage.Advance();
        }

        return users;
    }

    private static async Task<double> TimeAsync(Func<Task> work)
    {
        var fromNs = Clock.NowNs;
        await work();
        return Clock.Ms(fromNs, Clock.NowNs);
    }
}
