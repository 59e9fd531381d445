using Fabric.Client.Http;
using Fabric.Contracts.Credentials;
using Fabric.Contracts.Revocations;
using Fabric.LoadTests.Drills.Reports;
using Fabric.LoadTests.Measure;
using Fabric.LoadTests.Processes;
using Fabric.LoadTests.Scenarios;

namespace Fabric.LoadTests.Drills;

/// <summary>The same load for a long time: what the host and an edge use of memory, files and handles must come to rest. Tasks are short, so that what ended is let go while it is watched.</summary>
internal sealed class SoakDrill : IDrill
{
    private const string Tenant = "acme";
    private const int Users = 200;
    private const int Callers = 8;
    private const int TasksPerSecond = 40;
    private const int CredentialSeconds = 60;
    private const int SessionSeconds = 60;
    private const double WarmUpShare = 0.4;
    private const int FullMinutes = 30;

    // Into how many parts a run is cut, each a point of a line and of its fit.
    private const int Parts = 120;

    // A slope within the noise is flat; so is one that could not fill a machine within months.
    private const double GrowthPerHourMax = 0.01;

    private static readonly TimeSpan SampleEvery = TimeSpan.FromSeconds(1);

    public string Name => "soak";

    public string Description => "the same load for --minutes (default 30): memory, files and handles over time, and the slope that they have";

    public IReadOnlyList<Plot> Plots { get; private set; } = [];

    public async Task RunAsync(ScenarioRun run)
    {
        var time = TimeSpan.FromMinutes(run.Options.Minutes ?? FullMinutes);
        run.Report.IsFullSize &= time >= TimeSpan.FromMinutes(FullMinutes);
        using var folder = new TempFolder(run.Options.KeepData);
        await using (var local = LocalFabric.Open(folder.Path))
        {
            await local.MakeKeysAsync(folder.Path);
            await (await Town.FoundAsync(local.Operator, Tenant)).SettleAsync(0, Users);
        }

        await using var silo = await SiloProcess.StartAsync(folder.Path, run.Cancellation);
        await using var edges = await EdgeProcess.StartFleetAsync(run.Options.Edges ?? 1, silo.Address, silo.EdgeKey, run.Cancellation);
        using var client = silo.Client();
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(run.Cancellation);
        var done = 0L;
        var turns = new PacedTurns(TasksPerSecond);
        var work = Swarm.UntilAsync(Callers, async _ =>
        {
            if (await turns.NextAsync(stop.Token))
            {
                await TaskAsync(run, client, edges, (int)(Interlocked.Increment(ref done) % Users));
            }
        }, stop.Token);
        List<SoakSample> samples;
        try
        {
            samples = await SampleAsync(run, silo, edges.Edges[0], time, work);
        }
        finally
        {
            await stop.CancelAsync();
        }

        await work;
        run.Report.Add("soak.tasks", done, "tasks");
        Judge(run, samples, time);
    }

    // A task from its beginning to its end, half of them by a revocation: what is revoked is denied at every edge.
    private static async Task TaskAsync(ScenarioRun run, FabricHttpClient client, EdgeFleet edges, int user)
    {
        var session = await client.OpenSessionAsync(Tenant, Town.Task(user, user) with { LifetimeSeconds = SessionSeconds }).Need("open a session");
        var issued = await client.IssueCredentialsAsync(session.Id, new IssueCredentials(2, CredentialSeconds)).Need("issue");
        var calls = issued.Credentials.Select((one, i) => Town.CallOf(one.Token, user, i)).ToList();
        _ = await edges.SendAsync(EdgeOps.Check, calls: calls);
        if (user % 2 == 0)
        {
            _ = await client.CompleteSessionAsync(session.Id).Need("complete a session");
            return;
        }

        var receipt = await client.RevokeAsync(new RevokeRequest(new("session", Tenant, session.Id), Reason: "load test", Wait: "confirmed", TimeoutMs: 30_000)).Need("revoke a session");
        if (receipt.State == "confirmed")
        {
            _ = await R1.AssertDeniedAsync(edges, calls, run.Report, "the revocation of a session was confirmed");
        }
        else
        {
            run.Report.Broken($"a receipt is `{receipt.State}` after 30 s");
        }
    }

