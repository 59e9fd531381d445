using System.Text.Json;
using Fabric.Contracts;
using Fabric.LoadTests.Measure;
using Fabric.LoadTests.Scenarios;

namespace Fabric.LoadTests.Cluster;

/// <summary>Durable issuance and opening, one a request, over HTTP at all silos; two thirds of the sessions live on another silo than the one that is asked.</summary>
internal static class ClusterIssue
{
    private const int Rounds = 5;
    private const int WarmUpSeconds = 6;
    private const string OneCredential = """{"count":1}""";

    /// <summary>Connections: as many as wait for one commit.</summary>
    public const int Connections = 192;

    public static async Task IssueAsync(ScenarioRun run, SiloCluster cluster)
    {
        var town = await SettleAsync(cluster);
        var sessions = new string[Connections];
        await Swarm.ForAsync(Connections, Town.Callers, async i => sessions[i] = await town[i % town.Length].OpenAsync(i, i));
        await MeasureAsync(
            run, cluster, "issue", "credentials/s",
            sessions.Select((session, i) => Request(cluster, (i / town.Length) % town.Length, $"/v1/sessions/{session}/credentials", OneCredential)));
    }

    public static async Task OpenAsync(ScenarioRun run, SiloCluster cluster)
    {
        var town = await SettleAsync(cluster);
        await MeasureAsync(
            run, cluster, "open", "sessions/s",
            Enumerable.Range(0, Connections).Select(i => Request(
                cluster, i % town.Length, $"/v1/tenants/{town[0].Tenant}/sessions",
                JsonSerializer.Serialize(Town.Task(i, i), FabricJson.Default.OpenSession))));
    }

    /// <summary>A tenant with users, as each silo sees it.</summary>
    public static async Task<Town[]> SettleAsync(SiloCluster cluster)
    {
        var first = await Town.FoundAsync(cluster.Operator(0), "acme");
        await first.SettleAsync(0, Connections);
        return [first, .. Enumerable.Range(1, cluster.Silos.Count - 1).Select(silo => new Town(cluster.Operator(silo), first.Tenant))];
    }

    /// <summary>A request to one silo.</summary>
    public static (Uri Address, byte[] Request) Request(SiloCluster cluster, int silo, string path, string json)
    {
        var address = cluster.Silos[silo].Address;
        return (address, HttpLoad.Post(address, path, cluster.OperatorKey, json));
    }

    private static async Task MeasureAsync(
        ScenarioRun run, SiloCluster cluster, string what, string unit, IEnumerable<(Uri Address, byte[] Request)> requests)
    {
        var time = run.SecondsOr(15);
        using var load = new HttpLoad([.. requests]);
        using (run.Log.Begin($"{what}: warm the silos up", 1))
        {
            _ = await Task.Run(() => load.Run(TimeSpan.FromSeconds(WarmUpSeconds), run.Cancellation));
        }

        using var stage = run.Log.Begin($"{what} over HTTP at {cluster.Silos.Count} silos, {Connections} connections", Rounds);
        var (rates, all, cpu) = (new List<double>(), new LatencyRecorder(), cluster.Silos.Select(silo => silo.ProcessorTime.TotalSeconds).ToArray());
        for (var round = 0; round < Rounds; round++)
        {
            var (rate, latencies) = await Task.Run(() => load.Run(time / Rounds, run.Cancellation));
            rates.Add(rate);
            all.Merge(latencies);
            stage.Advance();
        }

        if (load.Fault is { } fault)
        {
            throw new LoadException($"a silo refused: {fault}");
        }

        run.Report.Add($"cluster.{what}_rate", Samples.Median(rates), unit);
        run.Report.Add($"cluster.{what}_rate_min", rates.Min(), unit);
        run.Report.Add($"cluster.{what}_rate_max", rates.Max(), unit);
        run.Report.Add($"cluster.{what}_p50_ms", all.PercentileMs(50), "ms");
        run.Report.Add($"cluster.{what}_p99_ms", all.PercentileMs(99), "ms");
        var used = cluster.Silos.Select((silo, i) => (silo.ProcessorTime.TotalSeconds - cpu[i]) / time.TotalSeconds);
        run.Report.Note($"{what}: median, least and most of {Rounds} rounds of {time.TotalSeconds / Rounds:N0} s, {Connections} keep-alive connections, one request at a time on each, each answered once it is "
            + $"committed in PostgreSQL; load, database and silos share the machine; the silos used {string.Join(", ", used.Select(each => $"{each:0.00}"))} cores");
    }
}
