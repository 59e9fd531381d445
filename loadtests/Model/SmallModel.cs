using Fabric.LoadTests.Measure;

namespace Fabric.LoadTests.Model;

/// <summary>
/// The model of the small runs: each part drawn from its measured values, and one number that was fitted, the share of a round that needs a core. The parts come from calm set-ups with 1
/// and 3 edges, processor time from those with 0, 1 and 3; of loaded ones it knows how busy the load by itself keeps the cores, and no revocation.
/// </summary>
/// <param name="RestMs">Measured values of <see cref="ModelNetwork.Rest"/>.</param>
/// <param name="CommitMs">Measured values of a durable commit.</param>
/// <param name="RoundMs">Measured values of one edge's round.</param>
/// <param name="CoreShare">The share of rest and rounds that needs a core: fitted.</param>
/// <param name="Busy">Cores that the load keeps busy, by the number of edges: a line through what was measured.</param>
/// <param name="Costs">Processor time of each step in all, for what a processor can carry.</param>
internal sealed record SmallModel(
    IReadOnlyList<double> RestMs, IReadOnlyList<double> CommitMs, IReadOnlyList<double> RoundMs, double CoreShare, LineFit Busy, UnitCosts Costs)
{
    // Past that nothing of the machine is left to the revocations, and a share of it says nothing any more.
    private const double BusyShareMax = 0.9;

    /// <summary>The set-up that the share is fitted with: the largest that the model is fed from.</summary>
    private static int FittedWith => MeasuredRun.Fed[^1];

    /// <summary>Takes it from the measured set-ups that it is to be fed from, and from no other.</summary>
    public static SmallModel Of(MeasuredRun measured, int seed)
    {
        var calm = MeasuredRun.Fed.Select(edges => measured.With(edges)).ToList();

        // Not without any edge: commits were seen to take longer there than beside edges, perhaps since an idle machine sleeps deeper between two of them.
        var gauged = calm.Where(setup => setup.Setup.Edges > 0).SelectMany(setup => setup.Turns).Where(turn => !double.IsNaN(turn.CommitMs)).ToList();

        // What each further edge costs the host; noise may say that it costs nothing, and never less than that.
        var exchange = (long)Math.Max(0, LineFit.Of([.. calm.Select(setup => ((double)setup.Setup.Edges, setup.HostNs))]).Slope);
        var apply = (long)calm.Where(setup => setup.Setup.Edges > 0).Average(setup => setup.EdgeNs);
        var model = new SmallModel(
            [.. gauged.Select(turn => turn.RestMs)], [.. gauged.Select(turn => turn.CommitMs)], [.. measured.With(1).Turns.Select(turn => turn.HostMs)], 0,
            LineFit.Of([.. MeasuredRun.Fed.Select(edges => ((double)edges, measured.With(edges, isLoaded: true).BusyCores))]),
            new UnitCosts((long)calm[0].HostNs, exchange / 2, exchange - (exchange / 2), apply, exchange));
        var share = ShareFit.Find(
            each => (model with { CoreShare = each }).Network(new SmallSetup(FittedWith, IsLoaded: false)), [.. measured.With(FittedWith).Turns.Select(turn => turn.HostMs)], seed);
        return model with { CoreShare = share };
    }

    /// <summary>How many times as long what needs a core takes beside the load.</summary>
    public double Slowdown(SmallSetup setup) =>
        setup.IsLoaded ? 1 / (1 - Math.Clamp(Busy.At(setup.Edges) / Environment.ProcessorCount, 0, BusyShareMax)) : 1;

    /// <summary>A small run's set-up. Its push and acknowledgement are in the rounds already.</summary>
    public ModelNetwork Network(SmallSetup setup) => new(1, 1, setup.Edges, new UnitCosts(0, 0, 0, 0, 0))
    {
        IsOneMachine = true, Cores = Environment.ProcessorCount, Rest = Delay.Of(RestMs), Commit = Delay.Of(CommitMs), Round = Delay.Of(RoundMs), CoreShare = CoreShare,
        Slowdown = Slowdown(setup),
    };
}
