using Fabric.Core.Common;
using Fabric.Core.Credentials;
using Fabric.Core.Index;
using Fabric.Core.Journal;
using Fabric.Core.Lineages;
using Fabric.Core.Nodes;

namespace Fabric.Engine.Commands;

/// <summary>What an event means for the revocation index: records that carry the node's whole state.</summary>
internal static class IndexRecords
{
    /// <summary>Appends the records of <paramref name="e"/>, in order. Returns how many ids of a list of credentials the fabric never made.</summary>
    internal static int Add(FabricEvent e, RevocationIndex index, HandleSpace handles, List<IndexRecord> records) =>
        Add(e, handle => index.TryGet(handle, out var known) ? known : null, handles, records);

    /// <summary>The same over what <paramref name="find"/> knows of a node.</summary>
    internal static int Add(FabricEvent e, Func<Handle, IndexRecord?> find, HandleSpace handles, List<IndexRecord> records)
    {
        var unknown = 0;
        switch (e)
        {
            case NodeRevoked revoked:
                records.Add(Merge(find, revoked.Handle, revoked.Target.Kind, revoked.MinGeneration, null, revoked.DropAfter));
                break;
            case NodeLocked locked:
                records.Add(Merge(find, locked.Handle, locked.Target.Kind, 0, locked.Until, locked.Until + Limits.ClockSkew));
                break;
            case NodeUnlocked unlocked:
                records.Add(Merge(find, unlocked.Handle, unlocked.Target.Kind, 0, default(Instant), default));
                break;
            case CredentialsRevoked revoked:
                var (named, strange) = (new Handle[revoked.Ids.Count], new List<int>());
                handles.OfIds(NodeKind.Credential, handles.OfTenant(revoked.Tenant), revoked.Ids as UInt128[] ?? [.. revoked.Ids], named, strange);
                records.AddRange(Tombstones(named, revoked.DropAfter));
                unknown = strange.Count;
                break;
        }

        return unknown;
    }

    /// <summary>The records of credentials that were revoked one by one.</summary>
    internal static IndexRecord[] Tombstones(ReadOnlySpan<Handle> handles, Instant dropAfter)
    {
        var records = new IndexRecord[handles.Length];
        for (var i = 0; i < records.Length; i++)
        {
            records[i] = new IndexRecord(handles[i], NodeKind.Credential, IndexRecord.Terminal, default, dropAfter);
        }

        return records;
    }

    /// <summary>
    /// At a start: drops what has expired by then when <paramref name="records"/> more do not fit. The run that wrote them had swept too, so the index never held
    /// more than fits, but not everything that ever was in it at once.
    /// </summary>
    // INVARIANT D1: what was accepted is taken in at every start. Nothing that can still matter is dropped for it (R4), and no revision changes.
    internal static void MakeRoom(RevocationIndex index, int records, Instant startedAt)
    {
        if (records > index.Room)
        {
            index.SweepAll(startedAt);
        }
    }

    // A record replaces what was known, so it keeps what it does not change: the floor, or the lock.
    private static IndexRecord Merge(Func<Handle, IndexRecord?> find, Handle handle, NodeKind kind, uint floor, Instant? lockedUntil, Instant dropAfter)
    {
        return find(handle) is { } known
            ? new IndexRecord(
                handle, kind, Math.Max(floor, known.MinGeneration), lockedUntil ?? known.LockedUntil, Instant.Max(dropAfter, known.DropAfter))
            : new IndexRecord(handle, kind, floor, lockedUntil ?? default, dropAfter);
    }
}
