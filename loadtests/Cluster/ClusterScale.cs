using System.Globalization;
using Fabric.Client.Http;
using Fabric.Contracts.Checks;
using Fabric.Contracts.Common;
using Fabric.Contracts.Revocations;
using Fabric.LoadTests.Compare.Pairs;
using Fabric.LoadTests.Drills.Reports;
using Fabric.LoadTests.Measure;
using Fabric.LoadTests.Processes;
using Fabric.LoadTests.Scenarios;
using Npgsql;

namespace Fabric.LoadTests.Cluster;

/// <summary>
/// One silo, two, three: what a check, a live session and a revocation cost at ten times the agents each time. A cluster and a database of its own for each number of silos, always
/// three edges; everything on this machine, so that another silo adds work and no machine.
/// </summary>
internal static class ClusterScale
{
    private const int SmallestAgents = 1_000;
    private const int LargestAgents = 10_000;
    private const int Edges = 3;
    private const int CallsMax = 1_000;
    private const int Asked = 500;
    private const int Revocations = 100;
    private const int WarmUps = 30;

    // After a feed log's first start nothing is confirmed for some seconds: nobody knew who held leases before it.
    private const int ReceiptMs = 30_000;

    private static readonly (string Name, string Title, string Unit, Func<ScalePoint, double> Value)[] Costs =
    [
        ("check", "A check at an edge", "ns", point => point.CheckNs),
        ("asked_check", "A check by a silo, over HTTP", "us", point => point.AskedUs),
        ("session_memory", "A live session in the silos' memory", "bytes", point => point.MemoryBytes),
        ("session_database", "A live session in the database", "bytes", point => point.DatabaseBytes),
        ("revocation", "A revocation, until the last of three edges has confirmed", "us", point => point.RevokeUs),
        ("revocation_cpu", "Processor time of silos and database for a revocation", "us", point => point.RevokeCpuUs),
    ];

    /// <summary>Measures clusters of one silo up to so many; the report gets the values.</summary>
    public static async Task<IReadOnlyList<Plot>> RunAsync(ScenarioRun run, int silos)
    {
        var max = Math.Max(SmallestAgents, run.CountOr(LargestAgents));
        var points = new List<ScalePoint>();
        for (var count = 1; count <= silos; count++)
        {
            run.Cancellation.ThrowIfCancellationRequested();
            using var folder = new TempFolder(run.Options.KeepData);
            SiloCluster cluster;
            using (run.Log.Begin(Silos(count) + ": start with a database", 1))
            {
                cluster = await SiloCluster.StartAsync(folder.Path, count, run.Cancellation);
            }

            await using (cluster)
            {
                points.AddRange(await MeasureAsync(run, cluster, max));
            }
        }

        foreach (var point in points)
        {
            foreach (var (name, _, unit, value) in Costs)
            {
                run.Report.Add($"scale.silos_{point.Silos}.{name}_{point.Agents}", value(point), unit);
            }
        }

        run.Report.Note($"each agent has a user and a session, opened at the silos in turn; {Edges} edges in processes of their own, over HTTP and over the Orleans client; a check at an edge is of one of {CallsMax:N0} credentials that it has seen; "
            + $"{Asked} authoritative checks and {Revocations} revocations of a session one after the other, at the silos in turn: medians; memory is what all silos' resident sets grew by while the sessions were opened, divided by them: rough, with what their collectors had not given back");
        run.Report.Note("silos, database, edges and the load share this machine: another silo is another process on the same cores, and what it adds elsewhere, a machine, is not seen here");
        return [.. Costs.Select(cost => Draw(points, cost.Title, cost.Unit, cost.Value))];
    }

    private static Plot Draw(List<ScalePoint> points, string title, string unit, Func<ScalePoint, double> value) =>
        new(title, "silos", unit, [.. points.GroupBy(point => point.Agents).Select(size => new PlotLine(
            string.Create(CultureInfo.InvariantCulture, $"{size.Key:N0} agents"), [.. size.Select(point => ((double)point.Silos, value(point)))], IsDots: true))]);

    private static async Task<IReadOnlyList<ScalePoint>> MeasureAsync(ScenarioRun run, SiloCluster cluster, int max)
    {
        var clients = Enumerable.Range(0, cluster.Silos.Count).Select(cluster.Operator).ToArray();
        try
        {
            var founded = await Town.FoundAsync(clients[0], "acme");
            Town[] towns = [founded, .. clients.Skip(1).Select(client => new Town(client, founded.Tenant))];
            await using var edges = await ((IServedFabric)cluster).StartEdgesAsync(Edges, run.Cancellation);
            var (points, settled) = (new List<ScalePoint>(), 0);
            for (var agents = SmallestAgents; agents <= max; agents *= 10)
            {
                using var stage = run.Log.Begin($"{Silos(cluster.Silos.Count)}, {agents:N0} agents", 3);
                points.Add(await PointAsync(run, cluster, clients, towns, edges, settled, agents, stage.Advance));
                settled = agents;
            }

            return points;
        }
        finally
        {
            Array.ForEach(clients, client => client.Dispose());
        }
    }

