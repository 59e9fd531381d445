using Fabric.Embedded.Storage;
using Fabric.Embedded.Storage.Sqlite;
using Fabric.Embedded.Tests.Fixtures;

namespace Fabric.Embedded.Tests.Storage;

public sealed class JournalTests
{
    [Fact]
    public async Task What_was_committed_is_replayed_in_order()
    {
        using var temp = new TempFolder();
        using (var open = new OpenJournal(temp.Path))
        {
            Assert.True(open.Journal.IsNew);
            await open.AppendNumbered(20);
        }

        using var again = new OpenJournal(temp.Path);
        Assert.False(again.Journal.IsNew);
        again.AssertNumbered(1, 20);
        Assert.Equal(20UL, again.Journal.HeadSequence);
        Assert.Equal(21UL, await again.Append([1]));
    }

    [Fact]
    public async Task Appends_of_many_threads_share_commits_and_keep_their_order()
    {
        using var temp = new TempFolder();
        const int Count = 20_000;
        using (var open = new OpenJournal(temp.Path))
        {
            var gate = new Lock();
            var tickets = new JournalTicket[Count];
            Parallel.For(0, Count, i =>
            {
                lock (gate)
                {
                    var next = open.Journal.HeadSequence + 1;
                    Assert.True(open.Journal.TryAppend(CrashChild.Record(next), out tickets[i]));
                    Assert.Equal(next, tickets[i].Sequence);
                }
            });
            Assert.All(await Task.WhenAll(tickets.Select(ticket => ticket.Committed)), Assert.True);
            Assert.True(open.Journal.Stats.Commits < Count);
            Assert.Equal((ulong)Count, open.Journal.CommittedSequence);
            Assert.Equal(0, open.Journal.Stats.BacklogRecords);
            Assert.Equal(0, open.Journal.Stats.BacklogBytes);
        }

        using var again = new OpenJournal(temp.Path);
        again.AssertNumbered(1, Count);
    }

    [Fact]
    public async Task Records_may_be_empty_or_large_but_not_larger_than_the_limit()
    {
        using var temp = new TempFolder();
        var large = new byte[JournalOptions.MaxRecordBytes];
        Random.Shared.NextBytes(large);
        using (var open = new OpenJournal(temp.Path))
        {
            await open.Append([]);
            await open.Append(large);
            Assert.Throws<ArgumentOutOfRangeException>(() => open.Journal.TryAppend(new byte[JournalOptions.MaxRecordBytes + 1], out _));
        }

        using var again = new OpenJournal(temp.Path);
        Assert.Equal([1UL, 2UL], again.Replayed.Select(entry => entry.Sequence));
        Assert.Empty(again.Replayed[0].Record);
        Assert.Equal(large, again.Replayed[1].Record);
    }

    [Fact]
    public async Task Replay_starts_after_what_the_checkpoint_covers()
    {
        using var temp = new TempFolder();
        using (var open = new OpenJournal(temp.Path))
        {
            await open.AppendNumbered(10);
        }

        using var again = new OpenJournal(temp.Path, after: 7);
        again.AssertNumbered(8, 10);
    }

    [Fact]
    public async Task Trimmed_rows_are_gone_and_the_chain_holds()
    {
        using var temp = new TempFolder();
        using (var open = new OpenJournal(temp.Path))
        {
            await open.AppendNumbered(300);
            open.Journal.TrimTo(250);
            while (open.Journal.FirstSequence != 251)
            {
                await open.AppendNumbered(1);
            }
        }

        using var again = new OpenJournal(temp.Path, after: 250);
        again.AssertNumbered(251, again.Journal.HeadSequence);
    }

    [Fact]
    public async Task Records_missing_between_checkpoint_and_journal_are_refused()
    {
        using var temp = new TempFolder();
        using (var open = new OpenJournal(temp.Path))
        {
            await open.AppendNumbered(100);
            open.Journal.TrimTo(100);
            while (open.Journal.FirstSequence != 101)
            {
                await open.AppendNumbered(1);
            }
        }

        var error = Assert.Throws<FabricStartException>(() => new OpenJournal(temp.Path, after: 50));
        Assert.Equal(StartCodes.JournalGap, error.Code);
    }

