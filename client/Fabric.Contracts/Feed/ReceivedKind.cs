namespace Fabric.Contracts.Feed;

/// <summary>What came of a receive.</summary>
public enum ReceivedKind
{
    /// <summary>The connection is closed or broken.</summary>
    Closed,
    /// <summary>One frame, of at least one byte.</summary>
    Frame,
    /// <summary>A frame past <see cref="FeedLimits.FrameBytesMax"/>; the connection cannot go on.</summary>
    TooLarge,
    /// <summary>Not a binary message, or an empty one; the connection cannot go on.</summary>
    Malformed,
}
