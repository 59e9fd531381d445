using Fabric.Core.Common;
using Fabric.Core.Credentials;
using Fabric.Core.Index;
using Fabric.Core.Journal;
using Fabric.Core.Keys;
using Fabric.Core.Nodes;
using Fabric.Embedded.Storage;
using Fabric.Engine.Feed;

namespace Fabric.Embedded.Engine;

/// <summary>
/// Where events become truth, in one order: journal, index, feed, memory, audit and change stream, under one lock. Answers wait for the
/// commit; the push to enforcement points does not, since denying early is always safe.
/// </summary>
internal sealed class Ledger(Journal journal, World world, RevocationIndex index, FeedHub feed, ChangeLog changes, AuditTrail audit)
{
    private readonly RecordWriter _writer = new();
    private readonly List<IndexRecord> _records = [];
    private readonly Lock _durableGate = new();
    private readonly Queue<(ulong Sequence, ulong Revision)> _revisions = [];
    private ulong _durableRevision;
    private ulong _applied;

    /// <summary>The one lock over the engine's state.</summary>
    internal Lock Gate { get; } = new();

    internal World World { get; } = world;

    internal IdSource Ids { get; } = new();

    /// <summary>The feed's head.</summary>
    internal ulong Revision => feed.Head;

    /// <summary>The newest commit, to wait for.</summary>
    internal Task<bool> LastDurable { get; private set; } = Task.FromResult(true);

    /// <summary>The latest expiry of all credentials that were issued.</summary>
    internal Instant LatestExpiry { get; private set; }

    /// <summary>Set when the engine stops: nothing is taken any more.</summary>
    internal bool Stopping { get; set; }

    internal static Rejection NotDurable { get; } = new(
        Codes.StorageUnavailable, "journal", "storage did not take the change: it is not acknowledged and may still take effect when storage is back");

    /// <summary>Why nothing but revocation is taken now; null: all is well.</summary>
    internal Rejection? Refusal
    {
        get
        {
            if (Stopping)
            {
                return new Rejection(Codes.Stopping, "fabric", "the fabric is stopping");
            }

            if (!journal.Health.IsHealthy)
            {
                return new Rejection(Codes.StorageUnavailable, "journal", "storage does not take writes: nothing is issued until it does");
            }

            // INVARIANT A1: what cannot be recorded is not issued. Revocation never asks here.
            return audit.IsTaking ? null : new Rejection(Codes.AuditUnavailable, "audit", "the audit store is full or too far behind: nothing is issued until it is not");
        }
    }

    /// <summary>
    /// Makes events of one command true. <paramref name="reserved"/>: a revocation, which may use the part of the backlog that is kept for them.
    /// <paramref name="tombstones"/>: their index records, where the caller made them outside of the lock.
    /// </summary>
    internal Outcome<Committed> Emit_NeedsLock(
        string by, Instant now, IReadOnlyList<FabricEvent> events, bool reserved = false, Tombstones? tombstones = null)
    {
        if (Stopping)
        {
            return new Rejection(Codes.Stopping, "fabric", "the fabric is stopping");
        }

        if (RefuseFull_NeedsLock(events, tombstones) is { } full)
        {
            return full;
        }

        var transaction = new Transaction(now, by, feed.Head, events);
        _writer.Clear();
        transaction.Write(_writer);
        if (!journal.TryAppend(_writer.Written, out var ticket, reserved))
        {
            return new Rejection(Codes.StorageUnavailable, "journal", "the backlog of changes that storage has not taken is full");
        }

        Apply_NeedsLock(transaction, _writer.Written.ToArray(), ticket.Sequence, tombstones);
        LastDurable = ticket.Committed;
        return new Committed(ticket.Sequence, feed.Head, ticket.Committed);
    }

    /// <summary>Takes a transaction of the journal in at start. The same path as a live one, but that room is made in the index where there is none.</summary>
    internal void Replay(ulong sequence, ReadOnlySpan<byte> record, Instant startedAt)
    {
        var transaction = Transaction.Read(record);
        if (transaction.Revision != feed.Head)
        {
            throw new InvalidRecordException($"the journal's record {sequence} follows revision {transaction.Revision}, not {feed.Head}");
        }

        Apply_NeedsLock(transaction, record.ToArray(), sequence, null, startedAt);
    }

    /// <summary>Takes a transaction that a checkpoint covers in for the change stream and the audit alone.</summary>
    internal void ReplayChange(ulong sequence, ReadOnlySpan<byte> record)
    {
        changes.Append(sequence, record.ToArray());
        if ((long)sequence > audit.Store.LastSequence)
        {
            var transaction = Transaction.Read(record);
            audit.Add(transaction, sequence, World, transaction.RevisionAfter);
        }
    }

    /// <summary>How far the journal is on disk, and the feed's head there.</summary>
    internal (ulong Sequence, ulong Revision) DurablePoint()
    {
        lock (_durableGate)
        {
            // A record may be on disk while its events are still on their way into memory: no revision is known for it yet.
            var committed = Math.Min(journal.CommittedSequence, _applied);
            while (_revisions.TryPeek(out var oldest) && oldest.Sequence <= committed)
            {
                _durableRevision = _revisions.Dequeue().Revision;
            }

            return (committed, _durableRevision);
        }
    }

