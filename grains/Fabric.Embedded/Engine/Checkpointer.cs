using System.Buffers.Binary;
using System.Diagnostics;
using Fabric.Core.Journal;
using Fabric.Core.Lineages;
using Fabric.Embedded.Storage;

namespace Fabric.Embedded.Engine;

/// <summary>
/// Writes what changed to the state store, a piece at a time beside the running engine, so that a start need not replay the whole journal. The pieces
/// are not of one moment: rows may be newer than the sequence that the checkpoint covers, and every event is idempotent over a newer row.
/// </summary>
internal sealed class Checkpointer(EmbeddedEngine engine, Journal journal, StateStore store, AuditTrail audit)
{
    private const int RowsAtOnce = 500;

    /// <summary>Transactions that stay in the journal for change cursors of before a restart.</summary>
    internal const ulong ChangesKept = 50_000;

    private readonly Lock _one = new();
    private readonly RecordWriter _writer = new();
    private readonly RecordWriter _part = new();
    private readonly List<(ulong Sequence, long DropAfterMs)> _stored = [];
    private readonly List<StateRow> _pending = [];
    private long _triedAt = engine.Time.GetTimestamp();

    /// <summary>Up to which sequence the state store has everything.</summary>
    internal ulong Covered => store.CoveredSequence;

    /// <summary>Says that a revocation stands in the state store, read at start.</summary>
    internal void Stored(ulong sequence, long dropAfterMs) => _stored.Add((sequence, dropAfterMs));

    /// <summary>
    /// Checkpoints when enough has happened, or something has and the last time is a while ago: what changed since is held in memory until then.
    /// Called again and again.
    /// </summary>
    internal void CheckpointIfDue()
    {
        // Each time: what is durable by now lets go of what was noted until it was.
        var (durable, _) = engine.Ledger.DurablePoint();
        var behind = durable - Math.Min(durable, Covered);
        if (behind >= (ulong)engine.Options.CheckpointAfterRecords || (behind > 0 && IsLongAgo))
        {
            Checkpoint();
        }
    }

    private bool IsLongAgo => engine.Options.CheckpointAfter is var after && after != Timeout.InfiniteTimeSpan && engine.Time.GetElapsedTime(Volatile.Read(ref _triedAt)) >= after;

    internal void Checkpoint()
    {
        lock (_one)
        {
            Volatile.Write(ref _triedAt, engine.Time.GetTimestamp());
            try
            {
                var (sequence, revision) = engine.Ledger.DurablePoint();
                Write(sequence, revision);
            }
            catch (StorageException error)
            {
                EngineLog.CheckpointFailed(engine.Logger, error);
            }
        }
    }

    private void Write(ulong covered, ulong revision)
    {
        if (covered <= Covered || !journal.Health.IsHealthy)
        {
            return;
        }

        var start = Stopwatch.GetTimestamp();
        var rows = new List<StateRow>();
        List<int> slots;
        lock (engine.Ledger.Gate)
        {
            var world = engine.Ledger.World;
            slots = world.Sessions.TakeDirtySlots();
            TakeEvents(world.Dirty, covered, rows);
            TakeSmall(world, rows);
        }

        DropExpired(rows);
        WriteSessions(slots, rows);
        store.Write([new StateRow(StateKind.Head, KeyOf(0ul), KeyOf(revision))], covered);
        var keep = journal.HeadSequence > ChangesKept ? journal.HeadSequence - ChangesKept : 0;
        journal.TrimTo(Math.Min(Math.Min(covered, keep), (ulong)Math.Max(0, audit.Store.LastSequence)));
        EngineLog.Checkpointed(engine.Logger, covered, slots.Count, (long)Stopwatch.GetElapsedTime(start).TotalMilliseconds);
    }

