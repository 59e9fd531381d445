using Fabric.Client.Http;
using Fabric.LoadTests.Drills;
using Fabric.LoadTests.Processes;
using Fabric.LoadTests.Scenarios;

namespace Fabric.LoadTests.Model;

/// <summary>What goes on beside revocations in a loaded set-up: every edge checks from a schedule, and the host issues credentials at a pace, each of them a durable commit.</summary>
internal sealed class SmallLoad : IAsyncDisposable
{
    /// <summary>Checks a second at each edge.</summary>
    public const int ChecksPerSecond = 200;

    /// <summary>Credentials that are issued a second, one by one.</summary>
    public const int IssuedPerSecond = 100;

    private readonly EdgeFleet _edges;
    private readonly CancellationTokenSource _stop = new();
    private readonly Task _issuing;

    private SmallLoad(EdgeFleet edges, Town town, string session) => (_edges, _issuing) = (edges, IssueAsync(town, session, _stop.Token));

    /// <summary>A session and some calls of it, for <see cref="StartAsync"/>.</summary>
    public static async Task<(Town Town, string Session, IReadOnlyList<EdgeCall> Calls)> PrepareAsync(FabricHttpClient client, string tenant)
    {
        var town = new Town(client, tenant);
        var session = await town.OpenAsync(0, 2);
        return (town, session, [.. (await town.IssueAsync(session, 100)).Select((one, i) => Town.CallOf(one.Token, 2, i))]);
    }

    /// <summary>Begins.</summary>
    public static async Task<SmallLoad> StartAsync(EdgeFleet edges, (Town Town, string Session, IReadOnlyList<EdgeCall> Calls) prepared)
    {
        _ = await edges.SendAsync(EdgeOps.Watch, "beside", prepared.Calls, ChecksPerSecond);
        return new SmallLoad(edges, prepared.Town, prepared.Session);
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _issuing;
        _stop.Dispose();
        _ = await _edges.SendAsync(EdgeOps.Unwatch);
    }

    private static async Task IssueAsync(Town town, string session, CancellationToken stop)
    {
        var turns = new PacedTurns(IssuedPerSecond);
        while (await turns.NextAsync(stop))
        {
            _ = await town.IssueAsync(session, 1);
        }
    }
}
