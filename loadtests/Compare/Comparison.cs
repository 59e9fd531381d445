using Fabric.LoadTests.Compare.Pairs;
using Fabric.LoadTests.Compare.Sides;
using Fabric.LoadTests.Measure;
using Fabric.LoadTests.Scenarios;

namespace Fabric.LoadTests.Compare;

/// <summary>One run: Fabric's sides, and the pairs that were measured so far.</summary>
internal sealed class Comparison(ScenarioRun run, FabricSides fabric)
{
    private const int LatencyTurns = 5;

    private readonly List<PairResult> _results = [];

    /// <summary>Fabric's sides, each started when it is first asked for.</summary>
    public FabricSides Fabric => fabric;

    /// <summary>The run.</summary>
    public ScenarioRun Run => run;

    /// <summary>The pairs, in the order of their measurement.</summary>
    public IReadOnlyList<PairResult> Results => _results;

    /// <summary>Runs something, and returns how long it took and the processor time of both.</summary>
    public static async Task<(double Seconds, double ClientCpu, double ServerCpu)> TimedAsync(Func<double> serverCpu, Func<Task> work)
    {
        // The server's first: to read it costs this process some of its own.
        var server = serverCpu();
        var (client, fromNs) = (ProcessTimes.OwnSeconds, Clock.NowNs);
        await work();
        var seconds = Clock.Ms(fromNs, Clock.NowNs) / 1e3;
        client = ProcessTimes.OwnSeconds - client;
        return (seconds, client, serverCpu() - server);
    }

    /// <summary>Measures a pair and takes it into the report: its ratio, and from where to where the rounds went.</summary>
    public async Task PairAsync(PairSpec spec, Func<Task<SideRound>> fabricSide, Func<Task<SideRound>> peerSide, Scheduled? scheduled = null, int warmUps = 1)
    {
        using var stage = run.Log.Begin($"{spec.Name}: {spec.FabricWork} | {spec.PeerWork}", 1);
        var runner = new PairRunner(CalibrationLoop.Measure, MachineLoad.Read, NoiseRule.Default, Say);
        var result = await runner.RunAsync(spec, fabricSide, peerSide, warmUps);
        if (scheduled is not null)
        {
            result = result with { Latencies = await LatenciesAsync(scheduled) };
        }

        _results.Add(result);
        run.Report.Add(spec.Name, result.Ratio, "times");
        run.Report.Add($"{spec.Name}.low", result.Ratios.Min(), "times");
        run.Report.Add($"{spec.Name}.high", result.Ratios.Max(), "times");
        run.Report.Add($"{spec.Name}.fabric", result.Values.Fabric, spec.Unit);
        run.Report.Add($"{spec.Name}.peer", result.Values.Peer, spec.Unit);
        if (result.Contaminated > 0)
        {
            Say($"{spec.Name}: {result.Contaminated} of {result.Rounds.Count} rounds are contaminated, and {result.Repeated} repeats did not help");
        }
    }

    private void Say(string text)
    {
        run.Log.Note(text);
        run.Report.Note(text);
    }

    // A B A B here too: a second of each in turn.
    private static async Task<(LatencyRecorder Fabric, LatencyRecorder Peer, int PerSecond)> LatenciesAsync(Scheduled scheduled)
    {
        var (fabric, peer, loop) = (new LatencyRecorder(), new LatencyRecorder(), OpenLoop.OfMachine());
        for (var turn = 0; turn < LatencyTurns; turn++)
        {
            fabric.Merge(await Task.Run(() => loop.RunAsync(scheduled.PerSecond, scheduled.PerSecond, scheduled.Fabric)));
            peer.Merge(await Task.Run(() => loop.RunAsync(scheduled.PerSecond, scheduled.PerSecond, scheduled.Peer)));
        }

        return (fabric, peer, scheduled.PerSecond);
    }

    /// <summary>One operation of each side, for latencies from a schedule.</summary>
    internal sealed record Scheduled(int PerSecond, Func<int, ValueTask> Fabric, Func<int, ValueTask> Peer);
}
