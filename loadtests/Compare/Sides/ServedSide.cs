using System.Text;
using System.Text.Json;
using Fabric.Client.Http;
using Fabric.Contracts;
using Fabric.Contracts.Checks;
using Fabric.Contracts.Common;
using Fabric.Contracts.Credentials;
using Fabric.Contracts.Revocations;
using Fabric.LoadTests.Compare.Pairs;
using Fabric.LoadTests.Measure;
using Fabric.LoadTests.Processes;
using Fabric.LoadTests.Scenarios;

namespace Fabric.LoadTests.Compare.Sides;

/// <summary>The durable embedded host in a process of its own, and ten edges in processes of their own where a pair needs them.</summary>
internal sealed class ServedSide : IAsyncDisposable
{
    /// <summary>Connections, each with one request at a time.</summary>
    public const int Connections = 64;

    /// <summary>Edges that confirm a revocation.</summary>
    public const int EdgeCount = 10;

    /// <summary>Revocations of single credentials in a round.</summary>
    public const int RevocationsPerRound = 20;

    private const int TreeSession = 1_000;
    private const string Tenant = "acme";

    // The agent that is a client at the OAuth endpoints.
    private const string Desk = "desk";

    // What a proxy asks about becomes a call that the sessions allow.
    private static readonly Dictionary<string, string> Rules = new(StringComparer.Ordinal)
    {
        ["Fabric__ExtAuthz__Rules__0__Path"] = "/fabric/customer/{id}",
        ["Fabric__ExtAuthz__Rules__0__Tool"] = "crm.get",
        ["Fabric__ExtAuthz__Rules__0__Action"] = "call",
        ["Fabric__ExtAuthz__Rules__0__Resource"] = "customer/{id}",
        ["Fabric__ExtAuthz__Rules__0__Class"] = "read",
    };

    private readonly ScenarioRun _run;
    private readonly TempFolder _folder;
    private readonly SiloProcess _silo;
    private readonly FabricHttpClient _client;
    private readonly IReadOnlyList<string> _sessions;
    private readonly IReadOnlyList<EdgeCall> _calls;
    private readonly OAuthClient _oauth;
    private EdgeFleet? _edges;
    private OAuthToken[]? _introspected;

    private ServedSide(ScenarioRun run, TempFolder folder, SiloProcess silo, IReadOnlyList<string> sessions, IReadOnlyList<EdgeCall> calls, string secret)
    {
        (_run, _folder, _silo, _sessions, _calls, _client) = (run, folder, silo, sessions, calls, silo.Client());
        _oauth = new OAuthClient(silo.Address, $"/tenants/{Tenant}/oauth/", Desk, secret);
    }

    /// <summary>Where the host listens.</summary>
    public Uri Address => _silo.Address;

    /// <summary>The operator's key.</summary>
    public string Key => _silo.OperatorKey;

    /// <summary>Processor time of the host.</summary>
    public double CpuSeconds => ProcessTimes.TreeSeconds(_silo.ProcessId);

    /// <summary>Sets up in this process, then starts the host over the same folder. <paramref name="trees"/>: users above so many credentials, in their order after the first users.</summary>
    public static async Task<ServedSide> StartAsync(ScenarioRun run, IReadOnlyList<int> trees)
    {
        var folder = new TempFolder(run.Options.KeepData);
        var (sessions, calls, secret) = (new string[Connections], new EdgeCall[Connections], "");
        await using (var local = LocalFabric.Open(folder.Path))
        {
            await local.MakeKeysAsync(folder.Path);
            var town = await Town.FoundAsync(local.Operator, Tenant);
            await town.SettleAsync(0, Connections + trees.Count);
            secret = await town.HireAsync(Desk);
            await Swarm.ForAsync(Connections, Town.Callers, async i =>
            {
                sessions[i] = await town.OpenAsync(i, i);
                calls[i] = Town.CallOf((await town.IssueAsync(sessions[i], 1))[0].Token, i, i);
            });
            for (var i = 0; i < trees.Count; i++)
            {
                await GrowAsync(run, town, Connections + i, trees[i]);
            }
        }

        return new ServedSide(run, folder, await SiloProcess.StartAsync(folder.Path, run.Cancellation, settings: Rules), sessions, calls, secret);
    }

