using Fabric.Client.Http;
using Fabric.Contracts.Revocations;
using Fabric.Core.Common;
using Fabric.Core.Index;
using Fabric.Core.Lineages;
using Fabric.LoadTests.Compare.Pairs;
using Fabric.LoadTests.Measure;
using Fabric.LoadTests.Processes;
using Fabric.LoadTests.Scenarios;

namespace Fabric.LoadTests.Model;

/// <summary>The small real run that a model is fed from and held against: a durable host, without edges, with one, three and six of them in processes of their own.</summary>
/// <param name="Phases">By the number of edges.</param>
/// <param name="RoundTripMs">A request that changes nothing, from its sending to its answer.</param>
/// <param name="RoundTripNs">What it takes of the host's processor.</param>
/// <param name="IssueNs">Processor time of one issued credential in the engine, its signature and its row in the journal.</param>
/// <param name="IndexBytes">Bytes of a record in a revocation index of a million.</param>
internal sealed record MeasuredRun(IReadOnlyList<MeasuredPhase> Phases, double RoundTripMs, double RoundTripNs, double IssueNs, double IndexBytes)
{
    /// <summary>The phases' numbers of edges. The model is fed from all but the last.</summary>
    public static readonly IReadOnlyList<int> EdgeCounts = [0, 1, 3, 6];

    private const string Tenant = "acme";
    private const int WarmUps = 40;
    private const int RoundTrips = 300;
    private const int IssueBatch = 1_000;
    private const int IssueBatches = 20;
    private const int IndexSample = 1_000_000;

    /// <summary>The phase with so many edges.</summary>
    public MeasuredPhase With(int edges) => Phases.First(phase => phase.Edges == edges);

    /// <summary>Runs it: so many revocations in each phase.</summary>
    public static async Task<MeasuredRun> RunAsync(ScenarioRun run, int revocations)
    {
        using var folder = new TempFolder(run.Options.KeepData);
        var each = WarmUps + revocations;
        var (ids, calls, issueNs) = await PrepareAsync(folder.Path, each * EdgeCounts.Count);
        await using var silo = await SiloProcess.StartAsync(folder.Path, run.Cancellation);
        using var client = silo.Client();
        var (tripMs, tripNs) = await RoundTripsAsync(silo, client);
        var edges = new List<EdgeProcess>();
        await using var fleet = new EdgeFleet(edges);
        var phases = new List<MeasuredPhase>();
        using var stage = run.Log.Begin($"measure a host with {string.Join(", ", EdgeCounts)} edges, {revocations} revocations each", EdgeCounts.Count);
        foreach (var count in EdgeCounts)
        {
            while (edges.Count < count)
            {
                edges.Add(await EdgeProcess.StartAsync($"edge-{edges.Count + 1}", silo.Address, silo.EdgeKey, run.Cancellation));
            }

            var from = phases.Count * each;
            var mine = calls.GetRange(from, each);
            _ = await R1.AssertAllowedAsync(fleet, mine, run.Report, "before its revocation");
            phases.Add(await PhaseAsync(silo, client, edges, ids.GetRange(from, each)));
            _ = await R1.AssertDeniedAsync(fleet, mine, run.Report, "the revocation of a credential was confirmed");
            stage.Advance();
        }

        return new MeasuredRun(phases, tripMs, tripNs, issueNs, IndexBytesEach());
    }

    private static async Task<(List<string> Ids, List<EdgeCall> Calls, double IssueNs)> PrepareAsync(string folder, int count)
    {
        await using var local = LocalFabric.Open(folder);
        await local.MakeKeysAsync(folder);
        var town = await Town.FoundAsync(local.Operator, Tenant);
        await town.SettleAsync(0, 1);
        var (ids, calls) = (new List<string>(), new List<EdgeCall>());
        while (ids.Count < count)
        {
            var issued = await town.IssueAsync(await town.OpenAsync(0, 0), Math.Min(IssueBatch, count - ids.Count));
            ids.AddRange(issued.Select(one => one.Id));
            calls.AddRange(issued.Select((one, i) => Town.CallOf(one.Token, 0, i)));
        }

        var session = await town.OpenAsync(0, 1);
        _ = await town.IssueAsync(session, IssueBatch);
        var cpu = ProcessTimes.OwnSeconds;
        for (var i = 0; i < IssueBatches; i++)
        {
            _ = await town.IssueAsync(session, IssueBatch);
        }

        return (ids, calls, (ProcessTimes.OwnSeconds - cpu) * 1e9 / (IssueBatches * IssueBatch));
    }

    private static async Task<(double Ms, double Ns)> RoundTripsAsync(SiloProcess silo, FabricHttpClient client)
    {
        var (times, host) = (new List<double>(), 0.0);
        for (var i = -WarmUps; i < RoundTrips; i++)
        {
            host = i == 0 ? RunTime.Ns(silo.ProcessId) : host;
            var sentNs = Clock.NowNs;
            _ = await client.GetTenantAsync(Tenant).Need("get the tenant");
            if (i >= 0)
            {
                times.Add(Clock.Ms(sentNs, Clock.NowNs));
            }
        }

        return (Samples.Median(times), Math.Max(0, RunTime.Ns(silo.ProcessId) - host) / RoundTrips);
    }

    private static async Task<MeasuredPhase> PhaseAsync(SiloProcess silo, FabricHttpClient client, List<EdgeProcess> edges, List<string> ids)
    {
        var (times, host, all) = (new List<double>(), 0.0, 0.0);
        for (var i = 0; i < ids.Count; i++)
        {
            if (i == WarmUps)
            {
                (host, all) = (RunTime.Ns(silo.ProcessId), edges.Sum(edge => RunTime.Ns(edge.ProcessId)));
            }

            var sentNs = Clock.NowNs;
            var receipt = await client.RevokeAsync(new RevokeRequest(Tenant: Tenant, Credentials: [ids[i]], Reason: "load test", Wait: "confirmed", TimeoutMs: 10_000)).Need("revoke");
            if (receipt.State != "confirmed")
            {
                throw new LoadException($"a receipt is `{receipt.State}` after 10 s");
            }

            if (i >= WarmUps)
            {
                times.Add(Clock.Ms(sentNs, Clock.NowNs));
            }
        }

        var (hostNs, edgeNs) = (RunTime.Ns(silo.ProcessId) - host, edges.Sum(edge => RunTime.Ns(edge.ProcessId)) - all);
        return new MeasuredPhase(edges.Count, times, Math.Max(0, hostNs) / times.Count, edges.Count == 0 ? 0 : Math.Max(0, edgeNs) / times.Count / edges.Count);
    }

    // The product's own index, filled: what an edge's grows to is the model's to multiply.
    private static double IndexBytesEach()
    {
        var index = new RevocationIndex(new UInt128(1, 2));
        var random = new Random(1);
        for (var i = 0; i < IndexSample; i++)
        {
            var handle = new Handle((ulong)random.NextInt64(), (ulong)random.NextInt64() | 1);
            _ = index.Apply(new IndexRecord(handle, NodeKind.Credential, IndexRecord.Terminal, default, Instant.Never), (ulong)i + 1);
        }

        return (double)index.Bytes / index.Count;
    }
}
