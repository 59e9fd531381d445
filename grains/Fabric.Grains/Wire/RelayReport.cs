namespace Fabric.Grains.Wire;

/// <summary>What a relay has applied, and up to where each class is closed for all of its enforcement points.</summary>
[GenerateSerializer, Immutable, Alias("fabric.relay-report")]
public readonly record struct RelayReport(
    [property: Id(0)] ulong Applied, [property: Id(1)] ulong ReadClosed, [property: Id(2)] ulong WriteClosed, [property: Id(3)] ulong DestructiveClosed);