    private static async Task<ScalePoint> PointAsync(
        ScenarioRun run, SiloCluster cluster, FabricHttpClient[] clients, Town[] towns, EdgeFleet edges, int settled, int agents, Action<double> advance)
    {
        await towns[0].SettleAsync(settled, agents);
        advance(1);
        var (memory, database) = (Resident(cluster), await DatabaseBytesAsync(cluster));
        var sessions = new string[agents - settled];
        await Swarm.ForAsync(sessions.Length, Town.Callers, async i => sessions[i] = await towns[i % towns.Length].OpenAsync(settled + i, i % 500, settled + i));
        (memory, database) = (Resident(cluster) - memory, await DatabaseBytesAsync(cluster) - database);
        advance(1);

        var calls = new EdgeCall[Math.Min(CallsMax, sessions.Length)];
        await Swarm.ForAsync(calls.Length, Town.Callers, async i => calls[i] = Town.CallOf((await towns[i % towns.Length].IssueAsync(sessions[i], 1))[0].Token, i % 500, 0));
        var (revokeUs, revokeCpuUs) = await RevokeAsync(run, cluster, clients, edges, sessions, calls);
        EdgeCall[] alive = [.. calls.Skip(WarmUps + Revocations)];
        if (!await R1.AssertAllowedAsync(edges, alive, run.Report, "nobody has revoked it"))
        {
            throw new LoadException("a live token was denied");
        }

        var timed = await edges.SendAsync(EdgeOps.Time, calls: alive);
        return new ScalePoint(
            cluster.Silos.Count, agents, Samples.Median([.. timed.Select(reply => reply.CheckNs)]), await AskAsync(clients, alive), memory / (double)sessions.Length,
            database / (double)sessions.Length, revokeUs, revokeCpuUs);
    }

    private static async Task<double> AskAsync(FabricHttpClient[] clients, EdgeCall[] calls)
    {
        var times = new List<double>();
        for (var i = 0; i < WarmUps + Asked; i++)
        {
            var call = calls[i % calls.Length];
            var sentNs = Clock.NowNs;
            var answer = await clients[i % clients.Length].CheckAsync(new CheckRequest(call.Token, call.Tool, call.Action, call.Resource, call.Class)).Need("check");
            times.Add(Clock.Ms(sentNs, Clock.NowNs) * 1e3);
            if (!answer.Allowed)
            {
                throw new LoadException($"a silo denied a live token: {answer.Code}");
            }
        }

        return Samples.Median([.. times.Skip(WarmUps)]);
    }

    private static async Task<(double Us, double CpuUs)> RevokeAsync(
        ScenarioRun run, SiloCluster cluster, FabricHttpClient[] clients, EdgeFleet edges, string[] sessions, EdgeCall[] calls)
    {
        var (times, cpu) = (new List<double>(), 0.0);
        for (var i = 0; i < WarmUps + Revocations; i++)
        {
            cpu = i == WarmUps ? CpuSeconds(cluster) : cpu;
            var sentNs = Clock.NowNs;
            var receipt = await clients[i % clients.Length].RevokeAsync(new RevokeRequest(
                new NodeDto("session", "acme", sessions[i]), Reason: "load test", Wait: "confirmed", TimeoutMs: ReceiptMs)).Need("revoke a session");
            times.Add(Clock.Ms(sentNs, Clock.NowNs) * 1e3);
            if (receipt.State != "confirmed")
            {
                run.Report.Broken($"the receipt of a session is `{receipt.State}` after {ReceiptMs / 1_000} s");
            }
        }

        cpu = CpuSeconds(cluster) - cpu;

        // INVARIANT R1: relied on here; the checks begin after the last receipt has arrived.
        _ = await R1.AssertDeniedAsync(edges, calls[..(WarmUps + Revocations)], run.Report, "the revocations of their sessions were confirmed");
        return (Samples.Median([.. times.Skip(WarmUps)]), cpu * 1e6 / Revocations);
    }

    private static long Resident(SiloCluster cluster) => cluster.Silos.Sum(silo => silo.ResidentBytes);

    private static double CpuSeconds(SiloCluster cluster) => cluster.Silos.Sum(silo => ProcessTimes.TreeSeconds(silo.ProcessId)) + ProcessTimes.TreeSeconds(cluster.DatabaseProcessId);

    private static async Task<long> DatabaseBytesAsync(SiloCluster cluster)
    {
        await using var source = NpgsqlDataSource.Create(cluster.Database);
        await using var command = source.CreateCommand("SELECT pg_database_size(current_database())");
        return (long)(await command.ExecuteScalarAsync() ?? throw new LoadException("the database does not tell its size"));
    }

    private static string Silos(int count) => count == 1 ? "1 silo" : $"{count} silos";

    private sealed record ScalePoint(int Silos, int Agents, double CheckNs, double AskedUs, double MemoryBytes, double DatabaseBytes, double RevokeUs, double RevokeCpuUs);
}
