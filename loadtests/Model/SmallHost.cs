using Fabric.Client.Http;
using Fabric.Contracts.Revocations;
using Fabric.LoadTests.Measure;
using Fabric.LoadTests.Processes;
using Fabric.LoadTests.Reports;
using Fabric.LoadTests.Scenarios;

namespace Fabric.LoadTests.Model;

/// <summary>A durable host with edges in processes of their own, which join and leave, and credentials to be revoked one after the other.</summary>
internal sealed class SmallHost : IAsyncDisposable
{
    private const int WarmUps = 5;

    // What the machine does by itself beside a load is looked at for so long.
    private static readonly TimeSpan Window = TimeSpan.FromMilliseconds(150);

    private readonly List<EdgeProcess> _edges = [];
    private readonly JournalGauge _gauge;
    private readonly Queue<(string Id, EdgeCall Call)> _credentials;
    private int _joined;

    private SmallHost(SiloProcess silo, IEnumerable<(string Id, EdgeCall Call)> credentials)
    {
        (Silo, Client, _gauge, _credentials) = (silo, silo.Client(), new JournalGauge(silo), new Queue<(string Id, EdgeCall Call)>(credentials));
    }

    /// <summary>The host.</summary>
    public SiloProcess Silo { get; }

    /// <summary>The operator's client.</summary>
    public FabricHttpClient Client { get; }

    /// <summary>Credentials that <see cref="VisitAsync"/> uses up for so many revocations.</summary>
    public static int CredentialsFor(int turns) => turns + WarmUps;

    /// <summary>Starts the host over a folder, and so many edges. <paramref name="settings"/>: environment variables of all of them.</summary>
    public static async Task<SmallHost> StartAsync(
        ScenarioRun run, string folder, int edges, IReadOnlyDictionary<string, string> settings, IEnumerable<(string Id, EdgeCall Call)> credentials)
    {
        var host = new SmallHost(await SiloProcess.StartAsync(folder, run.Cancellation, settings: settings), credentials);
        try
        {
            for (; host._joined < edges; host._joined++)
            {
                host._edges.Add(await EdgeProcess.StartAsync($"edge-{host._joined + 1}", host.Silo.Address, host.Silo.EdgeKey, run.Cancellation, settings));
            }

            return host;
        }
        catch
        {
            await host.DisposeAsync();
            throw;
        }
    }

    /// <summary>Lets as many edges follow as a set-up has, and the others leave. Returns those that follow.</summary>
    public async Task<EdgeFleet> ArrangeAsync(int edges, CancellationToken cancellation)
    {
        for (; _joined < edges; _joined++)
        {
            _ = await _edges[_joined].SendAsync(EdgeOps.Join);
            await _edges[_joined].WaitReadyAsync(cancellation);
        }

        for (; _joined > edges; _joined--)
        {
            _ = await _edges[_joined - 1].SendAsync(EdgeOps.Leave);
        }

        return new EdgeFleet([.. _edges.Take(edges)]);
    }

    /// <summary>Cores that the host, the edges that follow and this process keep busy while nothing is revoked.</summary>
    public async Task<double> BusyAsync(EdgeFleet edges, CancellationToken cancellation)
    {
        double Sum() => RunTime.Ns(Silo.ProcessId) + RunTime.Ns(Environment.ProcessId) + edges.Edges.Sum(edge => RunTime.Ns(edge.ProcessId));
        var (fromNs, from) = (Clock.NowNs, Sum());
        await Task.Delay(Window, cancellation);
        return Math.Max(0, Sum() - from) / (Clock.NowNs - fromNs);
    }

