using System.Diagnostics;
using Fabric.Contracts.Checks;
using Fabric.Contracts.Keys;
using Fabric.Core.Scopes;
using Fabric.Engine;
using Fabric.Grains;
using Fabric.LoadTests.Measure;
using Fabric.LoadTests.Processes;
using Fabric.LoadTests.Scenarios;
using Microsoft.Extensions.Logging.Abstractions;

namespace Fabric.LoadTests.Cluster;

/// <summary>Authoritative checks, one outstanding: through a remote silo over the Orleans client and over HTTP, and by the relay of the own silo.</summary>
internal static class ClusterCheck
{
    private const int Rounds = 5;
    private const int WarmUp = 2_000;

    public static async Task RunAsync(ScenarioRun run, SiloCluster cluster)
    {
        var time = run.SecondsOr(15) / Rounds;
        var town = await ClusterIssue.SettleAsync(cluster);
        var call = Town.CallOf((await town[0].IssueAsync(await town[0].OpenAsync(0, 0), 1))[0].Token, 0, 0);
        using var client = cluster.Operator(0);
        var key = (await client.MakeApiKeyAsync(new MakeApiKey("enforcement_point", "checks")).Need("make a key")).Secret;
        var destructive = new ToolCall(call.Tool, call.Action, call.Resource, ActionClass.Destructive);
        await using (var orleans = RemoteEdge.Start("orleans", cluster.Gateway(0), key))
        await using (var feed = RemoteEdge.Start("feed", cluster.Silos[0].Address, key))
        {
            await MeasureAsync(run, time, "check_orleans", "through the Orleans client", async () => (await orleans.CheckAsync(call.Token, destructive)).Allowed);
            await MeasureAsync(run, time, "check_feed", "over an edge's HTTP connection", async () => (await feed.CheckAsync(call.Token, destructive)).Allowed);
        }

        var request = new CheckRequest(call.Token, call.Tool, call.Action, call.Resource, "destructive");
        await MeasureAsync(run, time, "check_http", "POST /v1/check", async () => (await client.CheckAsync(request)) is { IsOk: true, Value.Allowed: true });
        await InProcessAsync(run, cluster, request, time);
    }

    // A silo in this process, one more of the cluster.
    private static async Task InProcessAsync(ScenarioRun run, SiloCluster cluster, CheckRequest request, TimeSpan time)
    {
        await using var engine = await ClusterEngine.OpenAsync(
            new ClusterOptions { ConnectionString = cluster.Database, MasterKey = cluster.MasterKey, SiloPort = FreePort.Find(), GatewayPort = FreePort.Find() },
            NullLoggerFactory.Instance, cancellation: run.Cancellation);
        var fabric = engine.As(Caller.Fabric);
        await MeasureAsync(run, time, "check_relay", "by the relay of the own silo, in its process", async () => (await fabric.CheckAsync(request)) is { IsOk: true, Value.Allowed: true });
    }

    private static async Task MeasureAsync(ScenarioRun run, TimeSpan time, string what, string how, Func<ValueTask<bool>> allows)
    {
        using var stage = run.Log.Begin($"{how}, one outstanding", Rounds);
        await WarmUpAsync(allows);
        var (p50s, all) = (new List<double>(), new LatencyRecorder());
        for (var round = 0; round < Rounds; round++)
        {
            var latencies = new LatencyRecorder();
            var watch = Stopwatch.StartNew();
            while (watch.Elapsed < time && !run.Cancellation.IsCancellationRequested)
            {
                var from = Stopwatch.GetTimestamp();
                if (!await allows())
                {
                    throw new LoadException($"a check {how} was denied");
                }

                latencies.Record(Stopwatch.GetElapsedTime(from));
            }

            p50s.Add(latencies.PercentileNs(50) / 1_000.0);
            all.Merge(latencies);
            stage.Advance();
        }

        run.Report.Add($"cluster.{what}_p50_us", Samples.Median(p50s), "us");
        run.Report.Add($"cluster.{what}_p99_us", all.PercentileNs(99) / 1_000.0, "us");
        run.Report.Note($"{what}: {how}, of class destructive, one outstanding; p50 of {Rounds} rounds {p50s.Min():0.0} to {p50s.Max():0.0} us");
    }

    // Until it is let in: an edge has a lease first.
    private static async Task WarmUpAsync(Func<ValueTask<bool>> allows)
    {
        var started = Stopwatch.GetTimestamp();
        for (var allowed = 0; allowed < WarmUp;)
        {
            allowed += await allows() ? 1 : 0;
            if (allowed == 0)
            {
                if (Stopwatch.GetElapsedTime(started) > TimeSpan.FromSeconds(30))
                {
                    throw new LoadException("no check was allowed within 30 s");
                }

                await Task.Delay(20);
            }
        }
    }
}
