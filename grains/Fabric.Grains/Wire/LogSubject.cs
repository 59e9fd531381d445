namespace Fabric.Grains.Wire;

/// <summary>The session that the events are about, for the audit (A1).</summary>
[GenerateSerializer, Immutable, Alias("fabric.log-subject")]
public sealed record LogSubject(
    [property: Id(0)] UInt128 Session, [property: Id(1)] string? User, [property: Id(2)] string Agent, [property: Id(3)] string Purpose,
    [property: Id(4)] UInt128 Parent);
