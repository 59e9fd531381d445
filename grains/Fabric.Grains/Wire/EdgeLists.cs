namespace Fabric.Grains.Wire;

/// <summary>A silo's part of a receipt: its enforcement points by name.</summary>
[GenerateSerializer, Immutable, Alias("fabric.edge-lists")]
public sealed record EdgeLists(
    [property: Id(0)] string[] Acknowledged, [property: Id(1)] string[] RanOut, [property: Id(2)] WaitingSilo[] Waiting, [property: Id(3)] string[] InFlight,
    [property: Id(4)] int[] Calls);
