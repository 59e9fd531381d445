namespace Fabric.Grains.Wire;

/// <summary>
/// What every silo has to know of one command: feed positions <paramref name="First"/> to <paramref name="Last"/> with their <paramref name="Ops"/> (none: the
/// first is past the last) and directory events.
/// </summary>
[GenerateSerializer, Immutable, Alias("fabric.log-row")]
public sealed record LogRow(
    [property: Id(0)] long Sequence, [property: Id(1)] ulong First, [property: Id(2)] ulong Last, [property: Id(3)] byte[] Ops,
    [property: Id(4)] DirectoryRow[] Directory);
