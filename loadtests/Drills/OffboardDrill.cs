using Fabric.Client.Http;
using Fabric.Contracts.Keys;
using Fabric.Contracts.Revocations;
using Fabric.Core.Common;
using Fabric.LoadTests.Drills.Reports;
using Fabric.LoadTests.Measure;
using Fabric.LoadTests.Processes;
using Fabric.LoadTests.Scenarios;

namespace Fabric.LoadTests.Drills;

/// <summary>
/// A user leaves whose task was handed on to agents of many tenants. One command in its own tenant ends it everywhere; what those tenants do for somebody else, or by
/// themselves, goes on.
/// </summary>
internal sealed class OffboardDrill : IDrill
{
    private const string Home = "home";
    private const string Stays = "of others";
    private const int Leaver = 0;
    private const int Stayer = 1;
    private const int Rehearsals = 10;
    private const int CredentialsEach = 4;
    private const int PerSecond = 8_000;

    public string Name => "drill offboard";

    public string Description => "a user leaves whose task was handed on to agents of 40 tenants: one command, until every tenant's derived sessions are dead at every edge (--count: tenants)";

    public IReadOnlyList<Plot> Plots { get; private set; } = [];

    public async Task RunAsync(ScenarioRun run)
    {
        var tenants = Math.Clamp(run.CountOr(40), 2, ScheduledChecks.GroupsMax - 1);
        using var folder = new TempFolder(run.Options.KeepData);
        var scene = await PrepareAsync(run, folder.Path, tenants);
        await using var silo = await SiloProcess.StartAsync(folder.Path, run.Cancellation);
        await using var edges = await EdgeProcess.StartFleetAsync(run.Options.Edges ?? 3, silo.Address, silo.EdgeKey, run.Cancellation);
        var dying = scene.ByTenant.SelectMany(each => each.Calls).ToList();
        if (!await R1.AssertAllowedAsync(edges, [.. dying, .. scene.Staying], run.Report, "before the user left"))
        {
            return;
        }

        var watched = new WatchedEdges(edges, run.Report);
        foreach (var (tenant, calls) in scene.ByTenant)
        {
            await watched.WatchAsync(tenant, calls, PerSecond);
        }

        await watched.WatchAsync(Stays, scene.Staying, PerSecond);
        await watched.AssertAliveAsync([Stays, .. scene.ByTenant.Select(each => each.Tenant)], Clock.NowNs, "were live before the user left");
        await IntrudeAsync(run, silo, scene.PartnerSecret);

        using var client = silo.Client();
        var (sentNs, confirmedNs) = await OffboardAsync(run, client);
        await run.Log.ForAsync("go on checking", run.SecondsOr(3), run.Cancellation);
        await JudgeAsync(run, watched, scene, sentNs, confirmedNs);
        _ = await R1.AssertDeniedAsync(edges, dying, run.Report, "the offboarding was confirmed");
        _ = await R1.AssertAllowedAsync(edges, scene.Staying, run.Report, "of others than the user who left");
    }

    private static async Task<Scene> PrepareAsync(ScenarioRun run, string folder, int tenants)
    {
        await using var local = LocalFabric.Open(folder);
        await local.MakeKeysAsync(folder);
        var map = new DelegationMap(local.Operator);
        await (await map.FoundAsync(Home)).SettleAsync(0, Stayer + 1 + Rehearsals);
        var (leaving, staying) = (await map.OpenAsync(Home, Leaver, 1), await map.OpenAsync(Home, Stayer, 2));
        var dying = new List<(string Tenant, IReadOnlyList<EdgeCall> Calls)> { (Home, await map.CallsAsync(leaving, 1, CredentialsEach)) };
        var alive = await map.CallsAsync(staying, 2, CredentialsEach);
        using var stage = run.Log.Begin($"hand a user's task on to agents of {tenants} tenants", tenants - 1);
        for (var i = 1; i < tenants; i++)
        {
            // The front agent hands on to the back agent within the partner: the last hop's tenant never heard of the user.
            var partner = $"partner-{i:d3}";
            _ = await map.FoundAsync(partner);
            await map.HireAsync(partner, "front");
            await map.HireAsync(partner, "back");
            _ = await map.TrustAsync(Home, partner);
            dying.Add((partner, await HandOnAsync(map, leaving, partner, 1)));
            alive.AddRange(await HandOnAsync(map, staying, partner, 2));
            alive.AddRange(await map.CallsAsync(await map.OpenOwnAsync(partner, "back", 3), 3, 1));
            stage.Advance();
        }

        var key = await local.Operator.MakeApiKeyAsync(new MakeApiKey("tenant_admin", "partner", dying[^1].Tenant)).Need("make a key");
        return new Scene(dying, alive, key.Secret);
    }

