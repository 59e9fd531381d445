using System.Collections.Concurrent;
using Fabric.Contracts.Common;
using Fabric.Contracts.Revocations;
using Fabric.Contracts.Sessions;
using Fabric.LoadTests.Measure;
using Fabric.LoadTests.Processes;
using Fabric.LoadTests.Reports;

namespace Fabric.LoadTests.Scenarios;

/// <summary>What simulated agents do, what became of it, and what must hold afterwards. Any thread.</summary>
internal sealed class AgentWorld(IReadOnlyList<Town> towns, EdgeFleet edges, RunReport report, int agents)
{
    private const int CallsPerCheck = 3;

    private readonly ConcurrentDictionary<int, ConcurrentQueue<AgentTask>> _byUser = new();
    private readonly ConcurrentDictionary<string, int> _refusals = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<int, (int Running, long EndedNs)> _storming = new();
    private readonly LatencyRecorder _confirmed = new();
    private long _sessions, _checks, _allowed, _delegations, _ended, _storms, _asserted, _stale;

    /// <summary>How many agents there are.</summary>
    public int Agents => agents;

    /// <summary>Opens a session of an agent and issues a credential.</summary>
    public async Task<AgentTask> OpenAsync(int agent, int customer)
    {
        var askedNs = Clock.NowNs;
        var session = await TownOf(agent).OpenAsync(agent, customer);
        var credential = await TownOf(agent).IssueAsync(session, 1);
        Interlocked.Increment(ref _sessions);
        var task = new AgentTask(agent, session, customer, askedNs, [credential[0].Token]);
        _byUser.GetOrAdd(agent, _ => []).Enqueue(task);
        return task;
    }

    /// <summary>Checks calls of a task at one edge; a denial must have a revocation that was asked for before.</summary>
    public async Task CheckAsync(AgentTask task, Random random)
    {
        var edge = edges.Edges[random.Next(edges.Edges.Count)];
        var confirmedNs = Volatile.Read(ref task.ConfirmedNs);
        var calls = task.Calls(CallsPerCheck, random.Next(1_000));
        var reply = await edge.SendAsync(EdgeOps.Check, calls: calls);
        Interlocked.Add(ref _checks, calls.Count);
        Interlocked.Add(ref _allowed, reply.Allowed);
        if (confirmedNs != 0 && reply.Allowed > 0)
        {
            report.Broken($"R1: {edge.Name} allowed {reply.Allowed} calls of a task whose revocation was confirmed before");
        }

        Interlocked.Add(ref _stale, reply.Codes?.Count(R1.IsPassing) ?? 0);

        // A storm that came while the task was being opened may have hit it or not.
        var code = reply.Codes?.FirstOrDefault(each => each.Length > 0 && !R1.IsPassing(each));
        if (code is not null && Volatile.Read(ref task.AskedEndNs) == 0
            && _storming.GetValueOrDefault(task.Agent) is { Running: 0 } storm && storm.EndedNs < task.OpenedNs)
        {
            report.Broken($"R5: {edge.Name} denied {reply.Denied} calls of a live task with `{code}`");
        }
    }

    /// <summary>Hands a narrower part of a task to a helper; its calls end with the task's.</summary>
    public async Task DelegateAsync(AgentTask task, Random random)
    {
        var helper = Town.Helper(random.Next(Town.Helpers));
        var command = new DelegateSession(helper, $"help with {task.Customer}", [new ScopeDto("crm.get", "call", $"customer/{task.Customer}")]);
        var session = await TownOf(task.Agent).Fabric.DelegateSessionAsync(task.Session, command).Need("delegate");
        var credential = await TownOf(task.Agent).IssueAsync(session.Id, 1);
        Interlocked.Increment(ref _delegations);
        var part = new AgentTask(task.Agent, session.Id, task.Customer, task.OpenedNs, [credential[0].Token]) { IsReadOnly = true };
        task.Parts.Enqueue(part);
        if (Volatile.Read(ref task.AskedEndNs) != 0)
        {
            part.AskEnd();
        }

        await CheckAsync(part, random);
    }

