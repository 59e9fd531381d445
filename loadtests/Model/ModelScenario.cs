using Fabric.LoadTests.Drills;
using Fabric.LoadTests.Drills.Reports;
using Fabric.LoadTests.Scenarios;

namespace Fabric.LoadTests.Model;

/// <summary>
/// A fabric on paper scale, simulated: fed from small real runs in the same command, held against other set-ups of them which it has not seen, and then asked what nobody can measure
/// on one machine.
/// </summary>
internal sealed class ModelScenario(ModelAsk ask) : IDrill
{
    public string Name => "model";

    public string Description => $"{ask.Edges:N0} edges, {ask.Silos:N0} silos, {ask.Regions} regions, {ask.Credentials:N0} live credentials, simulated; fed from small measured runs and held against others";

    public IReadOnlyList<Plot> Plots { get; private set; } = [];

    public async Task RunAsync(ScenarioRun run)
    {
        var revocations = Math.Max(50, run.CountOr(300));
        run.Report.Note($"seed {run.Options.Seed}");
        var paper = new PaperFabric(ask);
        paper.Check();
        var measured = await MeasuredRun.RunAsync(run, revocations);
        var plots = new List<Plot>();
        SmallModel small;
        using (run.Log.Begin("fit the share that needs a core, and hold the model against the other set-ups", 1))
        {
            small = SmallModel.Of(measured, run.Options.Seed);
            plots.AddRange(ModelValidation.Add(run.Report, measured, small, run.Options.Seed));
        }

        plots.AddRange(await paper.SimulateAsync(run, measured, small, revocations));
        Plots = plots;
    }
}
