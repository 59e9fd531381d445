namespace Fabric.Grains.Wire;

/// <summary>
/// What followed, in order; null: too long ago to be in memory, to be read from the database up to <paramref name="HeadSequence"/>. <paramref name="Granted"/>: the number of the
/// renewal that is granted, 0 for none. <paramref name="LatestExpiryMs"/>: until when a verifier without a lease may accept a token.
/// </summary>
[GenerateSerializer, Immutable, Alias("fabric.follow-answer")]
public sealed record FollowAnswer(
    [property: Id(0)] LogRow[]? Rows, [property: Id(1)] long HeadSequence, [property: Id(2)] ulong HeadRevision, [property: Id(3)] ulong Granted,
    [property: Id(4)] long LatestExpiryMs);
