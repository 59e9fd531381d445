using System.Diagnostics;
using System.Text;
using Fabric.Contracts.Common;
using Fabric.Contracts.Revocations;
using Fabric.Core.Scopes;
using Fabric.LoadTests.Drills.Reports;
using Fabric.LoadTests.Measure;
using Fabric.LoadTests.Processes;
using Fabric.LoadTests.Scenarios;

namespace Fabric.LoadTests.Drills;

/// <summary>Ten times the agents, again and again: what a check, a live session and a revocation cost, and the power of the number of agents that each follows. Engine and edge in this process; or, over the silos of a cluster, one silo and more.</summary>
internal sealed partial class ScaleDrill : IDrill
{
    private const string Tenant = "acme";
    private const int SmallestAgents = 1_000;
    private const int LargestAgents = 1_000_000;
    private const int CheckedTokensMax = 20_000;
    private const int CheckBatches = 200;
    private const int CheckBatchSize = 1_000;
    private const int Revocations = 200;

    public string Name => "scale";

    public string Description => "cost of a check, of a live session and of a revocation at 1k, 10k, 100k and 1M agents (--max): a fitted curve; --silos N: over clusters of 1 to N silos, up to 10k agents";

    public IReadOnlyList<Plot> Plots { get; private set; } = [];

    public async Task RunAsync(ScenarioRun run)
    {
        if (run.Options.Silos is { } silos)
        {
            Task<IReadOnlyList<Plot>>? measuring = null;
            MeasureSilos(run, silos, ref measuring);
            Plots = await (measuring ?? throw new LoadException("this build has no cluster engine: build with FabricEngine=Orleans"));
            return;
        }

        var max = Math.Clamp(run.CountOr(LargestAgents), SmallestAgents, LargestAgents);
        var sizes = new List<ScalePoint>();
        for (var agents = SmallestAgents; agents <= max; agents *= 10)
        {
            run.Cancellation.ThrowIfCancellationRequested();
            sizes.Add(await MeasureAsync(run, agents));
        }

        var plots = new List<Plot>();
        foreach (var (name, unit, value) in new (string, string, Func<ScalePoint, double>)[]
        {
            ("check", "ns", point => point.CheckNs), ("session", "bytes", point => point.SessionBytes), ("revocation", "us", point => point.RevokeUs),
        })
        {
            var points = sizes.Select(point => (X: (double)point.Agents, Y: value(point))).ToList();
            var fit = PowerFit.Of(points);
            sizes.ForEach(point => run.Report.Add($"scale.{name}_{point.Agents}", value(point), unit));
            run.Report.Add($"scale.{name}.exponent", fit.Exponent, "power");
            run.Report.Add($"scale.{name}.exponent_error", fit.ExponentError, "power");
            run.Report.Add($"scale.{name}.r2", fit.R2, "share");
            plots.Add(new Plot($"Cost of a {name}", "agents", unit, [new PlotLine("measured", points, IsDots: true), new PlotLine("fitted", [.. points.Select(point => (point.X, fit.At(point.X)))])])
            {
                IsLogAcross = true, IsLogUp = true, Caption = $"{unit} = {fit.Factor:0.###} * agents ^ {fit.Exponent:0.###}, R² {fit.R2:0.###}",
            });
        }

        run.Report.Note($"each agent has a user, a session and a credential; checks go over {CheckedTokensMax:N0} of the credentials at random, after each was seen once; a revocation is of one session, confirmed by the edge, the median of {Revocations}; exponent 0: the cost does not grow with the agents; where it hardly varies, R² says little");
        Plots = plots;
    }

    // In the build with the cluster engine.
    static partial void MeasureSilos(ScenarioRun run, int silos, ref Task<IReadOnlyList<Plot>>? measuring);

