using Fabric.Core.Common;
using Fabric.Grains.Feed;
using Fabric.Grains.Wire;

namespace Fabric.Grains.Storage;

/// <summary>The order: who owns it, where it stands, what followed.</summary>
internal interface IOrderStore
{
    /// <summary>
    /// Makes the caller the owner and answers its term. Waits for commits of the owner before that are under way; after it none of them is taken any more.
    /// </summary>
    Task<long> TakeOwnershipAsync(string owner, CancellationToken cancellation = default);

    /// <summary>Whether a term is still the last.</summary>
    Task<bool> OwnsAsync(long term, CancellationToken cancellation = default);

    /// <summary>
    /// Writes a batch of commands, all or nothing: order, feed, directory, sessions, inventory and audit, so that none of them can say what another does not.
    /// </summary>
    Task<CommitOutcome> WriteAsync(long term, IReadOnlyList<ComposedEntry> entries);

    /// <summary>The store's clock.</summary>
    Task<Instant> NowAsync(CancellationToken cancellation = default);

    /// <summary>The newest sequence and the feed's head after it; zeros: nothing was logged yet.</summary>
    Task<(long Sequence, ulong Revision)> HeadAsync(CancellationToken cancellation = default);

    /// <summary>Where entries stand that were logged already, by their ids.</summary>
    Task<Dictionary<UInt128, LogAnswer>> FindAsync(IEnumerable<UInt128> ids);

    /// <summary>
    /// What silos have to know of the commands after one sequence, up to and with another, in order. Feed rows whose records can matter no more are deleted in time,
    /// so a reader from the beginning meets gaps between positions.
    /// </summary>
    Task<List<LogRow>> ReadAsync(long after, long upTo, CancellationToken cancellation = default);

    /// <summary>Counts the records of every tenant that the feed holds, by the hour in which they may go.</summary>
    Task ReadSharesAsync(LogShares shares, CancellationToken cancellation);

    /// <summary>The latest expiry of all credentials that were issued; 0: none was.</summary>
    Task<long> LatestExpiryAsync();
}
