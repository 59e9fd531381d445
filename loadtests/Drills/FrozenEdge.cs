using Fabric.Client.Http;
using Fabric.Contracts.Common;
using Fabric.Contracts.Revocations;
using Fabric.LoadTests.Measure;
using Fabric.LoadTests.Processes;
using Fabric.LoadTests.Scenarios;

namespace Fabric.LoadTests.Drills;

/// <summary>
/// An edge stands still, as a machine that hangs does, while a session is revoked: the receipt waits until its lease has provably run out. When it goes on, it has missed the revocation,
/// and the checks that were due meanwhile are made at once: none may be allowed.
/// </summary>
internal static class FrozenEdge
{
    private const string Group = "revoked while an edge stood still";
    private const int TimeoutMs = 30_000;

    private static readonly TimeSpan After = TimeSpan.FromMilliseconds(500);

    /// <summary>Stops the last edge, revokes, lets it go on, and holds what it did against the receipt (R1, R2).</summary>
    public static async Task RunAsync(ScenarioRun run, FabricHttpClient client, WatchedEdges watched, NodeDto session, EdgeCall call, int perSecond)
    {
        await watched.WatchAsync(Group, [call], perSecond);
        await watched.AssertAliveAsync([Group], Clock.NowNs, "was live before the edge stood still");
        var edge = watched.Fleet.Edges[^1];
        long sentNs, confirmedNs;
        Receipt receipt;
        using (run.Log.Begin($"{edge.Name} stands still while a session is revoked", 1))
        {
            await edge.SignalAsync("STOP");
            try
            {
                sentNs = Clock.NowNs;
                receipt = await client.RevokeAsync(new RevokeRequest(session, Reason: "leaked again", Wait: "confirmed", TimeoutMs: TimeoutMs)).Need("revoke a session");
                confirmedNs = Clock.NowNs;
            }
            finally
            {
                await edge.SignalAsync("CONT");
            }
        }

        if (receipt.State != "confirmed")
        {
            run.Report.Broken($"the receipt is `{receipt.State}` after {TimeoutMs / 1_000} s, with an edge whose lease ran out long before");
            return;
        }

        await Task.Delay(After, run.Cancellation);
        _ = await watched.AssertDeadAsync([Group], confirmedNs, "a revocation that an edge stood still through");
        _ = await R1.AssertDeniedAsync(watched.Fleet, [call], run.Report, "a revocation that an edge stood still through was confirmed");
        run.Report.Add("drill.leak.frozen_edge_confirmed_ms", Clock.Ms(sentNs, confirmedNs), "ms");
        run.Report.Note($"{edge.Name} was stopped while a session was revoked: confirmed once its lease had run out (read bound, drift and slack); ran out, as the receipt says: {string.Join(", ", receipt.RanOut)}");
    }
}
