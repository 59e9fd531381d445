namespace Fabric.Grains.Wire;

/// <summary>
/// What became of an entry: its place in the change stream and the feed's head after it, both durable; or (<paramref name="Conflict"/>) nothing, because the entity had
/// gone on elsewhere, or (<paramref name="Full"/>) because the revocation index has no room, or none
/// for this tenant: <paramref name="Detail"/> says which.
/// </summary>
[GenerateSerializer, Immutable, Alias("fabric.log-answer")]
public readonly record struct LogAnswer([property: Id(0)] long Sequence, [property: Id(1)] ulong Revision, [property: Id(2)] bool Conflict = false,
    [property: Id(3)] bool Full = false, [property: Id(4)] string? Detail = null);
