namespace Fabric.Grains.Wire;

/// <summary>A silo whose enforcement points are not all out of the way, and when they are at the latest.</summary>
[GenerateSerializer, Immutable, Alias("fabric.waiting-silo")]
public sealed record WaitingSilo([property: Id(0)] string Name, [property: Id(1)] ulong Applied, [property: Id(2)] double RunsOutInMs);
