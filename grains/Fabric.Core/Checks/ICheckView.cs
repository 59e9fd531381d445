using Fabric.Core.Index;
using Fabric.Core.Keys;
using Fabric.Core.Lineages;

namespace Fabric.Core.Checks;

/// <summary>What an enforcement point decides from: its copy of the index and of the keys, and how fresh they are known to be.</summary>
public interface ICheckView
{
    /// <summary>The lease moment of the fabric itself: never stale.</summary>
    const long Authority = long.MaxValue;

    /// <summary>The lease moment of a view that was never granted a lease, or has lost it.</summary>
    const long NoLease = long.MinValue;

    /// <summary>The revocations and locks. An index that replaces another has higher versions.</summary>
    RevocationIndex Index { get; }

    /// <summary>The public keys of all tenants; always the same ring.</summary>
    KeyRing Keys { get; }

    /// <summary>
    /// When the renewal that the current lease was granted for was SENT: monotonic milliseconds of the <see cref="ICheckClock"/>, rounded down;
    /// <see cref="Authority"/> or <see cref="NoLease"/>. Whoever reads it finds everything in the index that the lease was granted over.
    /// </summary>
    long LeaseMomentMs { get; }

    /// <summary>Whether the view is whole: a snapshot was applied and the feed has no gap since (R2).</summary>
    bool IsReady { get; }

    /// <summary>The lineage handle of the guarded tenant as the fabric told it; zero: not told.</summary>
    Handle GuardedTenant { get; }
}