    private static async Task<List<SoakSample>> SampleAsync(ScenarioRun run, SiloProcess silo, EdgeProcess edge, TimeSpan time, Task work)
    {
        var samples = new List<SoakSample>();
        using var stage = run.Log.Begin($"{TasksPerSecond} tasks a second for {time.TotalMinutes:0.#} minutes", time.TotalSeconds);
        var fromNs = Clock.NowNs;
        while (Clock.Ms(fromNs, Clock.NowNs) < time.TotalMilliseconds && !run.Cancellation.IsCancellationRequested && !work.IsFaulted)
        {
            var state = await edge.StateAsync();
            samples.Add(SoakSample.Take(Clock.Ms(fromNs, Clock.NowNs) / 1e3, silo, edge, state.IndexRecords));
            var last = samples[^1];
            stage.To(last.Seconds);
            stage.Say($"soak: host {last.HostMb:0} MB, edge {last.EdgeMb:0} MB, {last.Handles} handles, {last.DataMb:0.0} MB on disk in {last.Files} files, {last.IndexRecords:N0} records");
            await Task.Delay(SampleEvery, CancellationToken.None);
        }

        return samples;
    }

    private void Judge(ScenarioRun run, List<SoakSample> samples, TimeSpan time)
    {
        var (growing, plots, part) = (0, new List<Plot>(), time.TotalSeconds / Parts);
        foreach (var (name, unit, mayGrow, value) in SoakSample.Series)
        {
            // Readings a second apart say much the same: a mean of some seconds counts once.
            var means = samples.GroupBy(sample => (int)(sample.Seconds / part)).Select(group => (Minutes: group.Average(sample => sample.Seconds) / 60, Mean: group.Average(value))).ToList();
            var points = means.Where(each => each.Minutes >= time.TotalMinutes * WarmUpShare).Select(each => (X: each.Minutes / 60, Y: each.Mean)).ToList();
            var fit = LineFit.Of(points);
            var mean = points.Count > 0 ? points.Average(point => point.Y) : double.NaN;
            var isFlat = fit.IsFlat || Math.Abs(fit.Slope) <= mean * GrowthPerHourMax || fit.Slope < 0;
            growing += isFlat || mayGrow ? 0 : 1;
            run.Report.Add($"soak.{name}", mean, unit);
            run.Report.Add($"soak.{name}.slope", fit.Slope, $"{unit}/h");
            run.Report.Add($"soak.{name}.slope_error", fit.SlopeError, $"{unit}/h");
            run.Report.Note($"{name}: {(isFlat ? "flat" : mayGrow ? "grows, as it is meant to" : "GROWS")}: {fit.Slope:0.###} ± {2 * fit.SlopeError:0.###} {unit} an hour (two standard errors)");
            plots.Add(new Plot(name.Replace('_', ' '), "minutes", unit,
                [new PlotLine(name, means), new PlotLine("fitted", [.. points.Take(1).Concat(points.TakeLast(1)).Select(point => (point.X * 60, fit.At(point.X)))])])
            {
                Marks = [new PlotMark("counted from here", time.TotalMinutes * WarmUpShare)],
            });
        }

        run.Report.Add("soak.growing", growing, "series");
        run.Report.Note($"sessions and credentials live {SessionSeconds} s; fitted over the last {1 - WarmUpShare:0%} of the run, to means of {part:0.#} s of readings a second apart; flat is a slope within two standard errors of zero, or under {GrowthPerHourMax:0%} an hour");
        run.Report.Note("the data folder holds what is kept on purpose, audit and change stream: it may grow");
        Plots = plots;
    }
}