    private static async Task<ScalePoint> MeasureAsync(ScenarioRun run, int agents)
    {
        using var folder = new TempFolder(run.Options.KeepData);
        await using var local = LocalFabric.Open(folder.Path);
        var town = await Town.FoundAsync(local.Operator, Tenant);
        using var stage = run.Log.Begin($"{agents:N0} agents", 3);
        await town.SettleAsync(0, agents);
        stage.Advance();
        var before = Heap();
        var sessions = new string[agents];
        await Swarm.ForAsync(agents, Town.Callers, async i => sessions[i] = await town.OpenAsync(i, i % 500, i));
        var sessionBytes = (Heap() - before) / (double)agents;
        stage.Advance();

        var every = Math.Max(1, agents / CheckedTokensMax);
        var calls = new EdgeCall[agents / every];
        await Swarm.ForAsync(calls.Length, Town.Callers, async i =>
            calls[i] = Town.CallOf((await town.IssueAsync(sessions[i * every], 1))[0].Token, i * every % 500, 0));
        await using var edge = local.MakeEdge(Tenant, 2 * calls.Length);
        var checkNs = Check(edge, calls, run.Options.Seed);
        var revokeUs = await RevokeAsync(run, local, edge, sessions, calls, every);
        stage.Advance();
        return new ScalePoint(agents, checkNs, sessionBytes, revokeUs);
    }

    private static double Check(ICheckingEdge edge, EdgeCall[] calls, int seed)
    {
        (byte[] Token, ToolCall Call)[] presented = [.. calls.Select(call => (Encoding.ASCII.GetBytes(call.Token), HeldCalls.CallOf(call)))];
        var denied = presented.Count(one => !edge.Check(one.Token, one.Call).Allowed);
        if (denied > 0)
        {
            throw new LoadException($"{denied} of {presented.Length} live tokens were denied");
        }

        var (random, times) = (new Random(seed), new double[CheckBatches]);
        for (var batch = 0; batch < CheckBatches; batch++)
        {
            var picks = Enumerable.Range(0, CheckBatchSize).Select(_ => random.Next(presented.Length)).ToArray();
            var watch = Stopwatch.GetTimestamp();
            foreach (var pick in picks)
            {
                ref readonly var one = ref presented[pick];
                denied += edge.Check(one.Token, one.Call).Allowed ? 0 : 1;
            }

            times[batch] = Stopwatch.GetElapsedTime(watch).TotalNanoseconds / CheckBatchSize;
        }

        return denied == 0 ? Samples.Median(times) : throw new LoadException($"{denied} checks of live tokens were denied");
    }

    private static async Task<double> RevokeAsync(ScenarioRun run, LocalFabric local, ICheckingEdge edge, string[] sessions, EdgeCall[] calls, int every)
    {
        var times = new List<double>();
        for (var i = 0; i < Math.Min(Revocations, calls.Length); i++)
        {
            var from = Stopwatch.GetTimestamp();
            var receipt = await local.Operator.RevokeAsync(new RevokeRequest(
                new NodeDto("session", Tenant, sessions[i * every]), Reason: "load test", Wait: "confirmed")).Need("revoke a session");
            times.Add(Stopwatch.GetElapsedTime(from).TotalMicroseconds);
            if (receipt.State != "confirmed")
            {
                throw new LoadException($"a receipt is `{receipt.State}`");
            }

            // INVARIANT R1: relied on here; the check begins after the receipt.
            if (edge.Check(calls[i].Token, HeldCalls.CallOf(calls[i])).Allowed)
            {
                run.Report.Broken("R1: the edge allowed a call of a session whose revocation was confirmed");
            }
        }

        return Samples.Median(times);
    }

    private static long Heap()
    {
        GC.Collect(GC.MaxGeneration, GCCollectionMode.Aggressive, blocking: true, compacting: true);
        GC.WaitForPendingFinalizers();
        return GC.GetTotalMemory(forceFullCollection: true);
    }

    private sealed record ScalePoint(int Agents, double CheckNs, double SessionBytes, double RevokeUs);
}
