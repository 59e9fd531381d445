using System.Globalization;
using Fabric.Client.Http;
using Fabric.Contracts.Common;
using Fabric.Contracts.Credentials;
using Fabric.Contracts.Keys;
using Fabric.Contracts.Revocations;
using Fabric.LoadTests.Drills.Reports;
using Fabric.LoadTests.Measure;
using Fabric.LoadTests.Processes;
using Fabric.LoadTests.Scenarios;

namespace Fabric.LoadTests.Drills;

/// <summary>
/// One tenant revokes as fast as it can. What another tenant has of the fabric is measured in pairs, calm and storm in turn: checks at an edge, checks that the host decides, and
/// revocations until confirmed.
/// </summary>
internal sealed class StormDrill : IDrill
{
    private const string Storming = "storming";
    private const string Quiet = "quiet";
    private const int Pairs = 5;
    private const int StormCallers = 8;
    private const int StormUsers = 200;
    private const int Edges = 2;
    private const int RevokeEveryMs = 20;
    private const int SecondsMin = 2;

    public string Name => "storm";

    public string Description => "a tenant revokes at full speed; another one's checks and revocations, calm and storm in turn, five pairs (--seconds: of all of it)";

    public IReadOnlyList<Plot> Plots { get; private set; } = [];

    public async Task RunAsync(ScenarioRun run)
    {
        var phase = TimeSpan.FromSeconds(Math.Max(SecondsMin, run.SecondsOr(60).TotalSeconds / (2 * Pairs)));
        using var folder = new TempFolder(run.Options.KeepData);
        var (session, calls, secret) = await PrepareAsync(folder.Path);
        await using var silo = await SiloProcess.StartAsync(folder.Path, run.Cancellation);
        await using var edges = await EdgeProcess.StartFleetAsync(run.Options.Edges ?? Edges, silo.Address, silo.EdgeKey, run.Cancellation);
        if (!await R1.AssertAllowedAsync(edges, calls, run.Report, "before the storm"))
        {
            return;
        }

        using var victim = silo.Client();
        using var storm = silo.Client(secret);
        var pairs = new List<(StormPhase Calm, StormPhase Storm)>();
        using var stage = run.Log.Begin($"{Pairs} pairs of {phase.TotalSeconds:0.#} s calm and {phase.TotalSeconds:0.#} s storm", 2 * (Pairs + 1));
        for (var pair = 0; pair <= Pairs && !run.Cancellation.IsCancellationRequested; pair++)
        {
            var calm = await PhaseAsync(run, victim, edges, session, calls, phase, storming: null);
            stage.Advance();
            var stormy = await PhaseAsync(run, victim, edges, session, calls, phase, storm);
            stage.Advance();

            // The first pair warms up.
            if (pair > 0)
            {
                pairs.Add((calm, stormy));
            }
        }

        Judge(run, pairs);
    }

    private static async Task<(string Session, IReadOnlyList<EdgeCall> Calls, string Secret)> PrepareAsync(string folder)
    {
        await using var local = LocalFabric.Open(folder);
        await local.MakeKeysAsync(folder);
        var (quiet, storming) = (await Town.FoundAsync(local.Operator, Quiet), await Town.FoundAsync(local.Operator, Storming));
        await quiet.SettleAsync(0, 1);
        await storming.SettleAsync(0, StormUsers);
        var session = await quiet.OpenAsync(0, 7);
        var issued = await quiet.IssueAsync(session, 100);
        var key = await local.Operator.MakeApiKeyAsync(new MakeApiKey("tenant_admin", "storm", Storming)).Need("make a key");
        return (session, [.. issued.Select((one, i) => Town.CallOf(one.Token, 7, i))], key.Secret);
    }

    private static async Task<StormPhase> PhaseAsync(
        ScenarioRun run, FabricHttpClient victim, EdgeFleet edges, string session, IReadOnlyList<EdgeCall> calls, TimeSpan time, FabricHttpClient? storming)
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(run.Cancellation);
        var revoked = 0L;
        var work = storming is null ? Task.CompletedTask : Swarm.UntilAsync(StormCallers, async _ =>
        {
            var user = Town.User((int)(Interlocked.Increment(ref revoked) % StormUsers));
            await storming.RevokeAsync(new RevokeRequest(new NodeDto("user", Storming, user), Mode: "generation", Reason: "storm")).Need("revoke in the storm");
        }, stop.Token);
        var (checks, asked, revocations) = (new List<double>(), new List<double>(), new List<double>());
        var fromNs = Clock.NowNs;
        try
        {
            while (Clock.Ms(fromNs, Clock.NowNs) < time.TotalMilliseconds && !stop.IsCancellationRequested)
            {
                await MeasureOnceAsync(run, victim, edges, session, calls, checks, asked, revocations);
                await Task.Delay(RevokeEveryMs, CancellationToken.None);
            }
        }
        finally
        {
            await stop.CancelAsync();
            await work;
        }

