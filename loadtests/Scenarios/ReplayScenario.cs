using Fabric.Client.Http;
using Fabric.Contracts.Agents;
using Fabric.Contracts.Common;
using Fabric.Contracts.Credentials;
using Fabric.Contracts.Keys;
using Fabric.Contracts.Revocations;
using Fabric.Contracts.Sessions;
using Fabric.Contracts.Tenants;
using Fabric.Contracts.Users;
using Fabric.LoadTests.Measure;
using Fabric.LoadTests.Processes;

namespace Fabric.LoadTests.Scenarios;

/// <summary>
/// Real agent runs: each becomes a session that is requested and approved, with the least scope its calls need; every call is checked at a remote
/// edge; one user in ten is offboarded in mid-run, and not one call may pass after the receipt says confirmed.
/// </summary>
internal sealed class ReplayScenario : IScenario
{
    private const string Tenant = "airline";
    private const int RunsAtOnce = 32;

    public string Name => "replay";

    public string Description => "agent runs of a trace: approved sessions, every call checked, one user in ten offboarded in mid-run (--trace FILE; --silos N: a cluster)";

    public async Task RunAsync(ScenarioRun run)
    {
        var trace = TraceReader.ReadFile(run.Options.Trace ?? throw new LoadException("name the trace with --trace FILE"));
        using var folder = new TempFolder(run.Options.KeepData);
        await using var served = await ServedFabric.StartAsync(run, folder.Path);
        var clients = served.Clients();
        var fabric = clients[0];
        var tenant = new CreateTenant(Tenant);
        _ = await fabric.CreateTenantAsync(tenant).Need("create the tenant");
        var approverKey = await fabric.MakeApiKeyAsync(new MakeApiKey("approver", "desk", Tenant)).Need("make the approver's key");
        var edgeKey = await fabric.MakeApiKeyAsync(new MakeApiKey("enforcement_point", "tools", Tenant)).Need("make the edge's key");
        var approvers = served.Clients(approverKey.Secret);
        var edges = new List<EdgeProcess>();
        foreach (var address in served.Addresses)
        {
            edges.Add(await EdgeProcess.StartAsync($"tools-{edges.Count + 1}", address, edgeKey.Secret, run.Cancellation));
        }

        await using var fleet = new EdgeFleet(edges);
        var users = await SettleAsync(fabric, trace, run.Options.Seed);
        var sessions = await OpenAllAsync(run, clients, approvers, trace);
        var count = await CheckAllAsync(run, clients, fleet, users, sessions);
        Report(run, trace, users, count, edges.Count);
        Array.ForEach([.. clients, .. approvers], client => client.Dispose());
    }

    private static async Task<Dictionary<string, ReplayUser>> SettleAsync(FabricHttpClient fabric, List<TraceRun> trace, int seed)
    {
        var users = trace.GroupBy(each => each.User, StringComparer.Ordinal)
            .ToDictionary(group => group.Key, group => new ReplayUser(group.Key, group.Sum(each => each.Calls.Count)), StringComparer.Ordinal);
        var random = new Random(seed);
        foreach (var user in users.Values.Where(each => each.Calls > 1).OrderBy(_ => random.Next()).Take(Math.Max(1, users.Count / 10)))
        {
            user.LeavesAfter = user.Calls / 2;
        }

        foreach (var user in users.Keys)
        {
            _ = await fabric.CreateUserAsync(Tenant, new CreateUser(user)).Need("create a user");
        }

        // A personal agent for each user of each agent kind, as wide as all its runs together.
        foreach (var group in trace.GroupBy(AgentOf, StringComparer.Ordinal))
        {
            var scopes = ScopesOf(group.SelectMany(each => each.Calls).Select(call => call with { Resource = "*" }), isPattern: true);
            _ = await fabric.CreateAgentAsync(Tenant, new CreateAgent(group.Key, "personal", scopes, Owner: group.First().User, RequireApproval: true)).Need("create an agent");
        }

        return users;
    }

    private static async Task<List<ReplaySession>> OpenAllAsync(
        ScenarioRun run, FabricHttpClient[] fabrics, FabricHttpClient[] approvers, List<TraceRun> trace)
    {
        using var stage = run.Log.Begin($"open and approve {trace.Count} sessions", trace.Count);
        var sessions = new ReplaySession[trace.Count];
        await Swarm.ForAsync(trace.Count, RunsAtOnce, async i =>
        {
            var task = new OpenSession(AgentOf(trace[i]), $"run {trace[i].Session}", ScopesOf(trace[i].Calls), RequireApproval: true);
            // At one host the whole of it: what it has answered it knows.
            var (fabric, approver) = (fabrics[i % fabrics.Length], approvers[i % approvers.Length]);
            var requested = await fabric.OpenSessionAsync(Tenant, task).Need("open a session");
            if (requested.Status != "requested")
            {
                run.Report.Broken($"a session that needs an approval was opened as `{requested.Status}`");
            }

            var early = await fabric.IssueCredentialsAsync(requested.Id, new IssueCredentials());
            if (early.IsOk)
            {
                run.Report.Broken("a credential was issued before the session was approved");
            }

            _ = await approver.ApproveSessionAsync(requested.Id, new ApproveSession()).Need("approve a session");
            var issued = await fabric.IssueCredentialsAsync(requested.Id, new IssueCredentials()).Need("issue a credential");
            sessions[i] = new ReplaySession(trace[i], issued.Credentials[0].Token);
            stage.Advance();
        });
        return [.. sessions];
    }

