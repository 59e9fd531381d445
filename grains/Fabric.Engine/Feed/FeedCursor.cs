namespace Fabric.Engine.Feed;

/// <summary>How far a subscriber has taken the feed: everything up to <paramref name="Revision"/>, which is byte <paramref name="Offset"/> of a segment.</summary>
internal readonly record struct FeedCursor(FeedSegment Segment, int Offset, ulong Revision);
