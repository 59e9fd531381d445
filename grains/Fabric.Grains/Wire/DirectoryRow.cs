namespace Fabric.Grains.Wire;

/// <summary>An event of the directory. <paramref name="Owner"/> and <paramref name="Version"/>: the entity that decided, and its number among that entity's commands.</summary>
[GenerateSerializer, Immutable, Alias("fabric.directory-row")]
public sealed record DirectoryRow(
    [property: Id(0)] string? Owner, [property: Id(1)] long Version, [property: Id(2)] long AtMs, [property: Id(3)] string By,
    [property: Id(4)] byte[] Event);
