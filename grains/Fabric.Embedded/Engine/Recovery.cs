using System.Buffers.Binary;
using System.Diagnostics;
using Fabric.Core.Common;
using Fabric.Core.Index;
using Fabric.Core.Keys;
using Fabric.Core.Leases;
using Fabric.Core.Lineages;
using Fabric.Core.Nodes;
using Fabric.Embedded.Keys;
using Fabric.Embedded.Storage;
using Fabric.Embedded.Storage.Audit;
using Fabric.Engine;
using Fabric.Engine.Feed;
using Microsoft.Extensions.Logging;

namespace Fabric.Embedded.Engine;

/// <summary>Opens an engine: files, master key, checkpoint, journal, in that order; then everything goes the way a live command goes.</summary>
internal static class Recovery
{
    internal static EmbeddedEngine Open(EmbeddedOptions options, TimeProvider time, ILogger logger)
    {
        if (options.Invalid() is { } invalid)
        {
            throw new FabricStartException(StartCodes.Configuration, invalid);
        }

        var opened = new Stack<IDisposable>();
        try
        {
            return Open(options, time, logger, opened);
        }
        catch
        {
            while (opened.TryPop(out var item))
            {
                item.Dispose();
            }

            throw;
        }
    }

    private static EmbeddedEngine Open(EmbeddedOptions options, TimeProvider time, ILogger logger, Stack<IDisposable> opened)
    {
        var start = Stopwatch.GetTimestamp();
        var folder = Opened(DataFolder.Open(options.DataFolder), opened);
        var journal = Opened(Journal.Open(folder, options.Journal, time), opened);
        var sealer = OpenSealer(folder, journal, options);
        var state = Opened(StateStore.Open(folder, journal.FabricId), opened);
        var audit = new AuditTrail(Opened(AuditStore.Open(folder.AuditFile, new AuditStoreOptions { FabricId = journal.FabricId }, time), opened));
        var notes = Opened(NoteFile.Open(folder, journal.FabricId, time), opened);
        var index = new RevocationIndex(RandomId.Next(), recordsMax: options.Counts.Index.Records);
        var keys = new KeyRing();
        var world = new World(new HandleSpace(journal.HandleSalt.Span));
        var startedAt = Instant.From(time.GetUtcNow());
        var checkpoint = new CheckpointReader(world, index, keys, startedAt);
        state.Load(checkpoint.Take);
        checkpoint.Finish();

        var epochs = NextEpoch(journal);
        var feed = new FeedHub(index, keys, new FeedStart(epochs.Epoch, checkpoint.Revision, epochs.Previous), options.Feed with { BoundsGrew = bounds => LeaseMark.NoteBounds(folder, bounds) }, time);
        var changes = new ChangeLog();
        var ledger = new Ledger(journal, world, index, feed, changes, audit);
        // What was issued before the checkpoint may run for as long as a credential can.
        ledger.StartAt(
            state.CoveredSequence, checkpoint.Revision, world.Sessions.Count == 0 ? default : startedAt + Limits.CredentialLifetimeMax);
        var parts = new EngineParts(
            options, time, logger, folder, journal, state, audit, index, keys, feed, changes, new SigningKeys(sealer, options.Issuer, options.StatusListTenants),
            new LoginSecrets(sealer), ledger, notes);
        var engine = new EmbeddedEngine(parts);
        foreach (var (sequence, dropAfterMs) in checkpoint.Revocations)
        {
            engine.Checkpointer.Stored(sequence, dropAfterMs);
        }

        journal.Repairing = damage => DamageMark.Leave(folder, damage);
        var replayed = Replay(journal, state.CoveredSequence, ledger, changes, startedAt);
        // What has expired takes no room from the first revocation on: the sweeper would need minutes for a full index.
        index.SweepAll(startedAt);
        world.DropKeys(keys, startedAt);
        var leftOver = LeftOver(folder, journal);
        journal.Start();
        feed.Open(leftOver);
        if (DamageMark.Read(folder) is { } damage)
        {
            FailSafe(engine, damage);
            DamageMark.Clear(folder);
        }

        engine.Sweeper.Start();
        EngineLog.Ready(logger, world.Sessions.Count, index.Count, feed.Head, replayed, (long)Stopwatch.GetElapsedTime(start).TotalMilliseconds);
        return engine;
    }

