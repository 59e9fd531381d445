using Fabric.Core.Common;
using Fabric.Core.Leases;
using Fabric.Engine.Feed;
using Fabric.LoadTests.Drills;
using Fabric.LoadTests.Drills.Reports;
using Fabric.LoadTests.Measure;
using Fabric.LoadTests.Scenarios;

namespace Fabric.LoadTests.Model;

/// <summary>
/// A fabric on paper scale, simulated: fed from a small real run in the same command, held against a part of that run which it was not fed with, and then asked what nobody can measure
/// on one machine.
/// </summary>
internal sealed class ModelScenario(ModelAsk ask) : IDrill
{
    private const int SimulatedSmall = 2_000;

    // A silo's machine on paper.
    private const int SiloCores = 8;

    // Assumed, not measured: messages within a region and between regions, one way, median and 99th percentile.
    private const double NearMs = 0.5;
    private const double NearP99Ms = 2;
    private const double FarMs = 70;
    private const double FarP99Ms = 120;

    public string Name => "model";

    public string Description => $"{ask.Edges:N0} edges, {ask.Silos:N0} silos, {ask.Regions} regions, {ask.Credentials:N0} live credentials, simulated; fed from a small measured run and held against it";

    public IReadOnlyList<Plot> Plots { get; private set; } = [];

    public async Task RunAsync(ScenarioRun run)
    {
        var revocations = Math.Max(50, run.CountOr(300));
        run.Report.Note($"seed {run.Options.Seed}");
        var measured = await MeasuredRun.RunAsync(run, revocations);
        SmallModel small;
        using (run.Log.Begin("fit the time from process to process", 1))
        {
            small = SmallModel.Of(measured, run.Options.Seed);
        }

        var plots = new List<Plot> { Validate(run, measured, small) };
        plots.AddRange(Simulate(run, measured, small, revocations));
        Plots = plots;
    }

    private static Plot Validate(ScenarioRun run, MeasuredRun measured, SmallModel small)
    {
        var held = measured.With(MeasuredRun.EdgeCounts[^1]);
        var simulated = Simulation.Run(small.Network(held.Edges), new ModelLoad(SimulatedSmall), run.Options.Seed).ConfirmedMs;
        foreach (var percent in (double[])[50, 90, 99])
        {
            var (real, model) = (Samples.Percentile(held.ConfirmedMs, percent), Samples.Percentile(simulated, percent));
            run.Report.Add($"model.validation.p{percent}_measured_ms", real, "ms");
            run.Report.Add($"model.validation.p{percent}_simulated_ms", model, "ms");
            run.Report.Add($"model.validation.p{percent}_error", 100 * HopFit.ErrorOf(model, real), "%");
        }

        run.Report.Add("model.fitted_hop_median_ms", small.Hop.MedianMs, "ms");
        run.Report.Add("model.fitted_hop_p99_ms", small.Hop.P99Ms, "ms");
        var costs = small.Costs;
        run.Report.Note($"measured processor time, us: a revocation at the host {costs.Request / 1e3:0.#}, push and acknowledgement {(costs.Push + costs.Ack) / 1e3:0.#} for each edge, at an edge {costs.Apply / 1e3:0.#}; a renewal is taken for as dear as a push and an acknowledgement");
        run.Report.Note($"fed from the measured runs with {string.Join(", ", MeasuredRun.EdgeCounts.SkipLast(1))} edges; held against the one with {held.Edges}, which it has not seen; one machine's cores are shared by all of them, in the model too");
        return new Plot($"Held against a real run: {held.Edges} edges on this machine", "one in so many takes longer", "ms until confirmed",
            [Curve("measured", held.ConfirmedMs), Curve("simulated", simulated), .. MeasuredRun.EdgeCounts.SkipLast(1).Select(edges => Curve($"measured, {edges} edges (fed)", measured.With(edges).ConfirmedMs))])
        {
            IsLogAcross = true, IsLogUp = true,
        };
    }