    /// <summary>Starts the edges, once.</summary>
    public async Task StartEdgesAsync()
    {
        if (_edges is null)
        {
            using var stage = _run.Log.Begin($"start {EdgeCount} edges", 1);
            _edges = await EdgeProcess.StartFleetAsync(EdgeCount, _silo.Address, _silo.EdgeKey, _run.Cancellation);
        }
    }

    /// <summary>Issues a credential a request, each answered once it is on disk.</summary>
    public Task<SideRound> IssueRoundAsync() => HttpRound.RunAsync(
        Address, [.. _sessions.Select(session => HttpLoad.Post(Address, $"/v1/sessions/{session}/credentials", Key, """{"count":1}"""))], 201, () => CpuSeconds, _run.Cancellation);

    /// <summary>A client credentials grant a request: the client opens a session with each, answered once both are on disk.</summary>
    public Task<SideRound> OpeningTokenRoundAsync() => TokenRoundAsync("grant_type=client_credentials&scope=docs.search");

    /// <summary>A client credentials grant a request, of a session that the client has opened before and names, answered once it is on disk.</summary>
    public async Task<SideRound> NamingTokenRoundAsync() => await TokenRoundAsync($"grant_type=client_credentials&session={(await TokenAsync()).Session}");

    /// <summary>An introspection a request (RFC 7662), of tokens that stand.</summary>
    public async Task<SideRound> IntrospectRoundAsync()
    {
        _introspected ??= await Task.WhenAll(Enumerable.Range(0, Connections).Select(_ => TokenAsync()));
        var round = await HttpRound.RunAsync(
            Address, [.. _introspected.Select(token => _oauth.Post("introspect", $"token={token.Text}"))], 200, () => CpuSeconds, _run.Cancellation);
        await _oauth.NeedActiveAsync("introspect", _introspected[^1].Text, active: true);
        return round;
    }

    /// <summary>A check over HTTP, decided by the host itself.</summary>
    public Task<SideRound> CheckRoundAsync() =>
        HttpRound.RunAsync(Address, [.. _calls.Select(call => HttpLoad.Post(Address, "/v1/check", Key, BodyOf(call)))], 200, () => CpuSeconds, _run.Cancellation);

    /// <summary>Requests of agents for what stands behind a proxy, each with its own token. <paramref name="folder"/>: the first segment of the path.</summary>
    public IReadOnlyList<byte[]> GuardedRequests(Uri proxy, string folder) =>
        [.. _calls.Select((call, i) => Encoding.ASCII.GetBytes($"GET {folder}/customer/{i} HTTP/1.1\r\nHost: {proxy.Authority}\r\nAuthorization: Bearer {call.Token}\r\n\r\n"))];

    /// <summary>The body of one such check.</summary>
    public string CheckBody(int i) => BodyOf(_calls[i % _calls.Count]);

    /// <summary>What the host answers to it.</summary>
    public async Task<CheckAnswer> CheckAsync(int i) => await _client.CheckAsync(RequestOf(_calls[i % _calls.Count])).Need("check");

