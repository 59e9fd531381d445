using Fabric.LoadTests.Measure;

namespace Fabric.LoadTests.Model;

/// <summary>The model of the measured run itself: what was measured, and the one thing that was fitted, how long a message takes from process to process.</summary>
internal sealed record SmallModel(UnitCosts Costs, Delay Commit, double RoundTripMs, double RequestNs, (double MedianMs, double P99Ms) Hop)
{
    /// <summary>Takes it from the phases but the last, which it is to be held against.</summary>
    public static SmallModel Of(MeasuredRun measured, int seed)
    {
        var fed = measured.Phases.SkipLast(1).ToList();
        var alone = measured.With(0);

        // What each further edge costs the host; noise may say that it costs nothing, and never less than that.
        var exchange = (long)Math.Max(0, LineFit.Of([.. fed.Select(phase => ((double)phase.Edges, phase.HostNs))]).Slope);
        var apply = (long)Samples.Median([.. fed.Where(phase => phase.Edges > 0).Select(phase => phase.EdgeNs)]);
        var costs = new UnitCosts((long)alone.HostNs, exchange / 2, exchange - (exchange / 2), apply, exchange);

        // A request that changes nothing has the same way there and back: what is left of a revocation without edges is its own work and its commit.
        var requestNs = Math.Max(0, alone.HostNs - measured.RoundTripNs);
        var commit = Delay.Of([.. alone.ConfirmedMs.Select(ms => ms - measured.RoundTripMs - (requestNs / 1e6))]);
        var model = new SmallModel(costs, commit, measured.RoundTripMs, requestNs, default);
        return model with { Hop = HopFit.Find(model.Network, fed.Where(phase => phase.Edges > 0).ToDictionary(phase => phase.Edges, phase => phase.ConfirmedMs), seed) };
    }

    /// <summary>The measured run with so many edges.</summary>
    public ModelNetwork Network(int edges) => Network(edges, Delay.LogNormal(Hop.MedianMs, Hop.P99Ms));

    private ModelNetwork Network(int edges, Delay hop) => new(1, 1, edges, Costs with { Request = (long)RequestNs })
    {
        IsOneMachine = true, Cores = Environment.ProcessorCount, Caller = Delay.Fixed(RoundTripMs / 2), Commit = Commit, Near = hop,
    };
}
