using Fabric.Client.Http;
using Fabric.Contracts.Common;
using Fabric.Contracts.Credentials;
using Fabric.Contracts.Revocations;
using Fabric.LoadTests.Drills.Reports;
using Fabric.LoadTests.Measure;
using Fabric.LoadTests.Processes;
using Fabric.LoadTests.Scenarios;

namespace Fabric.LoadTests.Drills;

/// <summary>
/// The keys of a whole platform have leaked. Its operator reports it: one revocation above all of them. Edges check leaked credentials from a schedule before, during
/// and after; another tenant's stay as they are, and the platform goes on with new ones at once.
/// </summary>
internal sealed class LeakDrill : IDrill
{
    private const string Leaked = "leaked";
    private const string Others = "another tenant's";
    private const string Rehearsal = "rehearsal";
    private const int Rehearsals = 10;
    private const int Users = 1_000;
    private const int BatchSize = 1_000;
    private const int PerSecond = 4_000;
    private const int Signs = 40;
    private const int SignsTold = 60;
    private const int PlotBucketsBefore = 20;
    private const int PlotBucketsAfter = 60;

    private static readonly TimeSpan Before = TimeSpan.FromSeconds(1);

    public string Name => "drill leak";

    public string Description => "1,500,000 leaked agent credentials, one revocation: until the last edge cannot allow any more (--count: credentials, --seconds: watched afterwards)";

    public IReadOnlyList<Plot> Plots { get; private set; } = [];

    public async Task RunAsync(ScenarioRun run)
    {
        var count = Math.Max(BatchSize, run.CountOr(1_500_000) / BatchSize * BatchSize);
        using var folder = new TempFolder(run.Options.KeepData);
        var (samples, siblings) = await PrepareAsync(run, folder.Path, count);
        await using var silo = await SiloProcess.StartAsync(folder.Path, run.Cancellation);
        await using var edges = await EdgeProcess.StartFleetAsync(run.Options.Edges ?? 3, silo.Address, silo.EdgeKey, run.Cancellation);

        // Seen once by every edge, as in a running system: what is measured is the revocation, not first verifications.
        if (!await R1.AssertAllowedAsync(edges, [.. samples, .. siblings], run.Report, "before the leak was reported"))
        {
            return;
        }

        var watched = new WatchedEdges(edges, run.Report);
        await watched.WatchAsync(Leaked, samples, PerSecond);
        await watched.WatchAsync(Others, siblings, PerSecond);
        using var client = silo.Client();
        await RehearseAsync(client);
        using var stop = new CancellationTokenSource();
        var showing = Task.Run(() => watched.ShowAsync(run.Log, Leaked, Signs, stop.Token));
        Told told;
        try
        {
            await Task.Delay(Before, run.Cancellation);
            told = await ReportLeakAsync(run, client);
            await run.Log.ForAsync("go on checking", run.SecondsOr(3), run.Cancellation);
        }
        finally
        {
            await stop.CancelAsync();
            await Task.WhenAny(showing);
        }

        await JudgeAsync(run, watched, told, await showing, count);
        _ = await R1.AssertDeniedAsync(edges, samples, run.Report, "the leak's receipt was confirmed");
        await GoOnAsync(run, client, watched);
    }

    private static async Task<(List<EdgeCall> Samples, List<EdgeCall> Siblings)> PrepareAsync(ScenarioRun run, string folder, int count)
    {
        await using var local = LocalFabric.Open(folder);
        await local.MakeKeysAsync(folder);
        var (platform, other) = (await Town.FoundAsync(local.Operator, "platform"), await Town.FoundAsync(local.Operator, "neighbour"));
        await platform.SettleAsync(0, Math.Min(Users, count / BatchSize));
        await other.SettleAsync(0, 1);
        _ = await Town.FoundAsync(local.Operator, Rehearsal);
        using var stage = run.Log.Begin($"issue {count:N0} credentials", count);
        var samples = new EdgeCall[count / BatchSize];
        await Swarm.ForAsync(samples.Length, Town.Callers, async i =>
        {
            var issued = await platform.IssueAsync(await platform.OpenAsync(i % Users, i), BatchSize);
            samples[i] = Town.CallOf(issued[i % BatchSize].Token, i, i);
            stage.Advance(BatchSize);
        });
        var theirs = await other.IssueAsync(await other.OpenAsync(0, 7), 10);
        return ([.. samples], [.. theirs.Select((one, i) => Town.CallOf(one.Token, 7, i))]);
    }

    // A host and edges that have done it before, as those of a running system have: the first time of anything is compiled first.
    private static async Task RehearseAsync(FabricHttpClient client)
    {
        for (var i = 0; i < Rehearsals; i++)
        {
            _ = await client.RevokeAsync(new RevokeRequest(
                new NodeDto("tenant", Rehearsal), Mode: "generation", Reason: "rehearsal", Wait: "confirmed", TimeoutMs: 30_000)).Need("rehearse");
        }
    }

