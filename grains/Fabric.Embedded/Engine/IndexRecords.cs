using Fabric.Core.Common;
using Fabric.Core.Credentials;
using Fabric.Core.Index;
using Fabric.Core.Journal;
using Fabric.Core.Lineages;
using Fabric.Core.Nodes;

namespace Fabric.Embedded.Engine;

/// <summary>What an event means for the revocation index: records that carry the node's whole state.</summary>
internal static class IndexRecords
{
    /// <summary>Appends the records of <paramref name="e"/>, in order.</summary>
    internal static void Add(FabricEvent e, RevocationIndex index, HandleSpace handles, List<IndexRecord> records)
    {
        switch (e)
        {
            case NodeRevoked revoked:
                records.Add(Merge(index, revoked.Handle, revoked.Target.Kind, revoked.MinGeneration, null, revoked.DropAfter));
                break;
            case NodeLocked locked:
                records.Add(Merge(index, locked.Handle, locked.Target.Kind, 0, locked.Until, locked.Until + Limits.ClockSkew));
                break;
            case NodeUnlocked unlocked:
                records.Add(Merge(index, unlocked.Handle, unlocked.Target.Kind, 0, default(Instant), default));
                break;
            case CredentialsRevoked revoked:
                records.AddRange(Tombstones(handles, handles.OfTenant(revoked.Tenant), revoked.Ids as UInt128[] ?? [.. revoked.Ids], revoked.DropAfter));
                break;
        }
    }

    /// <summary>The records of credentials that were revoked one by one.</summary>
    internal static IndexRecord[] Tombstones(HandleSpace handles, Handle tenant, ReadOnlySpan<UInt128> ids, Instant dropAfter)
    {
        var named = new Handle[ids.Length];
        handles.OfIds(NodeKind.Credential, tenant, ids, named);
        var records = new IndexRecord[ids.Length];
        for (var i = 0; i < records.Length; i++)
        {
            records[i] = new IndexRecord(named[i], NodeKind.Credential, IndexRecord.Terminal, default, dropAfter);
        }

        return records;
    }

    // A record replaces what was known, so it keeps what it does not change: the floor, or the lock.
    private static IndexRecord Merge(RevocationIndex index, Handle handle, NodeKind kind, uint floor, Instant? lockedUntil, Instant dropAfter)
    {
        return index.TryGet(handle, out var known)
            ? new IndexRecord(
                handle, kind, Math.Max(floor, known.MinGeneration), lockedUntil ?? known.LockedUntil, Instant.Max(dropAfter, known.DropAfter))
            : new IndexRecord(handle, kind, floor, lockedUntil ?? default, dropAfter);
    }
}