    [Fact]
    public async Task The_mark_of_a_clean_shutdown_is_set_at_the_end_only()
    {
        using var temp = new TempFolder();
        using (var open = new OpenJournal(temp.Path))
        {
            Assert.True(open.Journal.WasCleanShutdown);
            await open.AppendNumbered(1);
            CopyFolder(temp.Path, temp.In("copy"));
        }

        using (var clean = new OpenJournal(temp.Path))
        {
            Assert.True(clean.Journal.WasCleanShutdown);
        }

        using var crashed = new OpenJournal(temp.In("copy"));
        Assert.False(crashed.Journal.WasCleanShutdown);
        crashed.AssertNumbered(1, 1);
    }

    [Fact]
    public void Identity_and_values_of_the_owner_survive()
    {
        using var temp = new TempFolder();
        UInt128 id;
        byte[] salt;
        using (var open = new OpenJournal(temp.Path, beforeStart: journal => journal.SetMeta("epoch", [7])))
        {
            id = open.Journal.FabricId;
            salt = open.Journal.HandleSalt.ToArray();
            Assert.Throws<InvalidOperationException>(() => open.Journal.SetMeta("epoch", [8]));
        }

        byte[]? epoch = null;
        byte[]? none = null;
        using var again = new OpenJournal(temp.Path, beforeStart: journal => (epoch, none) = (journal.GetMeta("epoch"), journal.GetMeta("nothing")));
        Assert.Equal([7], epoch);
        Assert.Null(none);
        Assert.Equal(id, again.Journal.FabricId);
        Assert.Equal(salt, again.Journal.HandleSalt.ToArray());
        Assert.NotEqual(UInt128.Zero, id);
    }

    [Fact]
    public void A_changed_identity_is_seen()
    {
        using var temp = new TempFolder();
        new OpenJournal(temp.Path).Dispose();
        Sql.Run(temp.In("journal.db"), "UPDATE meta SET value = (SELECT value FROM meta WHERE key = 'fabric') WHERE key = 'handle.salt'");
        var error = Assert.Throws<FabricStartException>(() => new OpenJournal(temp.Path));
        Assert.Equal(StartCodes.JournalDamaged, error.Code);
    }

    [Fact]
    public void A_newer_format_is_refused()
    {
        using var temp = new TempFolder();
        new OpenJournal(temp.Path).Dispose();
        Sql.Meta(temp.In("journal.db"), meta => meta.SetNumber(MetaTable.FormatKey, 2));
        var error = Assert.Throws<FabricStartException>(() => new OpenJournal(temp.Path));
        Assert.Equal(StartCodes.FormatNewer, error.Code);
    }

    [Fact]
    public void A_journal_missing_beside_other_data_is_refused_and_not_made_anew()
    {
        using var temp = new TempFolder();
        new OpenJournal(temp.Path).Dispose();
        File.Delete(temp.In("journal.db"));
        var error = Assert.Throws<FabricStartException>(() => new OpenJournal(temp.Path));
        Assert.Equal(StartCodes.JournalMissing, error.Code);
        Assert.False(File.Exists(temp.In("journal.db")));
    }

    [Fact]
    public void Appends_before_the_start_and_after_the_end_are_bugs()
    {
        using var temp = new TempFolder();
        using var folder = DataFolder.Open(temp.Path);
        using var journal = Journal.Open(folder);
        Assert.Throws<InvalidOperationException>(() => journal.TryAppend([1], out _));
        Assert.Throws<InvalidOperationException>(journal.Start);
        journal.Replay(0, static (_, _) => { });
        journal.Start();
        journal.Dispose();
        Assert.Throws<ObjectDisposedException>(() => journal.TryAppend([1], out _));
    }

    internal static void CopyFolder(string from, string to)
    {
        Directory.CreateDirectory(to);
        foreach (var file in Directory.GetFiles(from).Where(file => !file.EndsWith(".lock", StringComparison.Ordinal)))
        {
            File.Copy(file, Path.Combine(to, Path.GetFileName(file)), overwrite: true);
        }
    }
}
