using Fabric.LoadTests.Drills.Reports;
using Fabric.LoadTests.Measure;
using Fabric.LoadTests.Scenarios;

namespace Fabric.LoadTests.Model;

/// <summary>What becomes of the paper's answer when a part that could not be validated is another than assumed: each by itself.</summary>
internal sealed class ModelSensitivity(ModelNetwork calm, SmallModel small, int perSecond)
{
    private const int Revocations = 100;

    // The 99th percentile of links that are longer in the tail alone, as a multiple of their median.
    private const double HeavyTail = 5;

    private readonly (string Name, string Told, ModelNetwork Network)[] _changes =
    [
        ("as_assumed", "as assumed", calm),
        ("links_twice", "links twice as long", calm with { Near = calm.Near.Times(2), Far = calm.Far.Times(2) }),
        ("links_heavy", $"links with the same median and a 99th percentile of {HeavyTail} times that", calm with { Near = calm.Near.WithP99(HeavyTail), Far = calm.Far.WithP99(HeavyTail) }),
        ("commit_tenfold", "commits ten times as long, as a replicated database's may be", calm with { Commit = calm.Commit.Times(10) }),
        ("round_tail", "rounds with a tail past what was measured: log-normal by the measured median and 99th percentile", calm with { Round = Delay.LogNormal(Samples.Median(small.RoundMs), Samples.Percentile(small.RoundMs, 99)) }),
        ("round_tenfold", "rounds ten times as long, as at edges that are busy themselves", calm with { Round = calm.Round.Times(10) }),
        ("push_tenfold", "a push and an acknowledgement ten times as dear to a silo", calm with { Costs = calm.Costs with { Push = 10 * calm.Costs.Push, Ack = 10 * calm.Costs.Ack } }),
    ];

    /// <summary>Simulates each; adds metrics and notes, and returns the curves.</summary>
    public async Task<Plot> AddAsync(ScenarioRun run)
    {
        var curves = new List<PlotLine>();
        using var stage = run.Log.Begin($"change each part that was not validated, {Revocations} revocations each", 1);
        var outcomes = await Simulation.RunAllAsync(_changes.Select(each => each.Network), new ModelLoad(Revocations, perSecond), run.Options.Seed, run.Cancellation);
        foreach (var ((name, told, _), outcome) in _changes.Zip(outcomes))
        {
            var confirmed = outcome.ConfirmedMs;
            run.Report.Add($"model.changed.{name}.confirmed_p50_ms", Samples.Median(confirmed), "ms");
            run.Report.Add($"model.changed.{name}.confirmed_p99_ms", Samples.Percentile(confirmed, 99), "ms");
            run.Report.Note($"changed, {name}: {told}");
            curves.Add(ModelValidation.Curve(name, confirmed));
        }

        return new Plot("When a part is another than assumed (simulated)", "one in so many takes longer", "ms until confirmed", curves) { IsLogAcross = true, IsLogUp = true };
    }
}
