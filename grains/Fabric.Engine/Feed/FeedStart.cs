namespace Fabric.Engine.Feed;

/// <summary>
/// Where a feed begins. <paramref name="Epoch"/> is new at each start of an engine. <paramref name="Revision"/>: the newest revision that is not in the records that
/// recovery will append. <paramref name="PreviousEpoch"/>: the epoch of the start before, 0 for none.
/// </summary>
public sealed record FeedStart(ulong Epoch, ulong Revision = 0, ulong PreviousEpoch = 0);
