using Fabric.Core.Common;
using Fabric.Core.Leases;
using Fabric.Engine.Feed;
using Fabric.LoadTests.Drills.Reports;
using Fabric.LoadTests.Measure;
using Fabric.LoadTests.Scenarios;

namespace Fabric.LoadTests.Model;

/// <summary>The fabric that exists on paper alone: the parts of the small runs, each edge and each silo with a machine of its own, and links as they are assumed.</summary>
internal sealed class PaperFabric(ModelAsk ask)
{
    // A silo's machine on paper.
    private const int SiloCores = 8;

    // Assumed, not measured: messages within a region and between regions, one way, median and 99th percentile.
    private const double NearMs = 0.5;
    private const double NearP99Ms = 2;
    private const double FarMs = 70;
    private const double FarP99Ms = 120;

    /// <summary>Throws <see cref="LoadException"/> when it cannot be simulated.</summary>
    public void Check()
    {
        if (new ModelNetwork(ask.Regions, ask.Silos, ask.Edges, new UnitCosts(0, 0, 0, 0, 0)).Fault() is { } fault)
        {
            throw new LoadException(fault);
        }
    }

    /// <summary>Simulates it, calm, lossy, cut, and with each part that was not validated changed; adds metrics, notes and plots.</summary>
    public async Task<IReadOnlyList<Plot>> SimulateAsync(ScenarioRun run, MeasuredRun measured, SmallModel small, int revocations)
    {
        var calm = Network(small);
        (string Name, string Told, ModelNetwork Network)[] runs =
        [
            ("calm", "nothing lost", calm),
            ("lossy", $"{ask.Loss:0.####%} of messages lost at each try", calm with { Loss = ask.Loss }),
            ("cut", "an edge a region cut off, until reads are closed", calm with { CutEdges = Math.Min(ask.Edges, ask.Regions) }),
            ("cut_write", "the same, until writes are closed", calm with { CutEdges = Math.Min(ask.Edges, ask.Regions), RunOut = LeaseTerms.RunOutAfter(ClassBounds.WriteMax) }),
        ];
        var curves = new List<PlotLine>();
        using (run.Log.Begin($"simulate {revocations} revocations, {runs.Length} times", 1))
        {
            var outcomes = await Simulation.RunAllAsync(runs.Select(each => each.Network), new ModelLoad(revocations, ask.PerSecond), run.Options.Seed, run.Cancellation);
            foreach (var ((name, told, _), outcome) in runs.Zip(outcomes))
            {
                foreach (var percent in (double[])[50, 99])
                {
                    run.Report.Add($"model.{name}.confirmed_p{percent}_ms", Samples.Percentile(outcome.ConfirmedMs, percent), "ms");
                }

                run.Report.Add($"model.{name}.confirmed_max_ms", outcome.ConfirmedMs.Max(), "ms");
                run.Report.Add($"model.{name}.denied_p50_ms", Samples.Median(outcome.DeniedMs), "ms");
                run.Report.Note($"{name}: {told}; {outcome.Events:N0} events, {outcome.Seconds:0.#} s simulated");
                curves.Add(ModelValidation.Curve(told, outcome.ConfirmedMs));
            }
        }

        var changed = await new ModelSensitivity(calm, small, ask.PerSecond).AddAsync(run);
        return
        [
            new Plot($"{ask.Edges:N0} edges, {ask.Silos:N0} silos, {ask.Regions} regions: until confirmed (simulated)", "one in so many takes longer", "ms until confirmed", curves)
            {
                IsLogAcross = true, IsLogUp = true,
                Caption = $"{ask.PerSecond:N0} revocations a second. Assumed one way: {NearMs} ms within a region (p99 {NearP99Ms} ms), {FarMs} ms between regions (p99 {FarP99Ms} ms).",
            },
            changed,
            Limit(run, measured, calm with { Costs = small.Costs }),
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

    // Rest and rounds hold the host's and the edges' own work already; what a silo pays for each follower comes on top.
    private ModelNetwork Network(SmallModel small) => new(ask.Regions, ask.Silos, ask.Edges, small.Costs with { Request = 0, Apply = 0 })
    {
        Cores = SiloCores, Rest = Delay.Of(small.RestMs), Round = Delay.Of(small.RoundMs), CoreShare = small.CoreShare, Commit = Delay.Of(small.CommitMs),
        Caller = Delay.LogNormal(NearMs, NearP99Ms), Near = Delay.LogNormal(NearMs, NearP99Ms), Far = Delay.LogNormal(FarMs, FarP99Ms), PushesAfterCommit = true,
        RunOut = LeaseTerms.RunOutAfter(ClassBounds.ReadMax),
    };
}
