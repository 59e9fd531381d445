using Fabric.Embedded.Storage;
using Fabric.Embedded.Tests.Fixtures;
using Fabric.Testing;

namespace Fabric.Embedded.Tests.Storage;

public sealed class JournalFailureTests
{
    private static readonly byte[] Big = new byte[32 << 10];

    [MountFact]
    [Trait("Invariant", "D1")]
    public async Task A_full_disk_acknowledges_nothing_keeps_the_order_and_recovers()
    {
        using var mount = new Mount(2048);
        var time = new ManualTimeProvider();
        var health = new List<StorageHealth>();
        var green = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        void Changed(StorageHealth change)
        {
            health.Add(change);
            if (change.IsHealthy)
            {
                green.SetResult();
            }
        }

        using (var open = new OpenJournal(mount.Path, time: time, beforeStart: journal => journal.HealthChanged = Changed))
        {
            await open.AppendNumbered(5);
            mount.Fill();
            Assert.True(open.Journal.TryAppend(Big, out var first));
            Assert.False(await first.Committed);
            await time.WhenArmed();
            Assert.False(open.Journal.Health.IsHealthy);
            Assert.Contains("full", open.Journal.Health.Reason, StringComparison.Ordinal);

            // While it fails a ticket says so at once, and the record is queued behind the first.
            Assert.True(open.Journal.TryAppend(CrashChild.Record(7), out var second));
            Assert.True(second.Committed.IsCompletedSuccessfully && !await second.Committed);
            Assert.Equal(5UL, open.Journal.CommittedSequence);
            Assert.Equal(2, open.Journal.Stats.BacklogRecords);

            // A retry that fails again changes nothing.
            time.Advance(Backoff.First);
            await time.WhenArmed();
            Assert.Equal(5UL, open.Journal.CommittedSequence);
            Assert.Single(health);

            mount.Free();
            time.Advance(Backoff.Longest);
            await green.Task;
            await open.AppendNumbered(1);
            Assert.True(open.Journal.Health.IsHealthy);
            Assert.Equal([false, true], health.Select(change => change.IsHealthy));
            Assert.Equal(8UL, open.Journal.CommittedSequence);
            Assert.Equal(0, open.Journal.Stats.BacklogRecords);
        }

        using var again = new OpenJournal(mount.Path);
        Assert.True(again.Journal.WasCleanShutdown);
        Assert.Equal([1UL, 2UL, 3UL, 4UL, 5UL, 6UL, 7UL, 8UL], again.Replayed.Select(entry => entry.Sequence));
        Assert.Equal(Big, again.Replayed[5].Record);
        Assert.Equal(CrashChild.Record(7), again.Replayed[6].Record);
    }

    [MountFact]
    [Trait("Invariant", "B1")]
    public async Task The_backlog_is_bounded_and_its_reserve_is_for_revocations()
    {
        using var mount = new Mount(2048);
        var time = new ManualTimeProvider();
        using var open = new OpenJournal(mount.Path, new JournalOptions { MaxBacklogRecords = 8 }, time);
        mount.Fill();
        Assert.True(open.Journal.TryAppend(Big, out var first));
        Assert.False(await first.Committed);
        for (var i = 0; i < 5; i++)
        {
            Assert.True(open.Journal.TryAppend([1], out _));
        }

        Assert.False(open.Journal.TryAppend([1], out _));
        Assert.True(open.Journal.TryAppend([2], out _, reserved: true));
        Assert.True(open.Journal.TryAppend([2], out _, reserved: true));
        Assert.False(open.Journal.TryAppend([2], out _, reserved: true));
        Assert.Equal(8, open.Journal.Stats.BacklogRecords);

        mount.Free();
        await time.WhenArmed();
        time.Advance(Backoff.Longest);
        await Drained(open.Journal);
        await open.Append([3]);
        Assert.Equal(9UL, open.Journal.CommittedSequence);
    }

    [MountFact]
    public async Task Closing_while_the_disk_is_full_keeps_what_was_acknowledged_and_leaves_no_clean_mark()
    {
        using var mount = new Mount(2048);
        var time = new ManualTimeProvider();
        using (var open = new OpenJournal(mount.Path, time: time))
        {
            await open.AppendNumbered(5);
            mount.Fill();
            Assert.True(open.Journal.TryAppend(Big, out var ticket));
            Assert.False(await ticket.Committed);
        }

        mount.Free();
        using var again = new OpenJournal(mount.Path);
        Assert.False(again.Journal.WasCleanShutdown);
        again.AssertNumbered(1, 5);
    }

    [MountFact]
    public void A_disk_that_is_full_at_the_start_is_a_start_error()
    {
        using var mount = new Mount(512);
        new OpenJournal(mount.Path).Dispose();
        mount.Fill();
        var error = Assert.Throws<FabricStartException>(() => new OpenJournal(mount.Path));
        Assert.True(error.Code is StartCodes.StorageUnavailable or StartCodes.FolderNotWritable, error.Code);
    }

    [ImmutableFact]
    [Trait("Invariant", "D1")]
    public async Task A_disk_that_goes_read_only_under_way_acknowledges_nothing_and_recovers()
    {
        using var temp = new TempFolder();
        var time = new ManualTimeProvider();
        using var open = new OpenJournal(temp.Path, time: time);
        await open.AppendNumbered(3);
        string[] files = [temp.In("journal.db"), temp.In("journal.db-wal")];
        Array.ForEach(files, file => ImmutableFactAttribute.Set(file, immutable: true));
        try
        {
            Assert.True(open.Journal.TryAppend(CrashChild.Record(4), out var ticket));
            Assert.False(await ticket.Committed);
            await time.WhenArmed();

            // The retry opens the file anew, which SQLite then does for reading only.
            time.Advance(Backoff.First);
            await time.WhenArmed();
            Assert.False(open.Journal.Health.IsHealthy);
            Assert.Contains("read-only", open.Journal.Health.Reason, StringComparison.Ordinal);
            Assert.Equal(3UL, open.Journal.CommittedSequence);
        }
        finally
        {
            Array.ForEach(files, file => ImmutableFactAttribute.Set(file, immutable: false));
        }

        time.Advance(Backoff.Longest);
        await Drained(open.Journal);
        await open.Append(CrashChild.Record(5));
        Assert.True(open.Journal.Health.IsHealthy);
    }

    [ImmutableFact]
    public void Files_that_cannot_be_written_are_a_start_error()
    {
        using var temp = new TempFolder();
        new OpenJournal(temp.Path).Dispose();
        ImmutableFactAttribute.Set(temp.In("journal.db"), immutable: true);
        try
        {
            Assert.Equal(StartCodes.StorageUnavailable, Assert.Throws<FabricStartException>(() => new OpenJournal(temp.Path)).Code);
        }
        finally
        {
            ImmutableFactAttribute.Set(temp.In("journal.db"), immutable: false);
        }
    }

    /// <summary>Waits until the backlog has room again, by the commits themselves.</summary>
    private static async Task Drained(Journal journal)
    {
        while (journal.Stats.BacklogRecords > 0)
        {
            await Task.Yield();
        }
    }
}
