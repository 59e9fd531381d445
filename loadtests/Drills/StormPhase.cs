namespace Fabric.LoadTests.Drills;

/// <summary>
/// What another tenant had of the fabric in one stretch of a storm drill: medians of its checks and revocations. Beside them how fast the storm was, and how many cores its callers, the
/// host and the edges kept busy.
/// </summary>
internal sealed record StormPhase(double CheckNs, double AskedMs, double RevokeMs, double StormRate, double CallersCores, double HostCores, double EdgesCores);

/// <summary>
/// One round. <paramref name="Burning"/> and <paramref name="Storm"/> differ by what the fabric does alone: in both the storm's process takes what is left of the machine, as much in
/// both. <paramref name="Idle"/> and <paramref name="Fighting"/>: nothing beside the other tenant, and a storm whose callers take a core as often as the host does.
/// </summary>
internal sealed record StormRound(StormPhase Burning, StormPhase Storm, StormPhase Idle, StormPhase Fighting);
