using Fabric.Client.Http;
using Fabric.Contracts.Common;
using Fabric.Contracts.Revocations;
using Fabric.Core.Common;
using Fabric.LoadTests.Drills.Reports;
using Fabric.LoadTests.Measure;
using Fabric.LoadTests.Processes;
using Fabric.LoadTests.Scenarios;

namespace Fabric.LoadTests.Drills;

/// <summary>
/// Tasks that were handed on eight times over four tenants. In each chain another owner pulls out: what is below it dies, what is above it and beside it lives on.
/// In the end a tenant takes back the grant along which sessions came to it.
/// </summary>
internal sealed class ChainDrill : IDrill
{
    private const int PerSecond = 8_000;
    private const int Rehearsals = 2 * ChainScene.Tenants;

    private static readonly TimeSpan Between = TimeSpan.FromMilliseconds(300);

    public string Name => "drill chain";

    public string Description => "delegation eight deep over four tenants; each owner pulls out in turn: below dead, above and siblings alive, the time of each";

    public IReadOnlyList<Plot> Plots { get; private set; } = [];

    public async Task RunAsync(ScenarioRun run)
    {
        using var folder = new TempFolder(run.Options.KeepData);
        var chains = await PrepareAsync(run, folder.Path);
        await using var silo = await SiloProcess.StartAsync(folder.Path, run.Cancellation);
        await using var edges = await EdgeProcess.StartFleetAsync(run.Options.Edges ?? 3, silo.Address, silo.EdgeKey, run.Cancellation);
        var all = chains.Chains.SelectMany(chain => chain.Links).ToList();
        if (!await R1.AssertAllowedAsync(edges, [.. all.Select(link => link.Call)], run.Report, "before anybody pulled out"))
        {
            return;
        }

        var watched = new WatchedEdges(edges, run.Report);
        foreach (var link in all)
        {
            await watched.WatchAsync(link.Name, [link.Call], PerSecond);
        }

        await watched.AssertAliveAsync([.. all.Select(link => link.Name)], Clock.NowNs, "was live before anybody pulled out");
        using var stranger = silo.Client(chains.StrangerSecret);
        var admins = chains.Secrets.Select(secret => silo.Client(secret)).ToArray();
        try
        {
            // A host and edges that have done it before, as those of a running system have.
            for (var i = 0; i < Rehearsals; i++)
            {
                _ = await RevokeAsync(admins[ChainScene.TenantIndex(i)], new NodeDto("user", ChainScene.TenantOf(i), ChainScene.Nobody));
            }

            await PullOutAsync(run, watched, chains, admins, stranger);
        }
        finally
        {
            Array.ForEach(admins, admin => admin.Dispose());
        }
    }

    private static async Task<ChainScene> PrepareAsync(ScenarioRun run, string folder)
    {
        await using var local = LocalFabric.Open(folder);
        await local.MakeKeysAsync(folder);
        return await ChainScene.MakeAsync(run, local);
    }

