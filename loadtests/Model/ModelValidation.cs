using Fabric.LoadTests.Drills.Reports;
using Fabric.LoadTests.Measure;
using Fabric.LoadTests.Reports;

namespace Fabric.LoadTests.Model;

/// <summary>Holds the model of the small runs against set-ups that it was not fed from, and tells where the measured time went.</summary>
internal static class ModelValidation
{
    private const int SimulatedSmall = 4_000;

    private static readonly double[] Percents = [50, 90, 99];

    /// <summary>Adds metrics, notes and plots.</summary>
    public static IEnumerable<Plot> Add(RunReport report, MeasuredRun measured, SmallModel small, int seed)
    {
        TellParts(report, measured);
        report.Add("model.core_share", 100 * small.CoreShare, "%");
        report.Note($"fed: rest and commit as they were measured with {string.Join(" and ", MeasuredRun.Fed.Where(edges => edges > 0))} edges, one edge's round with one, calm; one number fitted, with {MeasuredRun.Fed[^1]} edges: {small.CoreShare:0.00} of a round needs a core. Beside load that share takes longer by what the load keeps busy: {small.Busy.Start:0.00} cores and {small.Busy.Slope:0.00} for each edge, a line through what was measured without any revocation");
        foreach (var isLoaded in (bool[])[false, true])
        {
            var lines = new List<PlotLine>();
            foreach (var edges in MeasuredRun.Held)
            {
                var setup = measured.With(edges, isLoaded);
                var simulated = Simulation.Run(small.Network(setup.Setup), new ModelLoad(SimulatedSmall), seed).ConfirmedMs;
                Hold(report, setup, simulated);
                lines.Add(Curve($"measured, {setup.Setup}", setup.ConfirmedMs));
                lines.Add(Curve($"simulated, {setup.Setup}", simulated));
            }

            yield return new Plot($"Held against real runs on this machine, {(isLoaded ? "beside load" : "calm")}", "one in so many takes longer", "ms until confirmed", lines)
            {
                IsLogAcross = true, IsLogUp = true,
            };
        }

        foreach (var setup in MeasuredRun.Fed.Where(edges => edges > 0).Select(edges => measured.With(edges)))
        {
            var simulated = Simulation.Run(small.Network(setup.Setup), new ModelLoad(SimulatedSmall), seed).ConfirmedMs;
            report.Note($"{setup.Setup} (fed): off by {Told(Percents.Select(percent => ErrorOf(simulated, setup.ConfirmedMs, percent)))} % at p50, p90, p99");
        }
    }

    /// <summary>How far a simulated percentile is from the measured one, in percent of that; below zero: the model is too fast.</summary>
    public static double ErrorOf(IReadOnlyCollection<double> simulated, IReadOnlyCollection<double> measured, double percent) =>
        100 * ((Samples.Percentile(simulated, percent) / Samples.Percentile(measured, percent)) - 1);

    /// <summary>A curve of what one in so many exceeds.</summary>
    public static PlotLine Curve(string name, IReadOnlyList<double> samples) => new(name, [.. Enumerable.Range(0, 60)
        .Select(i => Math.Pow(10, i / 12.0)).TakeWhile(left => left <= samples.Count)
        .Select(left => (left, Samples.Percentile(samples, 100 - (100 / left))))]);

    private static void Hold(RunReport report, MeasuredSetup setup, IReadOnlyList<double> simulated)
    {
        foreach (var percent in Percents)
        {
            var name = $"model.held.{setup.Setup.Key}.p{percent}";
            report.Add($"{name}_measured_ms", Samples.Percentile(setup.ConfirmedMs, percent), "ms");
            report.Add($"{name}_simulated_ms", Samples.Percentile(simulated, percent), "ms");
            report.Add($"{name}_error", ErrorOf(simulated, setup.ConfirmedMs, percent), "%");
        }

        // The yardstick: how far a real run is from a real run of the same. By pairs of rounds, of which one was gauged.
        var (even, odd) = (Half(setup, 0), Half(setup, 1));
        report.Note($"{setup.Setup} (held): of its own rounds every second pair differs from the others by {Told(Percents.Select(percent => ErrorOf(even, odd, percent)))} % at p50, p90, p99");
    }

    private static double[] Half(MeasuredSetup setup, int which) => [.. setup.Turns.Where(turn => turn.Round / 2 % 2 == which).Select(turn => turn.TotalMs)];

    private static void TellParts(RunReport report, MeasuredRun measured)
    {
        var settled = measured.With(MeasuredRun.FreshSetup.Edges, MeasuredRun.FreshSetup.IsLoaded);
        foreach (var percent in Percents)
        {
            report.Add($"model.just_started.p{percent}_ms", Samples.Percentile(measured.Fresh.ConfirmedMs, percent), "ms");
        }

        report.Note($"{MeasuredRun.FreshSetup}, just started: {Told(Percents.Select(percent => Samples.Percentile(measured.Fresh.ConfirmedMs, percent)))} ms at p50, p90, p99, an edge's process {measured.Fresh.EdgeNs / 1e3:0} us of processor time each; settled, with nothing left to compile: {Told(Percents.Select(percent => Samples.Percentile(settled.ConfirmedMs, percent)))} ms, {settled.EdgeNs / 1e3:0} us. The difference is compiling beside, on the same cores");
        report.Note($"others (processes that are not this run's, the hypervisor) took {measured.Others:0.0%} of the machine meanwhile");
        foreach (var setup in measured.Setups)
        {
            var seen = setup.Turns.Where(turn => turn.AppliedMs.Count > 0).ToList();
            var edges = setup.Setup.Edges == 0 ? "" : $"; order to last acknowledgement, beside it, {Of(setup.Turns.Select(turn => turn.HostMs))}; sent to first edge {Of(seen.Select(turn => turn.AppliedMs[0]))}, first to last edge {Of(seen.Select(turn => turn.AppliedMs[^1] - turn.AppliedMs[0]))}; edges' collections paused {setup.EdgeGcMs:0.0} ms in all";
            report.Note($"{setup.Setup}, ms at p50, p90, p99: all {Of(setup.ConfirmedMs)}; durable commit {Of(setup.Turns.Select(turn => turn.CommitMs))}; request, own work and answer {Of(setup.Turns.Select(turn => turn.RestMs))}{edges}");
        }
    }

    private static string Of(IEnumerable<double> samples)
    {
        double[] known = [.. samples.Where(sample => !double.IsNaN(sample))];
        return Told(Percents.Select(percent => Samples.Percentile(known, percent)));
    }

    private static string Told(IEnumerable<double> values) => string.Join(" / ", values.Select(value => Math.Abs(value) < 100 ? $"{value:0.00}" : $"{value:0}"));
}
