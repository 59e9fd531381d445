namespace Fabric.LoadTests.Model;

/// <summary>
/// What is simulated. Silo 0 owns the order; silo S stands in region S modulo the number of regions, and edge E follows silo E modulo the number of silos, in that silo's region.
/// </summary>
/// <param name="Regions">Regions.</param>
/// <param name="Silos">Silos: one is the host by itself.</param>
/// <param name="Edges">Edges.</param>
/// <param name="Costs">What each step takes of a processor.</param>
internal sealed record ModelNetwork(int Regions, int Silos, int Edges, UnitCosts Costs)
{
    /// <summary>Cores of a machine. A step takes one; steps that find none free wait in their order.</summary>
    public int Cores { get; init; } = 2;

    /// <summary>Whether the host and all edges share one machine's cores, as in a measured run; else each silo and each edge has a machine of its own.</summary>
    public bool IsOneMachine { get; init; }

    /// <summary>From a caller to its silo, one way; and back.</summary>
    public Delay Caller { get; init; } = Delay.Fixed(0);

    /// <summary>What a revocation takes besides its commit and its followers: the request, the host's own work and the answer. Half of it lies before its place in the order, half behind.</summary>
    public Delay Rest { get; init; } = Delay.Fixed(0);

    /// <summary>A follower's round by itself: from the record's place in the order until its acknowledgement is taken in. Links come on top.</summary>
    public Delay Round { get; init; } = Delay.Fixed(0);

    /// <summary>The share of <see cref="Rest"/> and <see cref="Round"/> that needs a core, 0 to 1: where cores are shared, others wait for it. The other share is waiting for nothing but time.</summary>
    public double CoreShare { get; init; }

    /// <summary>How many times as long that share takes since something else is at work on the cores; 1: nothing is.</summary>
    public double Slowdown { get; init; } = 1;

    /// <summary>A durable commit.</summary>
    public Delay Commit { get; init; } = Delay.Fixed(0);

    /// <summary>A message within a region, one way.</summary>
    public Delay Near { get; init; } = Delay.Fixed(0);

    /// <summary>A message from one region to another, one way.</summary>
    public Delay Far { get; init; } = Delay.Fixed(0);

    /// <summary>Whether records are pushed once they are durable, as in a cluster; else beside the commit, as in one process.</summary>
    public bool PushesAfterCommit { get; init; }

    /// <summary>The share of messages that are lost at each try.</summary>
    public double Loss { get; init; }

    /// <summary>How long until a lost message is sent again; each further time takes twice as long.</summary>
    public TimeSpan SentAgainAfter { get; init; } = TimeSpan.FromMilliseconds(200);

    /// <summary>How often an edge renews its lease.</summary>
    public TimeSpan RenewEvery { get; init; } = TimeSpan.FromMilliseconds(250);

    /// <summary>How long after an edge's last renewal has arrived it can allow nothing more of a class, for sure.</summary>
    public TimeSpan RunOut { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>So many edges are cut off from the beginning on: nothing reaches them and nothing comes from them.</summary>
    public int CutEdges { get; init; }

    /// <summary>A silo's region.</summary>
    public int RegionOf(int silo) => silo % Regions;

    /// <summary>Null when it can be simulated, else what is wrong with it.</summary>
    public string? Fault() =>
        Regions < 1 || Silos < Regions || Edges < 0 || Cores < 1 ? "there is at least a region, a silo in each and a core"
        : IsOneMachine && Silos > 1 ? "one machine has one host"
        : CoreShare is not (>= 0 and <= 1) || !(Slowdown >= 1 && double.IsFinite(Slowdown)) ? "a share is 0 to 1, and other work slows nothing but down"
        : Loss is < 0 or > 0.9 ? "at most nine of ten messages are lost: with more nothing gets through in bounded time"
        : CutEdges < 0 || CutEdges > Edges ? "as many edges as there are may be cut off"
        : RenewEvery <= TimeSpan.Zero || RunOut < RenewEvery ? "leases are renewed before they run out"
        : null;
}
