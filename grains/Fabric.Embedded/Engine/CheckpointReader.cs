using System.Buffers.Binary;
using Fabric.Core.Common;
using Fabric.Core.Credentials;
using Fabric.Core.Index;
using Fabric.Core.Journal;
using Fabric.Core.Keys;
using Fabric.Core.Nodes;

namespace Fabric.Embedded.Engine;

/// <summary>Puts the rows of the state store back into memory. Rows come by kind, then by key: the directory before what refers to it.</summary>
internal sealed class CheckpointReader(World world, RevocationIndex index, KeyRing keys, Instant startedAt)
{
    private readonly List<IndexRecord> _records = [];
    private readonly SessionRows _sessions = new(world);

    /// <summary>The revocations that stand in the store, with when they may be dropped.</summary>
    internal List<(ulong Sequence, long DropAfterMs)> Revocations { get; } = [];

    /// <summary>The feed's head where the checkpoint stands.</summary>
    internal ulong Revision { get; private set; }

    internal void Take(byte kind, ReadOnlySpan<byte> key, ReadOnlySpan<byte> row)
    {
        switch (kind)
        {
            case StateKind.Head: Revision = BinaryPrimitives.ReadUInt64BigEndian(row); break;
            case StateKind.Directory: Apply(Transaction.Read(row)); break;
            case StateKind.Revocation: TakeRevocation(key, row); break;
            case StateKind.Lock:
                var state = StateRows.ReadLock(row);
                world.PutLock(state);
                Enforce(new NodeLocked(state.Node, state.Handle, state.Until, state.Reason));
                break;
            case StateKind.Session: world.Put(_sessions.Read(key, row)); break;
            case StateKind.Quota:
                var quota = StateRows.ReadQuota(row);
                world.Quotas[quota.Quota.Id] = quota;
                break;
            default: throw new InvalidRecordException($"a row of kind {kind} is not known: the state store is of a newer version");
        }
    }

    /// <summary>Publishes what the directory holds, and forgets that reading it changed anything.</summary>
    internal void Finish()
    {
        // What has passed takes no place in the ring: there may be more of it than the ring holds.
        foreach (var entry in world.Tenants.Values.SelectMany(tenant => tenant.Keys).Where(entry => entry.DropAfter >= startedAt))
        {
            keys.Add(entry.Key);
        }

        world.Sessions.TakeDirtySlots().ForEach(world.Sessions.MarkClean);
        world.Dirty.Quotas.Clear();
        world.Dirty.Locks.Clear();
    }

    private void TakeRevocation(ReadOnlySpan<byte> key, ReadOnlySpan<byte> row)
    {
        var transaction = Transaction.Read(row);
        Apply(transaction);
        var dropAfter = 0L;
        foreach (var e in transaction.Events)
        {
            dropAfter = Math.Max(dropAfter, e switch
            {
                NodeRevoked revoked => revoked.DropAfter.UnixMs,
                CredentialsRevoked revoked => revoked.DropAfter.UnixMs,
                _ => 0,
            });
        }

        Revocations.Add((BinaryPrimitives.ReadUInt64BigEndian(key), dropAfter));
    }

    private void Apply(Transaction transaction)
    {
        var revision = transaction.Revision;
        foreach (var e in transaction.Events)
        {
            revision += (ulong)Enforce(e);
            world.Apply(e, transaction.At, transaction.By, revision);
        }
    }

    private int Enforce(FabricEvent e)
    {
        _records.Clear();
        var unknown = IndexRecords.Add(e, index, world.Handles, _records);
        if (_records.Count > 0)
        {
            IndexRecords.MakeRoom(index, _records.Count, startedAt);
            var applied = index.ApplyBatch(System.Runtime.InteropServices.CollectionsMarshal.AsSpan(_records), index.Revision);
            if (applied < _records.Count)
            {
                // INVARIANT R3: better no start than one that lacks an accepted revocation.
                throw new InvalidRecordException("the checkpoint has more revocations than the index holds");
            }

            world.NoteRecords(e, unknown);
        }

        return _records.Count + (e is SigningKeyAdded or SigningKeyRetired or SigningKeyRevoked ? 1 : 0);
    }
}
