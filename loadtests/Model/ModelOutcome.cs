namespace Fabric.LoadTests.Model;

/// <summary>What a simulated run found.</summary>
/// <param name="ConfirmedMs">Of each revocation, in the order of sending: from when its caller sent it until the confirmed receipt was back.</param>
/// <param name="DeniedMs">Of each: until the last edge that could be reached had applied it.</param>
/// <param name="HostMs">Of each: from its place in the order until the last follower's acknowledgement was taken in, or its lease had run out.</param>
/// <param name="Seconds">The simulated time.</param>
/// <param name="Events">The events that it took.</param>
/// <param name="OwnerBusy">The share of its cores that the owner of the order used.</param>
internal sealed record ModelOutcome(IReadOnlyList<double> ConfirmedMs, IReadOnlyList<double> DeniedMs, IReadOnlyList<double> HostMs, double Seconds, long Events, double OwnerBusy);
