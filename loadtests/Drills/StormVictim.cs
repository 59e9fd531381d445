using Fabric.Client.Http;
using Fabric.Contracts.Credentials;
using Fabric.Contracts.Revocations;
using Fabric.LoadTests.Measure;
using Fabric.LoadTests.Processes;
using Fabric.LoadTests.Reports;
using Fabric.LoadTests.Scenarios;

namespace Fabric.LoadTests.Drills;

/// <summary>The other tenant of a storm drill: checks and revokes, one call at a time, in the storm and out of it, and holds every answer against R1 and R5.</summary>
internal sealed class StormVictim(
    ScenarioRun run, FabricHttpClient client, SiloProcess silo, EdgeFleet edges, string session, IReadOnlyList<EdgeCall> calls, TimeSpan time)
{
    private const int EveryMs = 20;
    private const int RevocationsAnEdgeCheck = 5;

    /// <summary>One phase: begins what happens beside it, measures, and stops that.</summary>
    public async Task<StormPhase> MeasureAsync(Func<Task> begin, Func<Task<StormTally>> stop, RunLog.Stage stage)
    {
        var (checks, asked, revocations) = (new List<double>(), new List<double>(), new List<double>());
        await begin();
        var (fromNs, host, fleet) = (Clock.NowNs, RunTime.Ns(silo.ProcessId), FleetNs());
        StormTally beside;
        double tookNs;
        try
        {
            while (Clock.Ms(fromNs, Clock.NowNs) < time.TotalMilliseconds && !run.Cancellation.IsCancellationRequested)
            {
                await MeasureOnceAsync(checks, asked, revocations);
                await Task.Delay(EveryMs, CancellationToken.None);
            }
        }
        finally
        {
            tookNs = Clock.NowNs - fromNs;
            (host, fleet) = (RunTime.Ns(silo.ProcessId) - host, FleetNs() - fleet);
            beside = await stop();
        }

        stage.Advance();
        return new StormPhase(
            Samples.Median(checks), Samples.Median(asked), Samples.Median(revocations), beside.Revoked / Math.Max(1, beside.TookMs) * 1e3,
            beside.RanMs / Math.Max(1, beside.TookMs), host / tookNs, fleet / tookNs);
    }

    private double FleetNs() => edges.Edges.Sum(edge => RunTime.Ns(edge.ProcessId));

    // One after the other, so that the tenant's own load is the same in both phases.
    private async Task MeasureOnceAsync(List<double> checks, List<double> asked, List<double> revocations)
    {
        if (checks.Count == 0 || checks.Count * RevocationsAnEdgeCheck <= revocations.Count)
        {
            var timed = await edges.Edges[0].SendAsync(EdgeOps.Time, calls: calls);
            checks.Add(timed.CheckNs);
        }

        var call = calls[revocations.Count % calls.Count];
        var sentNs = Clock.NowNs;
        var answer = await client.CheckAsync(new(call.Token, call.Tool, call.Action, call.Resource, call.Class)).Need("check");
        asked.Add(Clock.Ms(sentNs, Clock.NowNs));
        if (!answer.Allowed)
        {
            run.Report.Broken($"R5: the host denied a call of the tenant that nobody revoked in with `{answer.Code}`");
        }

        var issued = await client.IssueCredentialsAsync(session, new IssueCredentials(1)).Need("issue");
        var one = issued.Credentials[0];
        sentNs = Clock.NowNs;
        var receipt = await client.RevokeAsync(new RevokeRequest(Tenant: StormDrill.Quiet, Credentials: [one.Id], Reason: "load test", Wait: "confirmed", TimeoutMs: 30_000)).Need("revoke");
        revocations.Add(Clock.Ms(sentNs, Clock.NowNs));
        if (receipt.State != "confirmed")
        {
            run.Report.Broken($"a receipt of the quiet tenant is `{receipt.State}` after 30 s");
            return;
        }

        _ = await R1.AssertDeniedAsync(edges, [Town.CallOf(one.Token, 7, 0)], run.Report, "the revocation of a credential was confirmed, in or out of the storm");
    }
}