    // Rows that a failed write left stay in the list and go first the next time: what was taken is never lost.
    private void WriteSessions(List<int> slots, List<StateRow> rows)
    {
        _pending.AddRange(rows);
        var from = 0;
        try
        {
            Flush();
            for (; from < slots.Count; from += RowsAtOnce)
            {
                lock (engine.Ledger.Gate)
                {
                    for (var i = from; i < Math.Min(from + RowsAtOnce, slots.Count); i++)
                    {
                        TakeSession(engine.Ledger.World.Sessions, slots[i], _pending);
                    }
                }

                Flush();
            }
        }
        catch
        {
            lock (engine.Ledger.Gate)
            {
                engine.Ledger.World.Sessions.PutBack(slots, from);
            }

            throw;
        }
    }

    // Nothing stands here that the journal has not got: what was never acknowledged does not outlive a crash.
    private void Flush()
    {
        if (!engine.Ledger.LastDurable.GetAwaiter().GetResult())
        {
            throw new StorageException(0, "the journal does not take writes: the checkpoint waits");
        }

        store.Write(_pending);
        _pending.Clear();
    }

    // Only what the journal has: its sequences are not reused then.
    private void TakeEvents(DirtySet dirty, ulong covered, List<StateRow> rows)
    {
        var directory = dirty.Directory.FindIndex(item => item.Sequence > covered) is >= 0 and var d ? d : dirty.Directory.Count;
        foreach (var (sequence, transaction) in dirty.Directory[..directory])
        {
            rows.Add(new StateRow(StateKind.Directory, KeyOf(sequence), transaction));
        }

        dirty.Directory.RemoveRange(0, directory);
        var revocations = dirty.Revocations.FindIndex(item => item.Sequence > covered) is >= 0 and var r ? r : dirty.Revocations.Count;
        foreach (var (sequence, transaction, dropAfterMs) in dirty.Revocations[..revocations])
        {
            rows.Add(new StateRow(StateKind.Revocation, KeyOf(sequence), transaction));
            _stored.Add((sequence, dropAfterMs));
        }

        dirty.Revocations.RemoveRange(0, revocations);
    }

    private void TakeSmall(World world, List<StateRow> rows)
    {
        foreach (var id in world.Dirty.ForgottenSessions)
        {
            rows.Add(new StateRow(StateKind.Session, KeyOf(id), null));
        }

        foreach (var handle in world.Dirty.Locks)
        {
            rows.Add(new StateRow(StateKind.Lock, KeyOf(handle), world.Locks.TryGetValue(handle, out var state) ? StateRows.Write(state, _writer) : null));
        }

        foreach (var handle in world.Dirty.Quotas)
        {
            rows.Add(new StateRow(StateKind.Quota, KeyOf(handle), world.Quotas.TryGetValue(handle, out var state) ? StateRows.Write(state, _writer) : null));
        }

        world.Dirty.ForgottenSessions.Clear();
        world.Dirty.Locks.Clear();
        world.Dirty.Quotas.Clear();
    }

    private void TakeSession(SessionTable sessions, int slot, List<StateRow> rows)
    {
        sessions.MarkClean(slot);
        if (sessions.At(slot) is { } session)
        {
            rows.Add(new StateRow(StateKind.Session, KeyOf(session.Id), SessionRows.Write(session, _writer, _part)));
        }
    }

    private void DropExpired(List<StateRow> rows)
    {
        var now = engine.SweepMoment.UnixMs;
        rows.AddRange(_stored.Where(item => item.DropAfterMs < now).Select(item => new StateRow(StateKind.Revocation, KeyOf(item.Sequence), null)));
        _stored.RemoveAll(item => item.DropAfterMs < now);
    }

    private static byte[] KeyOf(ulong sequence)
    {
        var key = new byte[8];
        BinaryPrimitives.WriteUInt64BigEndian(key, sequence);
        return key;
    }

    private static byte[] KeyOf(UInt128 id)
    {
        var key = new byte[16];
        BinaryPrimitives.WriteUInt128BigEndian(key, id);
        return key;
    }

    private static byte[] KeyOf(Handle handle)
    {
        var key = new byte[Handle.Size];
        handle.Write(key);
        return key;
    }
}
