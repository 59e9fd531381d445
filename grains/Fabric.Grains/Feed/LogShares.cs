using Fabric.Core.Common;
using Fabric.Core.Index;
using Fabric.Grains.Wire;

namespace Fabric.Grains.Feed;

/// <summary>
/// The tenants' shares of the revocation index (docs/decisions/0014), kept by the one that gives out the feed's positions. Of the feed log alone.
/// </summary>
internal sealed class LogShares(IndexLimits limits, Func<int> tenants, Func<Instant> now)
{
    private readonly Dictionary<string, IndexShare> _shares = new(StringComparer.Ordinal);

    /// <summary>Null when there is room. <paramref name="held"/>: records that the index has.</summary>
    internal Rejection? Refuse(IndexHold hold, string? tenant, int records, int unknown, int held)
    {
        // INVARIANT B1: whoever it is for, silos that sweep later than this one have room for what is given out here.
        if (held + records > RevocationIndex.RecordsMax - FeedLogGrain.RecordsReserve)
        {
            return new Rejection(Codes.LimitReached, "index", $"the revocation index has come to its {RevocationIndex.RecordsMax - FeedLogGrain.RecordsReserve} records");
        }

        if (hold == IndexHold.None || tenant is null)
        {
            return null;
        }

        var share = Of(tenant);
        return hold == IndexHold.Completion
            ? share.RefuseCompletion(limits, held, tenants(), tenant, now())
            : share.Refuse(limits, held, tenants(), records, unknown, tenant, now());
    }

    /// <summary>Counts an entry's records.</summary>
    internal void Add(ComposedEntry entry)
    {
        if (entry.Tenant is { } tenant)
        {
            Add(tenant, entry.Records, entry.Unknown, entry.DropAfter);
        }
    }

    /// <summary>Counts an entry no more, that was not committed.</summary>
    internal void TakeBack(ComposedEntry entry)
    {
        if (entry.Tenant is { } tenant)
        {
            Add(tenant, -entry.Records, -entry.Unknown, entry.DropAfter);
        }
    }

    /// <summary>Counts records that were logged before.</summary>
    internal void Add(string tenant, int records, int unknown, long dropAfter)
    {
        // What stands for good, a lifted lock's record, is of a node that the directory counts.
        if (dropAfter != long.MaxValue)
        {
            Of(tenant).Add(records, unknown, new Instant(dropAfter));
        }
    }

    private IndexShare Of(string tenant)
    {
        if (!_shares.TryGetValue(tenant, out var share))
        {
            _shares.Add(tenant, share = new IndexShare());
        }

        return share;
    }
}
