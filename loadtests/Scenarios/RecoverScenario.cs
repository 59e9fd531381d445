using Fabric.Client.Http;
using Fabric.Contracts.Checks;
using Fabric.Contracts.Common;
using Fabric.Contracts.Credentials;
using Fabric.Contracts.Revocations;
using Fabric.LoadTests.Measure;
using Fabric.LoadTests.Processes;

namespace Fabric.LoadTests.Scenarios;

/// <summary>kill -9 under load, with a million live sessions: how long until the host is ready again, and whether anything acknowledged is missing.</summary>
internal sealed class RecoverScenario : IScenario
{
    private const int Users = 10_000;
    private const int Callers = 24;
    private const int CheckBatchSize = 500;

    public string Name => "recover";

    public string Description => "kill -9 under load with 1,000,000 live sessions (--count: sessions, --seconds: of load before the kill)";

    public async Task RunAsync(ScenarioRun run)
    {
        var count = run.CountOr(1_000_000);
        var time = run.SecondsOr(15);
        using var folder = new TempFolder(run.Options.KeepData);
        await PrepareAsync(run, folder.Path, count);

        var log = new AcknowledgedLog();
        var silo = await SiloProcess.StartAsync(folder.Path, run.Cancellation);
        var port = silo.Address.Port;
        run.Report.Add("recover.clean_start_s", Clock.Ms(silo.StartedNs, silo.ReadyNs) / 1e3, "s");
        await using var edges = await EdgeProcess.StartFleetAsync(run.Options.Edges ?? 1, silo.Address, silo.EdgeKey, run.Cancellation);
        await LoadThenKillAsync(run, silo, edges, log, time);
        await silo.DisposeAsync();

        using (run.Log.Begin("start again", 1))
        {
            silo = await SiloProcess.StartAsync(folder.Path, run.Cancellation, port);
        }

        await using (silo)
        {
            run.Report.Add("recover.ready_s", Clock.Ms(silo.StartedNs, silo.ReadyNs) / 1e3, "s");
            using var client = silo.Client();
            await VerifyAsync(run, client, log, count);
            await VerifyEdgesAsync(run, silo, edges, log);
        }
    }

    private static async Task PrepareAsync(ScenarioRun run, string folder, int count)
    {
        await using var local = LocalFabric.Open(folder);
        await local.MakeKeysAsync(folder);
        var town = await Town.FoundAsync(local.Operator, "acme");
        await town.SettleAsync(0, Users);
        using var stage = run.Log.Begin($"open {count:N0} sessions", count);
        await Swarm.ForAsync(count, Town.Callers, async i =>
        {
            _ = await town.OpenAsync(i % Users, i);
            if (i % 1_000 == 0)
            {
                stage.Advance(1_000);
            }
        });
    }

    private static async Task LoadThenKillAsync(ScenarioRun run, SiloProcess silo, EdgeFleet edges, AcknowledgedLog log, TimeSpan time)
    {
        using var client = silo.Client();
        var town = new Town(client, "acme");
        using var stop = new CancellationTokenSource();
        var work = Swarm.UntilAsync(Callers, caller => WorkAsync(client, town, log, caller), stop.Token);
        await run.Log.ForAsync("load: open, issue, revoke", time, run.Cancellation);
        var held = log.Revoked.Select(each => each.Call).Take(2_000).ToList();
        _ = await edges.SendAsync(EdgeOps.Hold, "revoked", held);
        _ = await edges.SendAsync(EdgeOps.Hammer);
        await Task.Delay(200);
        await silo.KillAsync();
        await stop.CancelAsync();
        await work;
        run.Report.Add("recover.acknowledged", log.Count, "changes");
        run.Log.Note($"killed: {log.Opened.Count:N0} sessions, {log.Issued.Count:N0} credentials and {log.Revoked.Count:N0} revocations were acknowledged");
    }

    // What is refused or cut off is not acknowledged, and leaves no trace in the log.
    private static async Task WorkAsync(FabricHttpClient client, Town town, AcknowledgedLog log, int caller)
    {
        var customer = Random.Shared.Next(1_000_000);
        var opened = await client.OpenSessionAsync(town.Tenant, Town.Task(((caller * 131) + customer) % Users, customer));
        if (!opened.IsOk)
        {
            return;
        }

        log.Opened.Enqueue(opened.Value.Id);
        var issued = await client.IssueCredentialsAsync(opened.Value.Id, new IssueCredentials(2, 3_600));
        if (!issued.IsOk)
        {
            return;
        }

        foreach (var credential in issued.Value.Credentials)
        {
            log.Issued.Enqueue((opened.Value.Id, Town.CallOf(credential.Token, customer, 1)));
        }

        if (customer % 3 != 0)
        {
            return;
        }

        log.RevocationAsked[opened.Value.Id] = true;
        var revoked = await client.RevokeAsync(new RevokeRequest(new NodeDto("session", town.Tenant, opened.Value.Id), Reason: "load test"));
        if (revoked is { IsOk: true, Value.Durable: true })
        {
            log.Revoked.Enqueue((opened.Value.Id, Town.CallOf(issued.Value.Credentials[0].Token, customer, 1)));
        }
    }