    /// <summary>
    /// Revokes so many credentials, one after the other, each until it is confirmed; what the edges say before and after is held against R5 and R1.
    /// <paramref name="isGauged"/>: the host is asked for its commit after each, which costs it about as much as a revocation.
    /// </summary>
    public async Task<(IReadOnlyList<MeasuredTurn> Turns, Spent Spent)> VisitAsync(EdgeFleet edges, int round, int turns, bool isGauged, RunReport report)
    {
        var mine = Enumerable.Range(0, CredentialsFor(turns)).Select(_ => _credentials.Dequeue()).ToList();
        var calls = mine.ConvertAll(one => one.Call);
        _ = await R1.AssertAllowedAsync(edges, calls, report, "before its revocation");
        var taken = new List<(ulong Revision, long SentNs, MeasuredTurn Turn)>();
        var before = default(Spent);
        for (var i = 0; i < mine.Count; i++)
        {
            before = i == WarmUps ? await Spent.ReadAsync(Silo, edges) : before;
            taken.Add(await RevokeAsync(mine[i].Id, round, isGauged));
        }

        var spent = (await Spent.ReadAsync(Silo, edges)) - before;
        var marks = (await edges.SendAsync(EdgeOps.Applied)).Select(reply => FirstAt(reply.Applied!)).ToList();
        _ = await R1.AssertDeniedAsync(edges, calls, report, "the revocation of a credential was confirmed");
        return ([.. taken.Skip(WarmUps).Select(one => one.Turn with
        {
            AppliedMs = [.. marks.Where(each => each.ContainsKey(one.Revision)).Select(each => Clock.Ms(one.SentNs, each[one.Revision])).Order()],
        })], spent);
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        Client.Dispose();
        _gauge.Dispose();
        await new EdgeFleet(_edges).DisposeAsync();
        await Silo.DisposeAsync();
    }

    private async Task<(ulong Revision, long SentNs, MeasuredTurn Turn)> RevokeAsync(string id, int round, bool isGauged)
    {
        var sentNs = Clock.NowNs;
        var receipt = await Client.RevokeAsync(
            new RevokeRequest(Tenant: MeasuredRun.Tenant, Credentials: [id], Reason: "load test", Wait: "confirmed", TimeoutMs: 10_000)).Need("revoke");
        var totalMs = Clock.Ms(sentNs, Clock.NowNs);
        if (receipt.State != "confirmed" || receipt.ConfirmedAfterMs is not { } hostMs)
        {
            throw new LoadException($"a receipt is `{receipt.State}` after 10 s");
        }

        var commitMs = isGauged ? await _gauge.LastCommitMsAsync() : double.NaN;
        return (receipt.Revision, sentNs, new MeasuredTurn(round, totalMs, hostMs, commitMs, []));
    }

    // An edge says a revision again when something else of its view has changed.
    private static Dictionary<ulong, long> FirstAt(IReadOnlyList<AppliedMark> marks) => marks.GroupBy(mark => mark.Revision).ToDictionary(each => each.Key, each => each.Min(mark => mark.AtNs));

    /// <summary>What the processes have used: processor time of the host and of all edges in nanoseconds, and pauses of the edges' garbage collections in milliseconds.</summary>
    internal readonly record struct Spent(double HostNs, double EdgesNs, double EdgesGcMs)
    {
        public static Spent operator +(Spent one, Spent other) => new(one.HostNs + other.HostNs, one.EdgesNs + other.EdgesNs, one.EdgesGcMs + other.EdgesGcMs);

        // Threads that have ended meanwhile are not counted any more.
        public static Spent operator -(Spent one, Spent before) => new(
            Math.Max(0, one.HostNs - before.HostNs), Math.Max(0, one.EdgesNs - before.EdgesNs), Math.Max(0, one.EdgesGcMs - before.EdgesGcMs));

        public static async Task<Spent> ReadAsync(SiloProcess silo, EdgeFleet edges) => new(
            RunTime.Ns(silo.ProcessId), edges.Edges.Sum(edge => RunTime.Ns(edge.ProcessId)), (await Task.WhenAll(edges.Edges.Select(edge => edge.StateAsync()))).Sum(state => state.GcPausedMs));
    }
}