        return new StormPhase(Samples.Median(checks), Samples.Median(asked), Samples.Median(revocations), revoked / Clock.Ms(fromNs, Clock.NowNs) * 1e3);
    }

    // One after the other, so that the victim's own load is the same in both phases.
    private static async Task MeasureOnceAsync(
        ScenarioRun run, FabricHttpClient victim, EdgeFleet edges, string session, IReadOnlyList<EdgeCall> calls, List<double> checks, List<double> asked, List<double> revocations)
    {
        if (checks.Count == 0 || checks.Count * 5 <= revocations.Count)
        {
            var timed = await edges.Edges[0].SendAsync(EdgeOps.Time, calls: calls);
            checks.Add(timed.CheckNs);
        }

        var call = calls[revocations.Count % calls.Count];
        var sentNs = Clock.NowNs;
        var answer = await victim.CheckAsync(new(call.Token, call.Tool, call.Action, call.Resource, call.Class)).Need("check");
        asked.Add(Clock.Ms(sentNs, Clock.NowNs));
        if (!answer.Allowed)
        {
            run.Report.Broken($"R5: the host denied a call of the tenant that nobody revoked in with `{answer.Code}`");
        }

        var issued = await victim.IssueCredentialsAsync(session, new IssueCredentials(1)).Need("issue");
        var one = issued.Credentials[0];
        sentNs = Clock.NowNs;
        var receipt = await victim.RevokeAsync(new RevokeRequest(Tenant: Quiet, Credentials: [one.Id], Reason: "load test", Wait: "confirmed", TimeoutMs: 30_000)).Need("revoke");
        revocations.Add(Clock.Ms(sentNs, Clock.NowNs));
        if (receipt.State != "confirmed")
        {
            run.Report.Broken($"a receipt of the quiet tenant is `{receipt.State}` after 30 s");
            return;
        }

        _ = await R1.AssertDeniedAsync(edges, [Town.CallOf(one.Token, 7, 0)], run.Report, "the revocation of a credential was confirmed, in or out of the storm");
    }

    private void Judge(ScenarioRun run, List<(StormPhase Calm, StormPhase Storm)> pairs)
    {
        if (pairs.Count == 0)
        {
            throw new LoadException("no pair was measured");
        }

        var lines = new List<PlotLine>();
        foreach (var (name, told, value) in new (string, string, Func<StormPhase, double>)[]
        {
            ("storm.edge_check", "check at an edge", phase => phase.CheckNs), ("storm.asked_check", "check by the host", phase => phase.AskedMs),
            ("storm.revoke", "revocation until confirmed", phase => phase.RevokeMs),
        })
        {
            var ratios = pairs.Select(pair => value(pair.Storm) / value(pair.Calm)).ToList();
            run.Report.Add($"{name}_slower", Samples.Median(ratios), "times");
            run.Report.Add($"{name}_slower.low", ratios.Min(), "times");
            run.Report.Add($"{name}_slower.high", ratios.Max(), "times");
            run.Report.Add($"{name}.calm", Samples.Median([.. pairs.Select(pair => value(pair.Calm))]), name == "storm.edge_check" ? "ns" : "ms");
            run.Report.Add($"{name}.storm", Samples.Median([.. pairs.Select(pair => value(pair.Storm))]), name == "storm.edge_check" ? "ns" : "ms");
            lines.Add(new PlotLine(told, [.. ratios.Select((ratio, i) => (i + 1.0, ratio))]));
        }

        run.Report.Add("storm.rate", Samples.Median([.. pairs.Select(pair => pair.Storm.StormRate)]), "revocations/s");
        run.Report.Note(string.Create(CultureInfo.InvariantCulture,
            $"{StormCallers} callers revoke {StormUsers} users of one tenant over and over; the other tenant's values are medians of a phase, its own load is one call at a time in both; the storm's callers, the host and the edges share this machine's {Environment.ProcessorCount} cores, so that a part of what a storm costs here is theirs"));
        Plots =
        [
            new Plot("How much slower another tenant was in the storm", "pair", "times as long as in the calm", lines) { Caption = "1: not at all. Each pair is a calm phase and a storm right after it." },
        ];
    }

    private sealed record StormPhase(double CheckNs, double AskedMs, double RevokeMs, double StormRate);
}
