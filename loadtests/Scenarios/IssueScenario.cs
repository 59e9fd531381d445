using System.Diagnostics;
using Fabric.Contracts.Credentials;
using Fabric.LoadTests.Measure;
using Fabric.LoadTests.Processes;

namespace Fabric.LoadTests.Scenarios;

/// <summary>
/// Durable issuance: in process against bare signing (A B A B, each with as many threads as there are cores), one credential a call; then over HTTP,
/// one credential a request.
/// </summary>
internal sealed class IssueScenario : IScenario
{
    private const int Callers = 256;
    private const int Connections = 64;
    private const int BatchSize = 100;
    private const string OneCredential = """{"count":1}""";

    private static readonly TimeSpan RoundTime = TimeSpan.FromSeconds(1);

    public string Name => "issue";

    public string Description => "durable issuance, in process against bare ES256 signing, and over HTTP one a request (--seconds: of each part)";

    public async Task RunAsync(ScenarioRun run)
    {
        var time = run.SecondsOr(15);
        using var folder = new TempFolder(run.Options.KeepData);
        List<string> sessions;
        await using (var local = LocalFabric.Open(folder.Path))
        {
            await local.MakeKeysAsync(folder.Path);
            sessions = await OpenSessionsAsync(await Town.FoundAsync(local.Operator, "acme"));
            await InProcessAsync(run, local, sessions, time);
        }

        await OverHttpAsync(run, folder.Path, sessions, time);
    }

    private static async Task<List<string>> OpenSessionsAsync(Town town)
    {
        await town.SettleAsync(0, Callers);
        var sessions = new string[Callers];
        await Swarm.ForAsync(Callers, Town.Callers, async i => sessions[i] = await town.OpenAsync(i, i));
        return [.. sessions];
    }

    private static async Task InProcessAsync(ScenarioRun run, LocalFabric local, List<string> sessions, TimeSpan time)
    {
        using var baseline = new Es256Baseline();
        using var stage = run.Log.Begin("issue in process, against bare signing", time.TotalSeconds);
        var (ratios, batchRatios, rates) = (new List<double>(), new List<double>(), new List<double>());
        _ = await RateAsync(local, sessions, 1, RoundTime);
        var watch = Stopwatch.StartNew();
        do
        {
            var before = baseline.SignRate(Environment.ProcessorCount, RoundTime / 2);
            var rate = await RateAsync(local, sessions, 1, RoundTime);
            var between = baseline.SignRate(Environment.ProcessorCount, RoundTime / 2);
            var batchRate = await RateAsync(local, sessions, BatchSize, RoundTime);
            var after = baseline.SignRate(Environment.ProcessorCount, RoundTime / 2);
            rates.Add(rate);
            ratios.Add(rate / ((before + between) / 2));
            batchRatios.Add(batchRate / ((between + after) / 2));
            stage.To(watch.Elapsed.TotalSeconds);
        }
        while (watch.Elapsed < time && !run.Cancellation.IsCancellationRequested);

        run.Report.Add("issue.ratio_to_es256", Samples.Median(ratios), "ratio");
        run.Report.Add("issue.in_process_rate", Samples.Median(rates), "credentials/s");
        run.Report.Add("issue.batch_ratio_to_es256", Samples.Median(batchRatios), "ratio");
        run.Report.Note($"in process: {Callers} callers, one credential a call, each answered once it is on disk; the batch ratio is for {BatchSize} a call; medians of {ratios.Count} pairs");
    }

    private static async Task<double> RateAsync(LocalFabric local, List<string> sessions, int count, TimeSpan time)
    {
        var fabric = local.Operator;
        var command = new IssueCredentials(count);
        long issued = 0;
        using var stop = new CancellationTokenSource();
        var watch = Stopwatch.StartNew();
        var work = Swarm.UntilAsync(Callers, async caller =>
        {
            _ = await fabric.IssueCredentialsAsync(sessions[caller], command).Need("issue");
            Interlocked.Add(ref issued, count);
        }, stop.Token);
        await Task.Delay(time);
        var (done, elapsed) = (Interlocked.Read(ref issued), watch.Elapsed.TotalSeconds);
        await stop.CancelAsync();
        await work;
        return done / elapsed;
    }

    private static async Task OverHttpAsync(ScenarioRun run, string folder, List<string> sessions, TimeSpan time)
    {
        await using var silo = await SiloProcess.StartAsync(folder, run.Cancellation);
        var requests = sessions.Take(Connections)
            .Select(session => HttpLoad.Post(silo.Address, $"/v1/sessions/{session}/credentials", silo.OperatorKey, OneCredential)).ToList();
        using var load = new HttpLoad(silo.Address, requests);
        using (run.Log.Begin("warm the host up", 1))
        {
            _ = await Task.Run(() => load.Run(TimeSpan.FromSeconds(4), run.Cancellation));
        }

        using var stage = run.Log.Begin($"issue over HTTP, {Connections} connections", 1);
        var (rate, latencies) = await Task.Run(() => load.Run(time, run.Cancellation));
        if (load.Fault is { } fault)
        {
            throw new LoadException($"the host refused an issuance: {fault}");
        }

        run.Report.Add("issue.http_rate", rate, "requests/s");
        run.Report.Add("issue.http_p50_ms", latencies.PercentileMs(50), "ms");
        run.Report.Add("issue.http_p99_ms", latencies.PercentileMs(99), "ms");
        run.Report.Note($"over HTTP: the host in its own process; load from one thread with {Connections} raw keep-alive sockets, one request at a time on each, on the same cores");
    }
}
