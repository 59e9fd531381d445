using Fabric.Grains.Wire;
using Orleans.Concurrency;

namespace Fabric.Grains.Feed;

/// <summary>
/// The order of one partition: every command goes through it into the database, and every silo's relay follows it under a lease. Moves to another silo with its
/// positions, which the database's keys give out once, and then confirms nothing until one full lease has passed.
/// </summary>
[Alias("fabric.feed-log")]
public interface IFeedLogGrain : IGrainWithIntegerKey
{
    /// <summary>Logs entries, in this order, each whole; the answer means that they are durable. Throws when the outcome is not known: send again with <see cref="LogEntry.Resend"/>.</summary>
    [AlwaysInterleave, Alias("append")]
    Task<LogAnswer[]> AppendAsync(LogEntry[] entries);

    /// <summary>Gives a relay what follows and renews its lease.</summary>
    [AlwaysInterleave, Alias("follow")]
    Task<FollowAnswer> FollowAsync(FollowRequest request);

    /// <summary>A relay's floors have moved.</summary>
    [AlwaysInterleave, Alias("report")]
    Task ReportAsync(UInt128 relay, RelayReport report);

    /// <summary>A relay hands its lease back.</summary>
    [AlwaysInterleave, Alias("leave")]
    Task LeaveAsync(UInt128 relay);

    /// <summary>Waits until a revision is closed for all classes, for at most so long. <paramref name="names"/>: and asks every silo for its enforcement points.</summary>
    [AlwaysInterleave, Alias("confirm")]
    Task<ConfirmAnswer> ConfirmAsync(ulong revision, int timeoutMs, bool names);
}