    /// <summary>Whether everything up to a revision is on disk.</summary>
    internal bool IsDurable(ulong revision) => revision <= DurablePoint().Revision;

    /// <summary>Says where the checkpoint stands that recovery began with.</summary>
    internal void StartAt(ulong sequence, ulong revision, Instant latestExpiry) =>
        (_applied, _durableRevision, LatestExpiry) = (sequence, revision, latestExpiry);

    // INVARIANT D1: what is in the journal must apply, now and at every start to come. So whatever could be full is asked before the append. At a start it fits as
    // well, once what has expired since is swept: what the index holds then it held here too.
    private Rejection? RefuseFull_NeedsLock(IReadOnlyList<FabricEvent> events, Tombstones? tombstones)
    {
        var (adds, keys) = (tombstones?.Records.Length ?? 0, 0);
        foreach (var e in events)
        {
            adds += e switch
            {
                NodeRevoked or NodeLocked => 1,
                NodeUnlocked unlocked => index.TryGet(unlocked.Handle, out _) ? 0 : 1,
                CredentialsRevoked revoked when tombstones is null => revoked.Ids.Count,
                _ => 0,
            };
            keys += e is SigningKeyAdded ? 1 : 0;
        }

        if (adds > 0 && adds > index.Room)
        {
            return new Rejection(Codes.LimitReached, "index", "the revocation index is full");
        }

        return keys > 0 && keys > feed.KeyRoom ? new Rejection(Codes.LimitReached, "keys", "the fabric holds as many signing keys as it can") : null;
    }

    // The record: the transaction as it stands in the journal. Started at: this is a start, and no live command.
    private void Apply_NeedsLock(Transaction transaction, byte[] record, ulong sequence, Tombstones? tombstones, Instant? startedAt = null)
    {
        var before = feed.Head;
        foreach (var e in transaction.Events)
        {
            Enforce_NeedsLock(e, tombstones, startedAt);
            World.Apply(e, transaction.At, transaction.By, feed.Head);
            if (e is CredentialsIssued issued)
            {
                LatestExpiry = Instant.Max(LatestExpiry, issued.ExpiresAt);
            }
        }

        Remember_NeedsLock(transaction, record, sequence);
        changes.Append(sequence, record);
        if ((long)sequence > audit.Store.LastSequence)
        {
            audit.Add(transaction, sequence, World, feed.Head);
        }

        lock (_durableGate)
        {
            _applied = sequence;
            if (feed.Head != before)
            {
                _revisions.Enqueue((sequence, feed.Head));
            }
        }
    }

    // INVARIANT R3: every record that the index takes is on the feed, in the same order, under the same lock.
    private void Enforce_NeedsLock(FabricEvent e, Tombstones? tombstones, Instant? startedAt)
    {
        ReadOnlySpan<IndexRecord> records = tombstones?.Records;
        var unknown = tombstones?.Unknown ?? 0;
        if (tombstones is null)
        {
            _records.Clear();
            unknown = IndexRecords.Add(e, index, World.Handles, _records);
            records = System.Runtime.InteropServices.CollectionsMarshal.AsSpan(_records);
        }

        if (!records.IsEmpty)
        {
            if (startedAt is { } moment)
            {
                IndexRecords.MakeRoom(index, records.Length, moment);
            }

            feed.Append(records);
            World.NoteRecords(e, unknown);
        }

        switch (e)
        {
            case SigningKeyAdded added:
                feed.AppendKey(new VerificationKey(added.Kid, added.Tenant, World.Handles.OfTenant(added.Tenant), added.X, added.Y, Instant.Never));
                break;
            case SigningKeyRetired retired when World.Tenant(retired.Tenant)?.Keys.Find(key => key.Key.Kid == retired.Kid) is { } entry:
                feed.AppendKey(entry.Key with { RetireAfter = retired.RetireAfter });
                break;
            case SigningKeyRevoked revoked when World.Tenant(revoked.Tenant)?.Keys.Find(key => key.Key.Kid == revoked.Kid) is { } entry:
                feed.AppendKey(entry.Key.Revoked());
                break;
        }
    }

    private void Remember_NeedsLock(Transaction transaction, byte[] record, ulong sequence)
    {
        var (directory, dropAfter) = (false, 0L);
        foreach (var e in transaction.Events)
        {
            switch (e)
            {
                case NodeRevoked revoked when revoked.Target.Kind != Core.Lineages.NodeKind.Session: directory = true; break;
                case NodeRevoked revoked: dropAfter = Math.Max(dropAfter, revoked.DropAfter.UnixMs); break;
                case CredentialsRevoked revoked: dropAfter = Math.Max(dropAfter, revoked.DropAfter.UnixMs); break;
                default: directory |= World.IsDirectory(e); break;
            }
        }

        if (!directory && dropAfter == 0)
        {
            return;
        }

        if (directory)
        {
            World.Dirty.Directory.Add((sequence, record));
        }
        else
        {
            World.Dirty.Revocations.Add((sequence, record, dropAfter));
        }
    }
}
