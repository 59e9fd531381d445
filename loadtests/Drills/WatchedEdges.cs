using Fabric.LoadTests.Measure;
using Fabric.LoadTests.Processes;
using Fabric.LoadTests.Reports;

namespace Fabric.LoadTests.Drills;

/// <summary>
/// The edges of a drill, which check groups of calls from a schedule all along; and what must hold of each group once its end was confirmed (R1), or as long as it
/// has none (R5).
/// </summary>
internal sealed class WatchedEdges(EdgeFleet edges, RunReport report)
{
    private const int AliveTriesMax = 100;

    private static readonly TimeSpan LookEvery = TimeSpan.FromMilliseconds(50);

    /// <summary>The edges.</summary>
    public EdgeFleet Fleet => edges;

    /// <summary>Adds a group at every edge. <paramref name="perSecond"/>: checks a second of all groups together, at each edge.</summary>
    public Task WatchAsync(string group, IReadOnlyList<EdgeCall> calls, int perSecond) => edges.SendAsync(EdgeOps.Watch, group, calls, perSecond);

    /// <summary>What every edge has seen of its groups.</summary>
    public async Task<IReadOnlyList<EdgeSight>> SeenAsync()
    {
        var replies = await edges.SendAsync(EdgeOps.Seen);
        return [.. replies.Select((reply, i) => new EdgeSight(
            edges.Edges[i].Name, reply.Seen!.Groups.ToDictionary(group => group.Name, StringComparer.Ordinal), reply.Seen.LateMaxNs))];
    }

    /// <summary>Shows a group's picture on the terminal, a line an edge, until told to stop; returns the picture of the whole time.</summary>
    public async Task<DenialPicture> ShowAsync(RunLog log, string group, int signs, CancellationToken stop)
    {
        var picture = new DenialPicture();
        var began = Clock.NowNs / ScheduledChecks.BucketNs;
        var lines = edges.Edges.Select(edge => log.Begin($"{edge.Name}: {group}, checked from a schedule", 1)).ToList();
        try
        {
            while (true)
            {
                var isLast = stop.IsCancellationRequested;
                for (var i = 0; i < edges.Edges.Count; i++)
                {
                    var edge = edges.Edges[i];
                    var reply = await edge.SendAsync(EdgeOps.Buckets, group, sinceBucket: Math.Max(began, picture.LastOf(edge.Name)));
                    picture.Take(edge.Name, reply.Buckets!);
                    var last = picture.LastOf(edge.Name);
                    lines[i].Say($"{edge.Name} {picture.Line(edge.Name, last - signs, last)}");
                }

                if (isLast)
                {
                    return picture;
                }

                await PauseAsync(stop);
            }
        }
        finally
        {
            lines.ForEach(line => line.Dispose());
        }
    }

    /// <summary>
    /// Holds groups against the receipt of their end: each check that began after it had arrived and was allowed is a broken promise. Returns when the last check that was
    /// allowed began, over all edges and groups; 0: none was.
    /// </summary>
    public async Task<long> AssertDeadAsync(IReadOnlyCollection<string> groups, long confirmedNs, string what)
    {
        // INVARIANT R1: relied on here; moments of all processes are of one clock.
        var sights = await SeenAsync();
        foreach (var broken in SightJudge.AllowedAfter(sights, groups, confirmedNs, what))
        {
            report.Broken(broken);
        }

        return SightJudge.LastAllowedNs(sights, groups);
    }

    /// <summary>
    /// Holds groups that nobody ended against what the edges did (R5): none may have been denied but as stale, and each must be allowed at every edge after
    /// <paramref name="afterNs"/>, which is waited for a while.
    /// </summary>
    public async Task AssertAliveAsync(IReadOnlyCollection<string> groups, long afterNs, string what)
    {
        for (var again = 0; ; again++)
        {
            var sights = await SeenAsync();
            var denied = SightJudge.Denied(sights, groups, what);
            var missing = denied.Count > 0 ? denied : SightJudge.NotAllowedSince(sights, groups, afterNs, what);
            if (missing.Count == 0)
            {
                return;
            }

            if (denied.Count > 0 || again == AliveTriesMax)
            {
                foreach (var broken in missing)
                {
                    report.Broken(broken);
                }

                return;
            }

            await Task.Delay(LookEvery);
        }
    }

    private static async Task PauseAsync(CancellationToken stop)
    {
        try
        {
            await Task.Delay(LookEvery, stop);
        }
        catch (OperationCanceledException)
        {
            // The last look follows.
        }
    }
}
