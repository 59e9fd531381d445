namespace Fabric.Grains.Wire;

/// <summary>
/// A relay asks for what comes after <paramref name="AfterSequence"/>, renews its lease with it (number <paramref name="Renewal"/>), and tells what it has applied and
/// what is closed below it. The answer comes at once when there is something, else after <paramref name="WaitMs"/> at the latest.
/// </summary>
[GenerateSerializer, Immutable, Alias("fabric.follow-request")]
public sealed record FollowRequest(
    [property: Id(0)] UInt128 Relay, [property: Id(1)] string Name, [property: Id(2)] ulong Renewal, [property: Id(3)] long AfterSequence,
    [property: Id(4)] RelayReport Report, [property: Id(5)] int WaitMs);
