namespace Fabric.Grains.Feed;

/// <summary>The times of the lease protocol between the feed log and its relays. They belong together: docs/decisions/0021.</summary>
internal static class RelayTerms
{
    /// <summary>How long a silo may serve after it SENT the last renewal that was granted. Longer than the cluster takes to notice a dead silo and to bring its grains back.</summary>
    internal static readonly TimeSpan Lease = TimeSpan.FromSeconds(3);

    /// <summary>How long the feed log may grant after it last made sure, in the database, that it owns the feed.</summary>
    internal static readonly TimeSpan Ownership = TimeSpan.FromSeconds(1);

    /// <summary>How long a follow call waits for something to follow; renewals are at most that far apart.</summary>
    internal static readonly TimeSpan FollowWait = TimeSpan.FromMilliseconds(250);

    /// <summary>How long one call may take before it is tried again.</summary>
    internal static readonly TimeSpan CallPatience = TimeSpan.FromSeconds(2);

    /// <summary>How often a silo looks whether it reaches the others, and how long an answer may take.</summary>
    internal static readonly TimeSpan ReachEvery = TimeSpan.FromSeconds(1);
}