    /// <summary>Revokes credentials one after the other, each over HTTP until the last edge has confirmed; what edges allow before and after is asserted.</summary>
    public async Task<SideRound> RevokeRoundAsync()
    {
        var issued = (await _client.IssueCredentialsAsync(_sessions[0], new IssueCredentials(RevocationsPerRound)).Need("issue")).Credentials;
        var calls = issued.Select((one, i) => Town.CallOf(one.Token, 0, i)).ToList();
        _ = await R1.AssertAllowedAsync(_edges!, calls, _run.Report, "before its revocation");
        var times = new List<double>();
        var (server, client) = (CpuSeconds, ProcessTimes.OwnSeconds);
        foreach (var one in issued)
        {
            times.Add(await RevokeAsync(new RevokeRequest(Tenant: Tenant, Credentials: [one.Id], Reason: "load test", Wait: "confirmed", TimeoutMs: 10_000)));
        }

        var round = SideRound.MedianMs(times, ProcessTimes.OwnSeconds - client, CpuSeconds - server);
        _ = await R1.AssertDeniedAsync(_edges!, calls, _run.Report, "the revocation of a credential was confirmed");
        return round;
    }

    /// <summary>
    /// Revokes all that is under a tree's user, until the last edge has confirmed. Credentials that are issued under it for each round, beside all that were before, are
    /// asserted to be allowed before and denied after at every edge.
    /// </summary>
    public async Task<SideRound> CascadeRoundAsync(int tree)
    {
        var user = Connections + tree;
        var session = (await _client.OpenSessionAsync(Tenant, Town.Task(user, user)).Need("open a session")).Id;
        var issued = (await _client.IssueCredentialsAsync(session, new IssueCredentials(3)).Need("issue")).Credentials;
        var calls = issued.Select((one, i) => Town.CallOf(one.Token, user, i)).ToList();
        _ = await R1.AssertAllowedAsync(_edges!, calls, _run.Report, "before a user was revoked");
        var (server, client) = (CpuSeconds, ProcessTimes.OwnSeconds);
        var took = await RevokeAsync(new RevokeRequest(
            new NodeDto("user", Tenant, Town.User(user)), Mode: "generation", Reason: "load test", Wait: "confirmed", TimeoutMs: 10_000));
        var round = SideRound.MedianMs([took], ProcessTimes.OwnSeconds - client, CpuSeconds - server);
        _ = await R1.AssertDeniedAsync(_edges!, calls, _run.Report, "the revocation of their user was confirmed");
        return round;
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        _client.Dispose();
        _oauth.Dispose();
        if (_edges is not null)
        {
            await _edges.DisposeAsync();
        }

        await _silo.DisposeAsync();
        _folder.Dispose();
    }

    private Task<SideRound> TokenRoundAsync(string form) =>
        HttpRound.RunAsync(Address, [.. Enumerable.Repeat(_oauth.Post("token", form), Connections)], 200, () => CpuSeconds, _run.Cancellation);

    // Of a session that outlives the comparison.
    private Task<OAuthToken> TokenAsync() => _oauth.TokenAsync(KeyValuePair.Create("scope", "docs.search"), KeyValuePair.Create("session_lifetime", "36000"));

    private static CheckRequest RequestOf(EdgeCall call) => new(call.Token, call.Tool, call.Action, call.Resource, call.Class);

    private static string BodyOf(EdgeCall call) =>
        JsonSerializer.Serialize(RequestOf(call), FabricJson.Default.CheckRequest);

    private static async Task GrowAsync(ScenarioRun run, Town town, int user, int count)
    {
        using var stage = run.Log.Begin($"issue {count:N0} credentials under one user", count);
        await Swarm.ForAsync((count + TreeSession - 1) / TreeSession, Town.Callers, async i =>
        {
            var part = Math.Min(TreeSession, count - (i * TreeSession));
            _ = await town.IssueAsync(await town.OpenAsync(user, i), part);
            stage.Advance(part);
        });
    }

    private async Task<double> RevokeAsync(RevokeRequest request)
    {
        var sentNs = Clock.NowNs;
        var receipt = await _client.RevokeAsync(request).Need("revoke");
        var took = Clock.Ms(sentNs, Clock.NowNs);
        if (receipt.State != "confirmed")
        {
            _run.Report.Broken($"a receipt is `{receipt.State}` after {request.TimeoutMs} ms");
        }

        return took;
    }
}