    /// <summary>Completes or revokes a task, waits until that is confirmed, and tries all of its calls at every edge.</summary>
    public async Task EndAsync(AgentTask task, bool complete)
    {
        var all = task.WithParts();
        all.ForEach(each => each.AskEnd());
        var (town, sentNs) = (TownOf(task.Agent), Clock.NowNs);
        var receipt = complete
            ? await town.Fabric.CompleteSessionAsync(task.Session).Need("complete")
            : await town.Fabric.RevokeAsync(new RevokeRequest(new NodeDto("session", town.Tenant, task.Session), Reason: "load test", Wait: "confirmed")).Need("revoke a session");
        if (receipt.State != "confirmed")
        {
            receipt = await town.Fabric.GetReceiptAsync(receipt.Revision, "confirmed", 30_000).Need("wait for a receipt");
        }

        Interlocked.Increment(ref _ended);
        await AssertAsync(receipt, all, sentNs, "a session was ended");
    }

    /// <summary>Revokes everything that was issued under a user so far, waits until that is confirmed, and tries all of its calls at every edge.</summary>
    public async Task RevokeUserAsync(int user)
    {
        _storming.AddOrUpdate(user, (1, 0), (_, storm) => (storm.Running + 1, storm.EndedNs));
        try
        {
            var tasks = _byUser.TryGetValue(user, out var known) ? known.ToList() : [];
            var all = tasks.SelectMany(each => each.WithParts()).Distinct().ToList();
            all.ForEach(each => each.AskEnd());
            var (town, sentNs) = (TownOf(user), Clock.NowNs);
            var receipt = await town.Fabric.RevokeAsync(new RevokeRequest(
                new NodeDto("user", town.Tenant, Town.User(user)), Mode: "generation", Reason: "storm", Wait: "confirmed", TimeoutMs: 30_000)).Need("revoke a user");
            Interlocked.Increment(ref _storms);
            await AssertAsync(receipt, all, sentNs, "a user was revoked");
        }
        catch (LoadException fault)
        {
            Refused(fault.Message);
        }
        finally
        {
            _storming.AddOrUpdate(user, default((int, long)), (_, storm) => (storm.Running - 1, Clock.NowNs));
        }
    }

    /// <summary>Counts a refusal: of a step under something that was revoked meanwhile, that is how it must be.</summary>
    public void Refused(string message) => _refusals.AddOrUpdate(message.Split(':')[0] + ":" + Code(message), 1, (_, count) => count + 1);

    // An agent stays with one host: what that has answered it finds there at once.
    private Town TownOf(int agent) => towns[agent % towns.Count];

    /// <summary>Puts the counts into the report.</summary>
    public void Report(TimeSpan time)
    {
        report.Add("agents.agents", agents, "agents");
        report.Add("agents.sessions", _sessions, "sessions");
        report.Add("agents.sessions_rate", _sessions / time.TotalSeconds, "sessions/s");
        report.Add("agents.checks", _checks, "calls");
        report.Add("agents.allowed", _allowed, "calls");
        report.Add("agents.denied_as_stale", _stale, "calls");
        report.Add("agents.delegations", _delegations, "sessions");
        report.Add("agents.ended", _ended, "sessions");
        report.Add("agents.users_revoked", _storms, "users");
        report.Add("agents.asserted_denied", _asserted, "checks");
        report.Add("agents.confirmed_p50_ms", _confirmed.PercentileMs(50), "ms");
        report.Add("agents.confirmed_p99_ms", _confirmed.PercentileMs(99), "ms");
        report.Note($"refusals on the way: {(_refusals.IsEmpty ? "none" : string.Join(", ", _refusals.Select(each => $"{each.Value} x {each.Key}")))}");
    }

    private static string Code(string message) => message.Split(' ', ':').FirstOrDefault(word => word.Contains('.', StringComparison.Ordinal)) ?? "";

    private async Task AssertAsync(Receipt receipt, List<AgentTask> tasks, long sentNs, string what)
    {
        var now = Clock.NowNs;
        lock (_confirmed)
        {
            _confirmed.RecordNs(now - sentNs);
        }

        if (receipt.State != "confirmed")
        {
            report.Broken($"a receipt is `{receipt.State}` after 30 s: {what}");
            return;
        }

        tasks.ForEach(each => Volatile.Write(ref each.ConfirmedNs, now));
        var calls = tasks.TakeLast(16).SelectMany(each => each.Calls(1, 1)).ToList();
        if (calls.Count > 0)
        {
            Interlocked.Add(ref _asserted, calls.Count * edges.Edges.Count);
            _ = await R1.AssertDeniedAsync(edges, calls, report, what);
        }
    }
}
