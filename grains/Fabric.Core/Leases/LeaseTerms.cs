namespace Fabric.Core.Leases;

/// <summary>The constants of the lease protocol that edge and fabric both count on.</summary>
public static class LeaseTerms
{
    /// <summary>
    /// Two monotonic clocks may run apart by one part in this many: each may be off by 1/1000. The fabric waits that much longer than
    /// the bound before it takes an edge's lease for run out.
    /// </summary>
    public const int DriftDivisor = 500;

    /// <summary>How much longer than bound and drift the fabric waits: clock steps and rounding.</summary>
    public static readonly TimeSpan Slack = TimeSpan.FromMilliseconds(10);

    /// <summary>
    /// How long after an edge SENT a check its answer from the fabric may still allow the call. A lease of its own, for every class: what
    /// the fabric has answered stands until then, or until the edge has acknowledged a revision past it.
    /// </summary>
    public static readonly TimeSpan AnswerValid = TimeSpan.FromSeconds(1);

    /// <summary>The longest that a lease with this bound can still allow, on the fabric's clock, counted from when its renewal arrived.</summary>
    public static TimeSpan RunOutAfter(TimeSpan bound) => bound + (bound / DriftDivisor) + Slack;
}
