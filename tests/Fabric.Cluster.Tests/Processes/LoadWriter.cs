using Fabric.Client.Http;
using Fabric.Contracts.Common;
using Fabric.Contracts.Credentials;
using Fabric.Contracts.Revocations;
using Fabric.Contracts.Sessions;
using Fabric.Core.Common;

namespace Fabric.Cluster.Tests.Processes;

/// <summary>
/// One who opens, issues and revokes without end, one command after the other, in a tenant of its own: so it knows of everything that it made whether it must live or be dead.
/// What its calls do not acknowledge it asks for again, at another silo.
/// </summary>
internal sealed class LoadWriter(ClusterLoad load, string tenant, int seed)
{
    private const int UsersCount = 2;
    private const int AgentsCount = 3;
    private const int SessionsMax = 24;

    // Revocations whose receipts are waited for at one time.
    private const int WaitsMax = 12;

    private static readonly ScopeDto[] Scopes = [new("mail", "send", "*")];

    private readonly Random _random = new(seed);
    private readonly List<Task> _waiting = [];
    private readonly List<LoadSession> _sessions = [];
    private LoadNode _tenant = new(new NodeDto("tenant", tenant));
    private LoadNode[] _users = [];
    private LoadNode[] _agents = [];
    private readonly Dictionary<FabricHttpClient, ulong> _known = [];
    private ulong _floor;
    private int _waits;
    private int _named;
    private long _done;

    /// <summary>Commands that were acknowledged.</summary>
    internal long Done => Volatile.Read(ref _done);

    /// <summary>Revocations whose receipts have not said `confirmed` yet.</summary>
    internal int Waits => Volatile.Read(ref _waits);

    internal string Tenant => tenant;

    // What one silo has made, another one knows some milliseconds later.
    internal async Task SettleAsync(SiloProcess at)
    {
        await load.CallAsync(_random, silo => silo.CreateTenantAsync(new(tenant)), at: at);
        for (var i = 0; i < UsersCount; i++)
        {
            var name = $"user{i}";
            await load.CallAsync(_random, silo => silo.CreateUserAsync(tenant, new(name)), at: at);
            _users = [.. _users, new LoadNode(new NodeDto("user", tenant, name))];
        }

        for (var i = 0; i < AgentsCount; i++)
        {
            var name = $"agent{i}";
            await load.CallAsync(_random, silo => silo.CreateAgentAsync(tenant, new(name, "shared", Scopes, _users[0].Name.Id, ReviewAt: DateTimeOffset.UtcNow.AddDays(30))), at: at);
            _agents = [.. _agents, new LoadNode(new NodeDto("agent", tenant, name))];
        }

        await load.KnownAsync(tenant, _agents[^1].Name.Id!);
    }

    /// <summary>Goes on until it is stopped, and ends between two commands; throws what is broken.</summary>
    internal async Task RunAsync(TimeSpan every, CancellationToken stop)
    {
        using var timer = new PeriodicTimer(every);
        while (await LoadEdge.TicksAsync(timer, stop))
        {
            await StepAsync();
            Interlocked.Increment(ref _done);
        }
    }

    /// <summary>Completes once all of its revocations are confirmed.</summary>
    internal Task DrainAsync() => Task.WhenAll(_waiting);

    private Task StepAsync()
    {
        _sessions.RemoveAll(session => !session.IsUntouched);
        if (_sessions.Count < 3)
        {
            return OpenAsync();
        }

        var chance = _random.Next(100);
        if (chance < 68 || Waits >= WaitsMax)
        {
            return chance < 18 && _sessions.Count < SessionsMax ? OpenAsync() : chance < 24 && _sessions.Count < SessionsMax ? DelegateAsync() : IssueAsync();
        }

        return chance switch
        {
            < 82 => RevokeCredentialsAsync(),
            < 94 => RevokeSessionAsync(),
            < 97 => RevokeAsync(_users, _random.Next(UsersCount)),
            < 99 => RevokeAsync(_agents, _random.Next(AgentsCount)),
            _ => RevokeTenantAsync(),
        };
    }

    private LoadSession Any() => _sessions[_random.Next(_sessions.Count)];

    private async Task OpenAsync()
    {
        var (agent, user) = (_agents[_random.Next(AgentsCount)], _users[_random.Next(UsersCount)]);
        var opened = await load.CallAsync(
            _random, silo => LivesAsync(silo, () => silo.OpenSessionAsync(tenant, new OpenSession(agent.Name.Id!, "send mail", Scopes, user.Name.Id))));
        Add(new LoadSession(opened.Id, agent.Name.Id!, [_tenant, user, agent, new LoadNode(new NodeDto("session", tenant, opened.Id))]));
    }

    private async Task DelegateAsync()
    {
        var parent = Any();
        if (Array.Find(_agents, one => !Array.Exists(parent.Lineage, node => node.Name == one.Name)) is not { } agent)
        {
            await OpenAsync();
            return;
        }

        var opened = await load.CallAsync(_random, silo => LivesAsync(silo, () => silo.DelegateSessionAsync(parent.Id, new DelegateSession(agent.Name.Id!, "send mail", Scopes))));
        Add(new LoadSession(opened.Id, agent.Name.Id!, [.. parent.Lineage, agent, new LoadNode(new NodeDto("session", tenant, opened.Id))]));
    }

