using Fabric.Core.Leases;

namespace Fabric.Engine.Feed;

/// <summary>The feed's limits (B1) and bounds, with their defaults.</summary>
public sealed record FeedHubOptions
{
    private const uint RenewEveryMsMax = 60_000;
    private static readonly TimeSpan BoundMin = TimeSpan.FromMilliseconds(100);

    /// <summary>The newest records that are kept for subscribers that resume. 1,000 to 10,000,000.</summary>
    public int RetentionRecords { get; init; } = 1_000_000;

    /// <summary>How old a lease may be for calls of class read: 100 ms to 5 s, and for calls of class write: 100 ms to 1 s.</summary>
    public ClassBounds Bounds { get; init; } = ClassBounds.Default;

    /// <summary>
    /// Told, before an edge is served with them, that longer bounds than ever are in use (an edge that opted in to best effort): the engine makes them
    /// durable, so that a start after a crash outwaits them (R1). Throwing refuses the edge.
    /// </summary>
    public Action<ClassBounds>? BoundsGrew { get; init; }

    /// <summary>
    /// Whether this feed may let its edges allow anything now. Null: always, it is the authority. A silo's feed asks its own lease: renewals and checks that arrive
    /// while it has none are not granted, so that no edge's lease begins after its silo's has ended (R1).
    /// </summary>
    public Func<bool>? HoldsLease { get; init; }

    /// <summary>Told, under the feed's lock and so without waiting for anything, that more is closed than before.</summary>
    public Action? ClosedMoved { get; init; }

    /// <summary>How long a new connection has to say hello.</summary>
    public TimeSpan HelloTimeout { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>How long one frame may take to leave: past it the subscriber is cut off, so that it holds nothing up (R3).</summary>
    public TimeSpan SendTimeout { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>How many renewals may be missing before a connection counts as half-open and is cut off.</summary>
    public int SilentRenewalsMax { get; init; } = 3;

    /// <summary>Connections at one time.</summary>
    public int ConnectionsMax { get; init; } = 10_000;

    /// <summary>Snapshots that are being sent at one time; more subscribers wait for their turn.</summary>
    public int SnapshotsAtOnceMax { get; init; } = 16;

    /// <summary>Gaps in a row, each followed by a snapshot, after which a subscriber that cannot follow is cut off.</summary>
    public int GapsInARowMax { get; init; } = 3;

    /// <summary>How long an edge that renews this often may say nothing.</summary>
    internal TimeSpan SilenceMax(uint renewEveryMs)
    {
        // At least three seconds: nothing is won by taking a busy machine for a dead cable, since leases run out by themselves.
        var every = TimeSpan.FromMilliseconds(Math.Min(renewEveryMs, RenewEveryMsMax));
        return TimeSpan.FromTicks(Math.Max((every * SilentRenewalsMax).Ticks, 3 * TimeSpan.TicksPerSecond));
    }

    /// <summary>Throws <see cref="ArgumentException"/> for what is out of range.</summary>
    public void Validate()
    {
        Check(RetentionRecords is >= 1_000 and <= 10_000_000, nameof(RetentionRecords));
        Check(Bounds.Refusal(bestEffort: false) is null && Bounds.Read >= BoundMin && Bounds.Write >= BoundMin, nameof(Bounds));
        Check(HelloTimeout > TimeSpan.Zero && SendTimeout > TimeSpan.Zero, nameof(HelloTimeout));
        Check(SilentRenewalsMax >= 1 && ConnectionsMax >= 1 && SnapshotsAtOnceMax >= 1 && GapsInARowMax >= 1, nameof(ConnectionsMax));
    }

    private static void Check(bool ok, string option)
    {
        if (!ok)
        {
            throw new ArgumentException($"the feed's option `{option}` is out of range", option);
        }
    }
}
