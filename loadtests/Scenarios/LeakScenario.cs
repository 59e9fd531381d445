using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text.Json;
using Fabric.Contracts;
using Fabric.Contracts.Revocations;
using Fabric.LoadTests.Measure;
using Fabric.LoadTests.Processes;

namespace Fabric.LoadTests.Scenarios;

/// <summary>A breach: single credentials by the million, revoked by id, until every edge is confirmed.</summary>
internal sealed class LeakScenario : IScenario
{
    private const int Users = 1_000;
    private const int BatchSize = 1_000;
    private const int RequestSize = 100_000;
    private const int RequestsAtOnce = 2;

    public string Name => "leak";

    public string Description => "1,500,000 single credentials by id in requests of 100,000, until every edge is confirmed (--count: credentials)";

    public async Task RunAsync(ScenarioRun run)
    {
        var count = Math.Max(BatchSize, run.CountOr(1_500_000) / BatchSize * BatchSize);
        using var folder = new TempFolder(run.Options.KeepData);
        var leaked = await PrepareAsync(run, folder.Path, count);

        await using var silo = await SiloProcess.StartAsync(folder.Path, run.Cancellation);
        await using var edges = await EdgeProcess.StartFleetAsync(run.Options.Edges ?? 3, silo.Address, silo.EdgeKey, run.Cancellation);
        if (!await R1.AssertAllowedAsync(edges, leaked.Samples, run.Report, "before the leak"))
        {
            return;
        }

        var before = (await edges.Edges[0].StateAsync()).IndexRecords;
        await RevokeAsync(run, silo, leaked.Ids);
        _ = await R1.AssertDeniedAsync(edges, leaked.Samples, run.Report, "all receipts were confirmed");
        _ = await R1.AssertAllowedAsync(edges, [leaked.Sibling], run.Report, "a credential that was not in the leak");

        var states = await Task.WhenAll(edges.Edges.Select(edge => edge.StateAsync()));
        run.Report.Add("leak.bytes_per_record", states.Max(state => (double)state.IndexBytes / Math.Max(1, state.IndexRecords)), "bytes");
        run.Report.Add("leak.records", states.Min(state => state.IndexRecords), "records");
        if (states.Any(state => state.IndexRecords < before + count))
        {
            run.Report.Broken($"R3: an edge holds {states.Min(state => state.IndexRecords)} records instead of {before + count}");
        }

        run.Report.Note($"{edges.Edges.Count} edges in their own processes; {leaked.Samples.Count} sample tokens checked at each before and after; requests sent by {RequestsAtOnce} callers");
    }

    private static async Task<Leak> PrepareAsync(ScenarioRun run, string folder, int count)
    {
        await using var local = LocalFabric.Open(folder);
        await local.MakeKeysAsync(folder);
        var town = await Town.FoundAsync(local.Operator, "acme");
        await town.SettleAsync(0, Users);
        using var stage = run.Log.Begin($"issue {count:N0} credentials", count);
        var ids = new string[count];
        var samples = new EdgeCall[count / BatchSize];
        await Swarm.ForAsync(count / BatchSize, Town.Callers, async i =>
        {
            var issued = await town.IssueAsync(await town.OpenAsync(i % Users, i), BatchSize);
            for (var k = 0; k < BatchSize; k++)
            {
                ids[(i * BatchSize) + k] = issued[k].Id;
            }

            samples[i] = Town.CallOf(issued[i % BatchSize].Token, i, i);
            stage.Advance(BatchSize);
        });
        var sibling = await town.IssueAsync(await town.OpenAsync(0, 7), 1);
        return new Leak(ids, samples, Town.CallOf(sibling[0].Token, 7, 0));
    }

    private static async Task RevokeAsync(ScenarioRun run, SiloProcess silo, string[] ids)
    {
        // The bodies are made before the clock starts: how fast this process writes JSON is not the question.
        var bodies = ids.Chunk(RequestSize).Select(chunk => JsonSerializer.SerializeToUtf8Bytes(
            new RevokeRequest(Tenant: "acme", Credentials: chunk, Reason: "leaked", Wait: "confirmed", TimeoutMs: 60_000), FabricJson.Default.RevokeRequest)).ToList();
        using var http = new HttpClient { BaseAddress = silo.Address, Timeout = TimeSpan.FromSeconds(90) };
        http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", silo.OperatorKey);
        using var stage = run.Log.Begin($"revoke {ids.Length:N0} credentials", bodies.Count);
        var (requests, server) = (new List<double>(), new List<double>());
        var fromNs = Clock.NowNs;
        await Swarm.ForAsync(bodies.Count, RequestsAtOnce, async i =>
        {
            var sentNs = Clock.NowNs;
            using var content = new ByteArrayContent(bodies[i]);
            content.Headers.ContentType = new MediaTypeHeaderValue("application/json");
            using var answer = await http.PostAsync("/v1/revocations", content);
            if (answer.StatusCode is not HttpStatusCode.OK)
            {
                throw new LoadException($"revocation {i}: HTTP {(int)answer.StatusCode}: {await answer.Content.ReadAsStringAsync()}");
            }

            var receipt = (await answer.Content.ReadFromJsonAsync(FabricJson.Default.Receipt))!;
            lock (requests)
            {
                requests.Add(Clock.Ms(sentNs, Clock.NowNs));
                server.Add(receipt.ConfirmedAfterMs ?? double.NaN);
            }

            stage.Advance();
            if (receipt.State != "confirmed")
            {
                run.Report.Broken($"leak: a receipt is `{receipt.State}` after 60 s");
            }
        });
        run.Report.Add("leak.confirmed_s", Clock.Ms(fromNs, Clock.NowNs) / 1e3, "s");
        run.Report.Add("leak.request_p50_ms", Samples.Median(requests), "ms");
        run.Report.Add("leak.accepted_to_confirmed_max_ms", server.Max(), "ms");
    }

    private sealed record Leak(string[] Ids, IReadOnlyList<EdgeCall> Samples, EdgeCall Sibling);
}
