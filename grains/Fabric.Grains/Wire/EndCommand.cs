namespace Fabric.Grains.Wire;

/// <summary>Revokes a node: for good, or what was issued under it so far. <paramref name="Request"/> names the request; zero: it has no name.
/// <paramref name="IsHeld"/>: the tenant's share of the index holds it, where the node is not above sessions.</summary>
[GenerateSerializer, Immutable, Alias("fabric.end-command")]
public sealed record EndCommand(
    [property: Id(0)] string By, [property: Id(1)] bool Terminal, [property: Id(2)] string Mode, [property: Id(3)] string? Reason,
    [property: Id(4)] UInt128 Request = default, [property: Id(5)] bool IsHeld = false);