    private IEnumerable<Plot> Simulate(ScenarioRun run, MeasuredRun measured, SmallModel small, int revocations)
    {
        var calm = new ModelNetwork(ask.Regions, ask.Silos, ask.Edges, small.Costs)
        {
            Cores = SiloCores, Commit = small.Commit, Caller = Delay.LogNormal(NearMs, NearP99Ms), Near = Delay.LogNormal(NearMs, NearP99Ms), Far = Delay.LogNormal(FarMs, FarP99Ms),
            PushesAfterCommit = true, RunOut = LeaseTerms.RunOutAfter(ClassBounds.ReadMax),
        };
        if (calm.Fault() is { } fault)
        {
            throw new LoadException(fault);
        }

        (string Name, string Told, ModelNetwork Network)[] runs =
        [
            ("calm", "nothing lost", calm),
            ("lossy", $"{ask.Loss:0.####%} of messages lost at each try", calm with { Loss = ask.Loss }),
            ("cut", "an edge a region cut off, until reads are closed", calm with { CutEdges = Math.Min(ask.Edges, ask.Regions) }),
            ("cut_write", "the same, until writes are closed", calm with { CutEdges = Math.Min(ask.Edges, ask.Regions), RunOut = LeaseTerms.RunOutAfter(ClassBounds.WriteMax) }),
        ];
        var curves = new List<PlotLine>();
        using (var stage = run.Log.Begin($"simulate {revocations} revocations, {runs.Length} times", runs.Length))
        {
            foreach (var (name, told, network) in runs)
            {
                run.Cancellation.ThrowIfCancellationRequested();
                var outcome = Simulation.Run(network, new ModelLoad(revocations, ask.PerSecond), run.Options.Seed);
                foreach (var percent in (double[])[50, 99])
                {
                    run.Report.Add($"model.{name}.confirmed_p{percent}_ms", Samples.Percentile(outcome.ConfirmedMs, percent), "ms");
                }

                run.Report.Add($"model.{name}.confirmed_max_ms", outcome.ConfirmedMs.Max(), "ms");
                run.Report.Add($"model.{name}.denied_p50_ms", Samples.Median(outcome.DeniedMs), "ms");
                run.Report.Note($"{name}: {told}; {outcome.Events:N0} events, {outcome.Seconds:0.#} s simulated, the order's silo {outcome.OwnerBusy:0.0%} busy");
                curves.Add(Curve(told, outcome.ConfirmedMs));
                stage.Advance();
            }
        }

        return
        [
            new Plot($"{ask.Edges:N0} edges, {ask.Silos:N0} silos, {ask.Regions} regions: until confirmed (simulated)", "one in so many takes longer", "ms until confirmed", curves)
            {
                IsLogAcross = true, IsLogUp = true,
                Caption = $"{ask.PerSecond:N0} revocations a second. Assumed one way: {NearMs} ms within a region (p99 {NearP99Ms} ms), {FarMs} ms between regions (p99 {FarP99Ms} ms).",
            },
            Limit(run, measured, calm),
        ];
    }

    private Plot Limit(ScenarioRun run, MeasuredRun measured, ModelNetwork network)
    {
        var signNs = run.Report.Machine.Es256SignUs * 1e3;
        var demand = new ModelDemand(ask.Credentials, TimeSpan.FromSeconds(ask.LifetimeSeconds))
        {
            SignNs = signNs, OrderNs = Math.Max(0, measured.IssueNs - signNs), RecordBytes = WireSizes.Record, RenewalBytes = WireSizes.Renewal, IndexBytes = measured.IndexBytes,
            IndexRecordsMax = Limits.IndexRecordsMax, ConnectionsMax = new FeedHubOptions().ConnectionsMax, SilosMax = RelayTable.RelaysMax,
        };
        var limits = demand.Limits(network, ask.PerSecond);
        var report = run.Report;
        report.Add("model.edge_feed_kbit", demand.FeedBits(network, ask.PerSecond) / 1e3, "kbit/s");
        report.Add("model.edge_index_mb", demand.EdgeBytes(ask.PerSecond) / 1e6, "MB");
        report.Add("model.issued_rate", demand.IssuedPerSecond, "credentials/s");
        report.Add("model.first_limit_used", 100 * limits[0].UsedAt(ask.PerSecond), "%");
        var growing = limits.Where(limit => double.IsFinite(limit.RevocationsMax) && limit.Fixed < 1).MinBy(limit => limit.RevocationsMax);
        report.Add("model.revocations_rate_max", growing?.RevocationsMax ?? double.NaN, "revocations/s");
        report.Note($"the first limit at {ask.PerSecond} revocations a second: {limits[0].Name}, {limits[0].UsedAt(ask.PerSecond):0.0%} in use{(limits[0].UsedAt(ask.PerSecond) > 1 ? ": it cannot be carried" : "")}; of what revocations use, {growing?.Name} ends first, at {growing?.RevocationsMax:N0} a second");
        foreach (var limit in limits)
        {
            report.Note($"in use at {ask.PerSecond} revocations a second: {limit.UsedAt(ask.PerSecond):0.000%} of the {limit.Name}{(double.IsFinite(limit.RevocationsMax) && limit.Fixed < 1 ? $" (all at {limit.RevocationsMax:N0} a second)" : "")}");
        }

        report.Note($"rows of issued credentials: the processor time of the one-process engine's journal ({demand.OrderNs / 1e3:0.#} us each, one writer) stands for the cluster's database, which is not measured here");
        report.Note($"an edge keeps nothing of live credentials, only what was revoked, for at most {ask.LifetimeSeconds} s: {measured.IndexBytes:0.#} bytes a record; its verified tokens and its runtime come on top");
        report.Note($"a silo has {SiloCores} cores and {demand.LinkBits / 1e9:0} Gbit/s on paper; records go one by one, where the product puts those that wait into one frame; not simulated: edges that come and go, the order's move, a silo that is cut off");
        var rates = Enumerable.Range(0, 41).Select(i => Math.Pow(10, i / 10.0)).ToList();
        return new Plot("What is in use, by revocations a second", "revocations a second", "% in use",
            [.. limits.Take(Plot.LinesMax).Select(limit => new PlotLine(limit.Name, [.. rates.Select(rate => (rate, 100 * limit.UsedAt(rate)))]))])
        {
            IsLogAcross = true, IsLogUp = true, Marks = [new PlotMark("asked", ask.PerSecond)], Caption = "At 100 % nothing is left. Level lines are what live credentials and edges use without any revocation.",
        };
    }

    private static PlotLine Curve(string name, IReadOnlyList<double> samples) => new(name, [.. Enumerable.Range(0, 60)
        .Select(i => Math.Pow(10, i / 12.0)).TakeWhile(left => left <= samples.Count)
        .Select(left => (left, Samples.Percentile(samples, 100 - (100 / left))))]);
}