    private static async Task<List<EdgeCall>> HandOnAsync(DelegationMap map, string session, string partner, int customer)
    {
        var front = await map.DelegateAsync(session, partner, "front", customer);
        var back = await map.DelegateAsync(front, partner, "back", customer);
        return [.. await map.CallsAsync(front, customer, CredentialsEach / 2), .. await map.CallsAsync(back, customer, CredentialsEach / 2)];
    }

    // INVARIANT T1: relied on here; a partner works for the user, and cannot end it.
    private static async Task IntrudeAsync(ScenarioRun run, SiloProcess silo, string secret)
    {
        using var partner = silo.Client(secret);
        var tried = await partner.OffboardUserAsync(Home, Town.User(Stayer), new EndNode("not mine"));
        if (tried.IsOk || tried.Rejection.Code != Codes.NotFound)
        {
            run.Report.Broken($"T1: a partner that tried to offboard a user of `{Home}` was answered `{(tried.IsOk ? tried.Value.State : tried.Rejection.Code)}` instead of `{Codes.NotFound}`");
        }
    }

    private static async Task<(long SentNs, long ConfirmedNs)> OffboardAsync(ScenarioRun run, FabricHttpClient client)
    {
        // A host and edges that have done it before, as those of a running system have: users who had nothing leave first.
        for (var i = 1; i <= Rehearsals; i++)
        {
            _ = await client.OffboardUserAsync(Home, Town.User(Stayer + i), new EndNode("rehearsal", "confirmed", 30_000)).Need("rehearse");
        }

        var sentNs = Clock.NowNs;
        var receipt = await client.OffboardUserAsync(Home, Town.User(Leaver), new EndNode("left the company", "confirmed", 30_000)).Need("offboard the user");
        var confirmedNs = Clock.NowNs;
        if (receipt.State != "confirmed")
        {
            throw new LoadException($"the offboarding's receipt is `{receipt.State}` after 30 s");
        }

        run.Report.Add("drill.offboard.confirmed_ms", Clock.Ms(sentNs, confirmedNs), "ms");
        run.Report.Add("drill.offboard.accepted_to_confirmed_ms", receipt.ConfirmedAfterMs ?? double.NaN, "ms");
        return (sentNs, confirmedNs);
    }

    private async Task JudgeAsync(ScenarioRun run, WatchedEdges watched, Scene scene, long sentNs, long confirmedNs)
    {
        var report = run.Report;
        var names = scene.ByTenant.Select(each => each.Tenant).ToList();
        var lastNs = await watched.AssertDeadAsync(names, confirmedNs, "the offboarding");
        await watched.AssertAliveAsync([Stays], confirmedNs, "are not the user's who left");
        var sights = await watched.SeenAsync();
        var silent = sights.SelectMany(sight => names.Where(name => sight.Groups[name].Denied == 0).Select(name => $"{sight.Edge}, {name}")).ToList();
        if (silent.Count > 0)
        {
            report.Broken($"R1: {silent.Count} tenants' calls were never denied, e.g. {silent[0]}");
            return;
        }

        var firsts = sights.SelectMany(sight => names.Select(name => Clock.Ms(sentNs, sight.Groups[name].FirstDeniedNs))).ToList();
        report.Add("drill.offboard.tenants", names.Count, "tenants");
        report.Add("drill.offboard.credentials", scene.ByTenant.Sum(each => each.Calls.Count), "credentials");
        report.Add("drill.offboard.last_allow_ms", Clock.Ms(sentNs, lastNs), "ms");
        report.Add("drill.offboard.first_tenant_denied_ms", firsts.Min(), "ms");
        report.Add("drill.offboard.last_tenant_denied_ms", firsts.Max(), "ms");
        report.Add("drill.offboard.latest_check_ms", sights.Max(sight => sight.LateMaxNs) / 1e6, "ms");
        report.Note($"one command in `{Home}`; each partner's first agent had handed the task on to a second one; each edge checks {PerSecond:N0} times a second from a schedule, a tenant every {1000.0 * (names.Count + 1) / PerSecond:0.##} ms: a tenant's first denial may be noticed so much after it could have been");
        Plots =
        [
            new Plot("The first denial of each tenant's calls", "tenant", "ms since the command", [.. sights.Take(Plot.LinesMax).Select(sight => new PlotLine(
                sight.Edge, [.. names.Select((name, i) => ((double)i, Clock.Ms(sentNs, sight.Groups[name].FirstDeniedNs)))], IsDots: true))])
            {
                Caption = $"Tenant 0 is the user's own. All of them are dead by the one record of the user; confirmed after {Clock.Ms(sentNs, confirmedNs):0.0} ms.",
            },
        ];
    }

    private sealed record Scene(IReadOnlyList<(string Tenant, IReadOnlyList<EdgeCall> Calls)> ByTenant, IReadOnlyList<EdgeCall> Staying, string PartnerSecret)
    {
        public override string ToString() => nameof(Scene);
    }
}
