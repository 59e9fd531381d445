using Fabric.Client.Http;
using Fabric.Contracts.Common;
using Fabric.Contracts.Revocations;
using Fabric.LoadTests.Measure;
using Fabric.LoadTests.Processes;

namespace Fabric.LoadTests.Scenarios;

/// <summary>
/// Revoking a user with everything under it, until every edge is confirmed: users above a million live credentials, users above a thousand and users
/// above ten, in turn.
/// </summary>
internal sealed class CascadeScenario : IScenario
{
    private const int BigUsers = 5;
    private const int SmallUsersPerBig = 40;
    private const int MiddleShare = 1_000;
    private const int SmallShare = 10;
    private const int SessionShare = 100;
    private const int SamplesPerUser = 4;

    public string Name => "cascade";

    public string Description => "revoke users above 1,000,000 live credentials, and above few, until 3 edges are confirmed (--count: credentials of the large)";

    public async Task RunAsync(ScenarioRun run)
    {
        var share = Math.Max(SessionShare, run.CountOr(1_000_000) / SessionShare * SessionShare);
        using var folder = new TempFolder(run.Options.KeepData);
        var targets = await PrepareAsync(run, folder.Path, share);
        await using var silo = await SiloProcess.StartAsync(folder.Path, run.Cancellation);
        await using var edges = await EdgeProcess.StartFleetAsync(run.Options.Edges ?? 3, silo.Address, silo.EdgeKey, run.Cancellation);
        using var client = silo.Client();
        await MeasureAsync(run, targets, client, edges);
        Report(run, targets, share);
    }

    // In the order of their revocation: the last target of each round is a large one, so that at least one stands while the others fall.
    private static async Task<List<Target>> PrepareAsync(ScenarioRun run, string folder, int share)
    {
        var shares = new List<int> { MiddleShare, SmallShare, MiddleShare, SmallShare };
        for (var round = 0; round < BigUsers; round++)
        {
            for (var i = 0; i < SmallUsersPerBig; i++)
            {
                shares.AddRange([MiddleShare, SmallShare]);
            }

            shares.Add(share);
        }

        await using var local = LocalFabric.Open(folder);
        await local.MakeKeysAsync(folder);
        var town = await Town.FoundAsync(local.Operator, "acme");
        await town.SettleAsync(0, shares.Count + 1);
        using var stage = run.Log.Begin($"issue {shares.Sum(each => (long)each):N0} credentials under {shares.Count} users", shares.Sum(each => (double)each));
        var targets = new List<Target>();
        for (var user = 0; user < shares.Count; user++)
        {
            var target = new Target(user, shares[user], IsWarmUp: user < 4, new EdgeCall[Math.Min(SamplesPerUser, shares[user] / SmallShare)]);
            var sessions = Math.Max(1, target.Share / SessionShare);
            await Swarm.ForAsync(sessions, Town.Callers, async i =>
            {
                var count = Math.Min(SessionShare, target.Share);
                var issued = await town.IssueAsync(await town.OpenAsync(target.User, i), count);
                if (i < target.Samples.Length)
                {
                    target.Samples[i] = Town.CallOf(issued[0].Token, i, i);
                }

                stage.Advance(count);
            });
            targets.Add(target);
        }

        return targets;
    }

    private static async Task MeasureAsync(ScenarioRun run, List<Target> targets, FabricHttpClient client, EdgeFleet edges)
    {
        using var stage = run.Log.Begin($"revoke {targets.Count} users, each until confirmed", targets.Count);
        for (var i = 0; i < targets.Count && !run.Cancellation.IsCancellationRequested; i++)
        {
            var target = targets[i];
            var name = Town.User(target.User);
            if (!await R1.AssertAllowedAsync(edges, target.Samples, run.Report, $"before {name} was revoked"))
            {
                return;
            }

            var sentNs = Clock.NowNs;
            var receipt = await client.RevokeAsync(new RevokeRequest(
                new NodeDto("user", "acme", name), Mode: "generation", Reason: "load test", Wait: "confirmed", TimeoutMs: 30_000)).Need("revoke a user");
            target.ConfirmedMs = Clock.Ms(sentNs, Clock.NowNs);
            target.ServerMs = receipt.ConfirmedAfterMs ?? double.NaN;
            if (receipt.State != "confirmed")
            {
                run.Report.Broken($"the receipt of {name} is `{receipt.State}` after 30 s");
            }

            _ = await R1.AssertDeniedAsync(edges, target.Samples, run.Report, $"the revocation of {name} was confirmed");
            if (i + 1 < targets.Count)
            {
                _ = await R1.AssertAllowedAsync(edges, [targets[i + 1].Samples[0]], run.Report, $"another user than {name}");
            }

            stage.Advance();
        }
    }

    private static void Report(ScenarioRun run, List<Target> targets, int share)
    {
        var measured = targets.Where(each => !each.IsWarmUp && each.ConfirmedMs > 0).ToList();
        var all = measured.Where(each => each.Share != SmallShare).Select(each => each.ConfirmedMs).ToList();
        var large = measured.Where(each => each.Share == share).ToList();
        var small = measured.Where(each => each.Share == SmallShare).Select(each => each.ConfirmedMs).ToList();
        var report = run.Report;
        report.Add("cascade.confirmed_p50_ms", Samples.Percentile(all, 50), "ms");
        report.Add("cascade.confirmed_p99_ms", Samples.Percentile(all, 99), "ms");
        report.Add("cascade.ratio_1m_to_10", Samples.Median([.. large.Select(each => each.ConfirmedMs)]) / Samples.Median(small), "ratio");
        report.Add("cascade.large_p50_ms", Samples.Median([.. large.Select(each => each.ConfirmedMs)]), "ms");
        report.Add("cascade.large_max_ms", large.Count == 0 ? double.NaN : large.Max(each => each.ConfirmedMs), "ms");
        report.Add("cascade.small_p50_ms", Samples.Median(small), "ms");
        report.Add("cascade.small_p99_ms", Samples.Percentile(small, 99), "ms");
        report.Add("cascade.server_p50_ms", Samples.Median([.. measured.Select(each => each.ServerMs)]), "ms");
        report.Note($"p50 and p99: {all.Count} revocations, of {large.Count} users above {share:N0} live credentials each ({string.Join(", ", large.Select(each => each.ConfirmedMs.ToString("0.00")))} ms) and of "
            + $"{all.Count - large.Count} users above {MiddleShare:N0}, while at least {share:N0} other credentials live; every credential was issued and signed, {SessionShare} a session");
        report.Note("times are the caller's: from before the HTTP request is sent until the confirmed receipt has arrived; the ratio is of medians, interleaved in one run");
    }

    private sealed record Target(int User, int Share, bool IsWarmUp, EdgeCall[] Samples)
    {
        public double ConfirmedMs { get; set; }

        public double ServerMs { get; set; }
    }
}
