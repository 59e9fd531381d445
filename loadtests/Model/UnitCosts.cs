namespace Fabric.LoadTests.Model;

/// <summary>Processor time of each step, in nanoseconds.</summary>
/// <param name="Request">A revocation at the host that orders it, without what follows at edges.</param>
/// <param name="Push">One record to one follower.</param>
/// <param name="Ack">One acknowledgement or report, taken in.</param>
/// <param name="Apply">One record taken in by an edge or a silo, with its acknowledgement sent.</param>
/// <param name="Renew">One renewal taken in and granted.</param>
internal sealed record UnitCosts(long Request, long Push, long Ack, long Apply, long Renew);