    private async Task PullOutAsync(ScenarioRun run, WatchedEdges watched, ChainScene scene, FabricHttpClient[] admins, FabricHttpClient stranger)
    {
        var times = new List<(double Depth, double Ms)>();
        using var stage = run.Log.Begin("each owner pulls out in turn", ChainScene.Depth + 2);
        for (var depth = 0; depth <= ChainScene.Depth && !run.Cancellation.IsCancellationRequested; depth++)
        {
            var session = new NodeDto("session", ChainScene.TenantOf(depth), scene.Chains[depth].Sessions[depth]);
            await IntrudeAsync(run, stranger, session, "a tenant outside of the chain", depth);
            if (depth + 1 < ChainScene.Tenants)
            {
                // Deeper down the next tenant of the ring stands above, too, and whoever delegated may end what came of it.
                await IntrudeAsync(run, admins[ChainScene.TenantIndex(depth + 1)], session, "the tenant that the session was handed on to", depth);
            }

            var told = await RevokeAsync(admins[ChainScene.TenantIndex(depth)], session);
            await JudgeAsync(run, watched, scene, scene.Chains[depth].FallenBy(depth), told, $"the owner at depth {depth} pulled out");
            run.Report.Add($"drill.chain.depth_{depth}_confirmed_ms", told.Ms, "ms");
            times.Add((depth, told.Ms));
            stage.Advance();
        }

        // The last: one tenant ends the grant by which sessions reach it. Every chain that crosses it is dead from there on.
        var end = await RevokeAsync(admins[ChainScene.TenantIndex(ChainScene.GrantDepth)], new NodeDto("trust", ChainScene.TenantOf(ChainScene.GrantDepth - 1), scene.Grant));
        await JudgeAsync(run, watched, scene, [.. scene.Chains.SelectMany(chain => chain.FallenBy(ChainScene.GrantDepth, includesSibling: true))], end, "a grant was taken back by its grantee");
        run.Report.Add("drill.chain.grant_confirmed_ms", end.Ms, "ms");
        run.Report.Add("drill.chain.confirmed_max_ms", times.Max(each => each.Ms), "ms");
        run.Report.Add("drill.chain.links", scene.Chains.Sum(chain => chain.Links.Count), "sessions");
        run.Report.Note($"{scene.Chains.Count} chains of {ChainScene.Depth} delegations over {ChainScene.Tenants} tenants, beside each link a sibling of the same delegator; each owner acts with a key of its own tenant; {watched.Fleet.Edges.Count} edges check all {scene.Chains.Sum(chain => chain.Links.Count)} sessions from a schedule, all along");
        Plots =
        [
            new Plot("An owner pulls out: until confirmed", "depth of the owner in the chain (0: the user's own session)", "ms", [new PlotLine("session revoked", times, IsDots: true)])
            {
                Caption = "The same one record, wherever in the chain it stands and however many sessions hang below.",
            },
        ];
    }

    // INVARIANT T1: relied on here; who is neither the session's tenant nor above it in the chain cannot even tell that there is one.
    private static async Task IntrudeAsync(ScenarioRun run, FabricHttpClient other, NodeDto session, string who, int depth)
    {
        var tried = await other.RevokeAsync(new RevokeRequest(session, Reason: "not mine"));
        if (tried.IsOk || tried.Rejection.Code != Codes.NotFound)
        {
            run.Report.Broken($"T1: {who} that tried to revoke the session at depth {depth} was answered `{(tried.IsOk ? tried.Value.State : tried.Rejection.Code)}` instead of `{Codes.NotFound}`");
        }
    }

    private static async Task<Told> RevokeAsync(FabricHttpClient owner, NodeDto node)
    {
        var sentNs = Clock.NowNs;
        var receipt = await owner.RevokeAsync(new RevokeRequest(node, Mode: "terminal", Reason: "pulled out", Wait: "confirmed", TimeoutMs: 30_000)).Need("pull out");
        var confirmedNs = Clock.NowNs;
        return receipt.State == "confirmed" ? new Told(sentNs, confirmedNs) : throw new LoadException($"a receipt is `{receipt.State}` after 30 s");
    }

    // Exactness: what fell is dead at every edge, and all else is allowed at every edge after the receipt and was never denied.
    private static async Task JudgeAsync(ScenarioRun run, WatchedEdges watched, ChainScene scene, IReadOnlyList<ChainLink> fallen, Told told, string what)
    {
        foreach (var link in fallen)
        {
            link.IsDead = true;
        }

        await Task.Delay(Between, run.Cancellation);
        var links = scene.Chains.SelectMany(chain => chain.Links).ToList();
        _ = await watched.AssertDeadAsync([.. fallen.Select(link => link.Name)], told.ConfirmedNs, what);
        await watched.AssertAliveAsync([.. links.Where(link => !link.IsDead).Select(link => link.Name)], told.ConfirmedNs, $"is not below what fell when {what}");
        _ = await R1.AssertDeniedAsync(watched.Fleet, [.. links.Where(link => link.IsDead).Select(link => link.Call)], run.Report, what);
    }

    private sealed record Told(long SentNs, long ConfirmedNs)
    {
        public double Ms => Clock.Ms(SentNs, ConfirmedNs);
    }
}