    private static async Task<ReplayCount> CheckAllAsync(
        ScenarioRun run, FabricHttpClient[] fabrics, EdgeFleet edges, Dictionary<string, ReplayUser> users, List<ReplaySession> sessions)
    {
        var count = new ReplayCount();
        using var stage = run.Log.Begin("check every call", sessions.Sum(each => each.Run.Calls.Count));
        await Swarm.ForAsync(sessions.Count, RunsAtOnce, async i =>
        {
            var (trace, token) = sessions[i];
            var (user, edge) = (users[trace.User], edges.Edges[i % edges.Edges.Count]);
            foreach (var call in trace.Calls)
            {
                if (user.CountCall())
                {
                    await OffboardAsync(run, fabrics[i % fabrics.Length], user);
                }

                // INVARIANT R1: a check that begins after this reads a confirmed moment must be denied.
                var confirmedNs = Volatile.Read(ref user.ConfirmedNs);
                var askedNs = Volatile.Read(ref user.AskedNs);
                var reply = await edge.SendAsync(EdgeOps.Check, calls: [new EdgeCall(token, call.Tool, TraceCall.Action, call.Resource, call.Class)]);
                count.Add(reply, confirmedNs, askedNs, Volatile.Read(ref user.AskedNs), call);
                stage.Advance();
            }
        });

        // Every call of everyone who left, once more, at every edge.
        foreach (var (trace, token) in sessions.Where(each => users[each.Run.User].LeavesAfter is not null))
        {
            var calls = trace.Calls.Select(call => new EdgeCall(token, call.Tool, TraceCall.Action, call.Resource, call.Class)).ToList();
            if (calls.Count > 0)
            {
                Array.ForEach(await edges.SendAsync(EdgeOps.Check, calls: calls), count.AddAfterConfirmed);
            }
        }

        return count;
    }

    private static async Task OffboardAsync(ScenarioRun run, FabricHttpClient fabric, ReplayUser user)
    {
        Volatile.Write(ref user.AskedNs, Clock.NowNs);
        var receipt = await fabric.OffboardUserAsync(Tenant, user.Name, new EndNode("left in mid-run", "confirmed", 30_000)).Need("offboard a user");
        var now = Clock.NowNs;
        user.ConfirmMs = Clock.Ms(user.AskedNs, now);
        if (receipt.State == "confirmed")
        {
            Volatile.Write(ref user.ConfirmedNs, now);
        }
        else
        {
            run.Report.Broken($"the receipt of an offboarded user is `{receipt.State}` after 30 s");
        }
    }

    private static void Report(ScenarioRun run, List<TraceRun> trace, Dictionary<string, ReplayUser> users, ReplayCount count, int edges)
    {
        var report = run.Report;
        var left = users.Values.Where(each => each.LeavesAfter is not null).ToList();
        report.Add("replay.allowed_after_confirmed", count.AllowedAfterConfirmed, "calls");
        report.Add("replay.wrongly_denied", count.WronglyDenied, "calls");
        report.Add("replay.runs", trace.Count, "sessions");
        report.Add("replay.calls", trace.Sum(each => each.Calls.Count), "calls");
        report.Add("replay.allowed", count.Allowed, "calls");
        report.Add("replay.denied_after_confirmed", count.DeniedAfterConfirmed, "calls");
        report.Add("replay.denied_while_leaving", count.DeniedWhileLeaving, "calls");
        report.Add("replay.users_offboarded", left.Count, "users");
        report.Add("replay.offboard_max_ms", left.Max(each => each.ConfirmMs), "ms");
        if (count.AllowedAfterConfirmed > 0)
        {
            report.Broken($"R1: {count.AllowedAfterConfirmed} calls were allowed after the offboarding was confirmed");
        }

        if (count.WronglyDenied > 0)
        {
            report.Broken($"{count.WronglyDenied} calls of live sessions were denied: {count.WrongCodes}");
        }

        report.Note($"{RunsAtOnce} runs at once; the users who leave do so after half of their calls, and each of their calls is tried again at the end; checks at {(edges == 1 ? "one remote edge" : $"{edges} remote edges, one a silo")}");
    }

    private static string AgentOf(TraceRun trace)
    {
        var name = $"{trace.Agent}.{trace.User}";
        return name.Length <= 128 ? name : throw new LoadException($"session `{trace.Session}`: agent and user are too long together");
    }

    // The least scope: each tool and resource that is called, and no more.
    private static List<ScopeDto> ScopesOf(IEnumerable<TraceCall> calls, bool isPattern = false)
    {
        var scopes = calls.Distinct()
            .Select(call => new ScopeDto(Literal(call.Tool), TraceCall.Action, isPattern ? call.Resource : Literal(call.Resource), ReadOnly: call.Class == "read"))
            .Distinct().ToList();
        return scopes.Count > 0 ? scopes : [new ScopeDto("none", TraceCall.Action, "none", ReadOnly: true)];
    }

    private static string Literal(string text) => text.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("*", "\\*", StringComparison.Ordinal);

    private sealed record ReplaySession(TraceRun Run, string Token);
}