    private static async Task VerifyAsync(ScenarioRun run, FabricHttpClient client, AcknowledgedLog log, int count)
    {
        using var stage = run.Log.Begin("look for everything acknowledged", log.Count);
        long lost = 0;
        var opened = log.Opened.ToArray();
        await Swarm.ForAsync(opened.Length, Callers, async i =>
        {
            var id = opened[i];
            var found = await client.GetSessionAsync(id);
            var isThere = found.IsOk && (found.Value.Status == "active" || log.RevocationAsked.ContainsKey(id));
            Interlocked.Add(ref lost, isThere ? 0 : 1);
            stage.Advance();
        });
        if (lost > 0)
        {
            run.Report.Broken($"D1: {lost} sessions that were opened are missing");
        }

        var issued = log.Issued.Where(each => !log.RevocationAsked.ContainsKey(each.Session)).Select(each => each.Call).ToList();
        var lostCredentials = await CountAsync(client, issued, isLost: answer => !answer.Allowed);
        if (lostCredentials > 0)
        {
            run.Report.Broken($"D1: {lostCredentials} credentials that were issued are not valid any more");
        }

        var lostRevocations = await CountAsync(client, [.. log.Revoked.Select(each => each.Call)], isLost: answer => answer.Allowed);
        if (lostRevocations > 0)
        {
            run.Report.Broken($"D1, R1: {lostRevocations} revocations that were acknowledged are not in force");
        }

        var radius = await client.RevokeAsync(new RevokeRequest(new NodeDto("tenant", "acme"), DryRun: true)).Need("count the live sessions");
        var live = radius.BlastRadius?.Sessions ?? 0;
        var expected = count + log.Opened.Count(id => !log.RevocationAsked.ContainsKey(id));
        var missing = Math.Max(0, expected - live);
        if (missing > 0)
        {
            run.Report.Broken($"D1: {live:N0} sessions live after the restart instead of at least {expected:N0}");
        }

        run.Report.Add("recover.lost", lost + lostCredentials + lostRevocations + missing, "changes");
        run.Report.Add("recover.live_sessions", live, "sessions");
    }

    private static async Task<long> CountAsync(FabricHttpClient client, List<EdgeCall> calls, Func<CheckAnswer, bool> isLost)
    {
        long lost = 0;
        foreach (var part in calls.Chunk(CheckBatchSize))
        {
            var answers = await client.CheckManyAsync(new CheckBatch(
                [.. part.Select(call => new CheckRequest(call.Token, call.Tool, call.Action, call.Resource, call.Class))])).Need("check");
            lost += answers.Answers.Count(isLost);
        }

        return lost;
    }

    // The edges were up all the while: at no moment may one have allowed what was revoked before, and they must follow the host again.
    private static async Task VerifyEdgesAsync(ScenarioRun run, SiloProcess silo, EdgeFleet edges, AcknowledgedLog log)
    {
        using var client = silo.Client();
        var receipt = await client.RevokeAsync(new RevokeRequest(
            new NodeDto("user", "acme", Town.User(0)), Mode: "generation", Reason: "load test", Wait: "confirmed", TimeoutMs: 30_000)).Need("revoke after the restart");
        if (receipt.State != "confirmed")
        {
            run.Report.Broken($"a revocation after the restart is `{receipt.State}` after 30 s");
        }

        run.Report.Add("recover.first_confirmed_s", (receipt.ConfirmedAfterMs ?? double.NaN) / 1e3, "s");
        await edges.WaitRevisionAsync(receipt.Revision, TimeSpan.FromSeconds(60));
        var replies = await edges.SendAsync(EdgeOps.LastAllowed, "revoked");
        var revoked = log.Revoked.Select(each => each.Call).ToList();
        for (var i = 0; i < replies.Length; i++)
        {
            if (replies[i].Allowed > 0)
            {
                run.Report.Broken($"R1: {edges.Edges[i].Name} allowed {replies[i].Allowed} calls of revoked sessions while the host was killed and restarted");
            }
        }

        _ = await R1.AssertDeniedAsync(edges, [.. revoked.Take(5_000)], run.Report, "the restart");
        run.Report.Note($"{edges.Edges.Count} edge stayed up over the restart and checked calls of revoked sessions all the while; the sessions were set up in process with a clean stop, the load is what recovery replays on top");
    }
}