    // A silo that does not know of the newest generation yet opens a session that is dead when it is born.
    private async ValueTask<Outcome<SessionInfo>> LivesAsync(FabricHttpClient silo, Func<ValueTask<Outcome<SessionInfo>>> open)
    {
        if (_floor > _known.GetValueOrDefault(silo))
        {
            var receipt = await silo.GetReceiptAsync(_floor);
            if (!receipt.IsOk)
            {
                return receipt.Rejection.Code == Codes.NotFound ? new Rejection(Codes.StorageUnavailable, "silo", "it is behind its caller") : receipt.Rejection;
            }

            _known[silo] = _floor;
        }

        return await open();
    }

    private void Add(LoadSession session)
    {
        _sessions.Add(session);
        load.Ledger.Add(session);
    }

    private async Task IssueAsync()
    {
        var (session, count) = (Any(), _random.Next(1, 4));
        var issued = await load.CallAsync(_random, silo => silo.IssueCredentialsAsync(session.Id, new IssueCredentials(count)));
        foreach (var one in issued.Credentials)
        {
            var token = new LoadToken(one.Id, one.Token, [.. session.Lineage, new LoadNode(new NodeDto("credential", tenant, one.Id))]);
            foreach (var node in session.Lineage.Append(token.Own))
            {
                node.Tokens.Enqueue(token);
            }

            session.Issue();
            load.Ledger.Add(token);
        }
    }

    private async Task RevokeCredentialsAsync()
    {
        var own = Any().Own.Tokens.Where(token => token.IsUntouched).Take(_random.Next(1, 4)).Select(token => token.Own).ToArray();
        await (own.Length == 0 ? IssueAsync() : RevokeAsync(new RevokeRequest(Tenant: tenant, Credentials: [.. own.Select(node => node.Name.Id!)]), own));
    }

    private Task RevokeSessionAsync()
    {
        var session = Any();
        return RevokeAsync(new RevokeRequest(session.Own.Name), session.Own);
    }

    // Named, since a generation that is raised twice would kill what is issued in between.
    private async Task RevokeAsync(LoadNode[] nodes, int at)
    {
        await RevokeAsync(new RevokeRequest(nodes[at].Name, IdempotencyKey: $"{tenant}-{_named++}"), nodes[at]);
        nodes[at] = new LoadNode(nodes[at].Name);
    }

    private async Task RevokeTenantAsync()
    {
        await RevokeAsync(new RevokeRequest(_tenant.Name, IdempotencyKey: $"{tenant}-{_named++}"), _tenant);
        _tenant = new LoadNode(_tenant.Name);
    }

    // Answers once it is durable, since what is issued afterwards must live; its confirmation is waited for beside all else.
    private async Task RevokeAsync(RevokeRequest request, params LoadNode[] nodes)
    {
        foreach (var node in nodes)
        {
            node.Asked();
        }

        var patient = request with { Wait = "confirmed", TimeoutMs = 5_000 };
        var receipt = await StoredAsync(new Random(_random.Next()), _random.Next(2) == 0 ? request : patient with { TimeoutMs = 500 });
        load.Ledger.Accepted(nodes, receipt.Revision);
        _floor = request.IdempotencyKey is null ? _floor : receipt.Revision;
        Interlocked.Increment(ref _waits);
        _waiting.RemoveAll(one => one.IsCompletedSuccessfully);
        _waiting.Add(load.KeepAsync(() => ConfirmAsync(new Random(_random.Next()), patient, receipt, nodes)));
    }

    private async Task<Receipt> StoredAsync(Random random, RevokeRequest request)
    {
        using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(25));
        while (true)
        {
            var receipt = await load.CallAsync(random, silo => silo.RevokeAsync(request));
            if (receipt.Durable)
            {
                return receipt;
            }

            // Denied, and not durable yet: the same request tells when it is.
            load.Note("partial, not durable");
            await timer.WaitForNextTickAsync(load.Broken);
        }
    }

    private async Task ConfirmAsync(Random random, RevokeRequest request, Receipt receipt, LoadNode[] nodes)
    {
        var revision = receipt.Revision;
        while (receipt.State != "confirmed")
        {
            receipt = await StoredAsync(random, request);
            if (receipt.Revision != revision)
            {
                throw new LoadException($"R5: the same request was answered with revision {revision} and then with {receipt.Revision}: {string.Join(", ", nodes.Select(node => node.Name))}");
            }
        }

        load.Ledger.Confirmed(nodes, revision);
        Interlocked.Decrement(ref _waits);

        // INVARIANT R1: at this very moment, at every enforcement point and silo.
        await load.LookEverywhereAsync(random, [.. nodes.SelectMany(node => node.Tokens.Take(3)).Take(6)]);
    }
}