    // The report of the leak is one command: everything that was ever issued below the tenant is dead, and the tenant lives.
    private static async Task<Told> ReportLeakAsync(ScenarioRun run, FabricHttpClient client)
    {
        var sentNs = Clock.NowNs;
        var receipt = await client.RevokeAsync(new RevokeRequest(
            new NodeDto("tenant", "platform"), Mode: "generation", Reason: "agent keys leaked", Wait: "confirmed", TimeoutMs: 30_000)).Need("report the leak");
        var confirmedNs = Clock.NowNs;
        if (receipt.State != "confirmed")
        {
            throw new LoadException($"the leak's receipt is `{receipt.State}` after 30 s");
        }

        run.Report.Add("drill.leak.report_to_confirmed_ms", Clock.Ms(sentNs, confirmedNs), "ms");
        run.Report.Add("drill.leak.accepted_to_confirmed_ms", receipt.ConfirmedAfterMs ?? double.NaN, "ms");
        return new Told(sentNs, confirmedNs);
    }

    private async Task JudgeAsync(ScenarioRun run, WatchedEdges watched, Told told, DenialPicture picture, int count)
    {
        var report = run.Report;
        var lastNs = await watched.AssertDeadAsync([Leaked], told.ConfirmedNs, "the leak");
        await watched.AssertAliveAsync([Others], told.ConfirmedNs, "were not in the leak");
        var sights = await watched.SeenAsync();
        var leaked = sights.Select(sight => sight.Groups[Leaked]).ToList();
        report.Add("drill.leak.credentials", count, "credentials");
        report.Add("drill.leak.report_to_last_allow_ms", Clock.Ms(told.SentNs, lastNs), "ms");
        report.Add("drill.leak.report_to_first_denial_ms", Clock.Ms(told.SentNs, leaked.Min(seen => seen.FirstDeniedNs)), "ms");
        report.Add("drill.leak.last_edge_first_denial_ms", Clock.Ms(told.SentNs, leaked.Max(seen => seen.FirstDeniedNs)), "ms");
        report.Add("drill.leak.allowed_before", leaked.Sum(seen => seen.Allowed), "checks");
        report.Add("drill.leak.denied_after", leaked.Sum(seen => seen.Denied), "checks");
        report.Add("drill.leak.denied_as_stale", leaked.Sum(seen => seen.Stale), "checks");
        report.Add("drill.leak.latest_check_ms", sights.Max(sight => sight.LateMaxNs) / 1e6, "ms");
        if (leaked.Any(seen => seen.Denied == 0))
        {
            report.Broken("R1: an edge never denied a leaked credential");
        }

        report.Note($"{sights.Count} edges in processes of their own check {PerSecond:N0} times a second each from a schedule, leaked credentials and another tenant's in turn; a late check is made all the same (latest_check_ms), so the last allow is known to about {1000.0 * 2 / PerSecond:0.##} ms where none was late");
        var zero = told.SentNs / ScheduledChecks.BucketNs;
        foreach (var edge in picture.Edges)
        {
            report.Note($"{edge} from {PlotBucketsBefore * 10} ms before the report: [{picture.Line(edge, zero - PlotBucketsBefore, zero + SignsTold - PlotBucketsBefore)}]");
        }

        report.Note($"the same command was rehearsed {Rehearsals} times on an empty tenant");
        report.Note(DenialPicture.Legend);
        Draw(told, picture, zero);
    }

    private void Draw(Told told, DenialPicture picture, long zero)
    {
        var (from, to) = (zero - PlotBucketsBefore, zero + PlotBucketsAfter);
        PlotMark[] marks = [new("report", 0), new("confirmed", Clock.Ms(told.SentNs, told.ConfirmedNs))];
        var (denied, allowed) = picture.Sums(told.SentNs, from, to);
        Plots =
        [
            new Plot("Denied, edge by edge", "ms since the report", "% of the checks of leaked credentials", [.. picture.Edges.Take(Plot.LinesMax).Select(edge => picture.Share(edge, told.SentNs, from, to))])
            {
                Marks = marks, Caption = "A point is 10 ms. Edges are told by the feed; nobody asks the fabric.",
            },
            new Plot("Checks of all edges together", "ms since the report", "checks in 10 ms", [denied, allowed]) { Marks = marks },
        ];
    }

    // The tenant lives: a new task's credential is good at every edge, at once. It is the next one to be revoked, while an edge stands still.
    private static async Task GoOnAsync(ScenarioRun run, FabricHttpClient client, WatchedEdges watched)
    {
        var fromNs = Clock.NowNs;
        var session = await client.OpenSessionAsync("platform", Town.Task(0, 1)).Need("open a session after the leak");
        var issued = await client.IssueCredentialsAsync(session.Id, new IssueCredentials(1)).Need("issue after the leak");
        var call = Town.CallOf(issued.Credentials[0].Token, 1, 0);
        if (await R1.AssertAllowedAsync(watched.Fleet, [call], run.Report, "issued after the leak"))
        {
            run.Report.Add("drill.leak.works_again_ms", Clock.Ms(fromNs, Clock.NowNs), "ms");
            await FrozenEdge.RunAsync(run, client, watched, new NodeDto("session", "platform", session.Id), call, PerSecond);
        }
    }

    private sealed record Told(long SentNs, long ConfirmedNs);
}