    private static T Opened<T>(T item, Stack<IDisposable> opened) where T : IDisposable
    {
        opened.Push(item);
        return item;
    }

    // INVARIANT D1: a changed or lost master key stops the start; no key is made anew beside data that another one sealed.
    private static KeySealer OpenSealer(DataFolder folder, Journal journal, EmbeddedOptions options)
    {
        const string CheckName = "master-key-check";

        // The check value, and not the journal, says whether anything can be sealed: a first start may have ended between the two.
        var check = journal.GetMeta(CheckName);
        var sealer = new KeySealer(MasterKey.Open(folder, options.MasterKey, dataExists: check is not null).Bytes);
        if (check is null)
        {
            journal.SetMeta(CheckName, sealer.CheckValue);
        }
        else if (!sealer.Matches(check))
        {
            throw new FabricStartException(
                StartCodes.MasterKeyChanged, "the master key is not the one that this data was written under: give the right key back, the data is intact");
        }

        return sealer;
    }

    private static (ulong Epoch, ulong Previous) NextEpoch(Journal journal)
    {
        const string Name = "epoch";
        var previous = journal.GetMeta(Name) is { Length: 8 } stored ? BinaryPrimitives.ReadUInt64BigEndian(stored) : 0;
        var epoch = previous + 1;
        var bytes = new byte[8];
        BinaryPrimitives.WriteUInt64BigEndian(bytes, epoch);
        journal.SetMeta(Name, bytes);
        return (epoch, previous);
    }

    // Changes of before the checkpoint are read once more for cursors of before the restart; what follows it is applied.
    private static long Replay(Journal journal, ulong covered, Ledger ledger, ChangeLog changes, Instant startedAt)
    {
        var from = covered > Checkpointer.ChangesKept ? covered - Checkpointer.ChangesKept : 0;
        var first = journal.FirstSequence;
        from = Math.Max(from, first == 0 ? 0 : first - 1);
        changes.StartAfter(from);
        var replayed = 0L;
        journal.Replay(Math.Min(from, covered), (sequence, record) =>
        {
            if (sequence <= covered)
            {
                ledger.ReplayChange(sequence, record);
            }
            else
            {
                ledger.Replay(sequence, record, startedAt);
                replayed++;
            }
        }, covered);
        return replayed;
    }

    // INVARIANT R1: leases of a run that did not end cleanly may still be out there; the longest bounds that any was given are outwaited. They stay
    // noted until a clean stop, because the run that waits for them may crash too.
    private static ClassBounds? LeftOver(DataFolder folder, Journal journal)
    {
        var returned = LeaseMark.Take(folder);
        if (journal.IsNew || (returned && journal.WasCleanShutdown))
        {
            LeaseMark.ForgetBounds(folder);
            return null;
        }

        return LeaseMark.Bounds(folder);
    }

    // A damaged journal may have lost revocations: what was issued before is not trusted any more.
    private static void FailSafe(EmbeddedEngine engine, string damage)
    {
        EngineLog.Damaged(engine.Logger, damage);
        lock (engine.Ledger.Gate)
        {
            var now = engine.Now;
            foreach (var tenant in engine.Ledger.World.Tenants.Values.Where(tenant => !tenant.State.Standing.Ended).ToList())
            {
                var decided = NodeDecider.Revoke(tenant.State.Standing, new RevokeNode(
                    new NodeRef(NodeKind.Tenant, tenant.State.Id, tenant.State.Id), tenant.State.Handle, false, "generation",
                    "the journal was damaged", now + Limits.SessionLifetimeMax + Limits.ApprovalWaitMax + Limits.ClockSkew, UInt128.Zero));
                var emitted = engine.Ledger.Emit_NeedsLock(Caller.Fabric.Name, now, [decided.Value!], reserved: true);
                if (!emitted.IsOk)
                {
                    throw new FabricStartException(StartCodes.JournalDamaged, $"the journal was damaged, and what was issued before cannot be revoked: {emitted.Rejection}");
                }
            }
        }

        if (!engine.Ledger.LastDurable.GetAwaiter().GetResult())
        {
            throw new FabricStartException(StartCodes.JournalDamaged, "the journal was damaged, and what was issued before cannot be revoked: storage takes no writes");
        }
    }
}
