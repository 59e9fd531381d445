using Fabric.Embedded.Storage;
using Fabric.Embedded.Tests.Fixtures;
using Xunit.Abstractions;

namespace Fabric.Embedded.Tests.Storage;

public sealed class JournalDamageTests(ITestOutputHelper output)
{
    private static readonly JournalOptions KeepPrefix = new() { OnDamage = DamagePolicy.KeepPrefix };

    [Fact]
    [Trait("Invariant", "D1")]
    public async Task A_changed_row_is_reported_with_its_position_and_all_before_it_is_kept()
    {
        using var temp = new TempFolder();
        await Fill(temp.Path, 40);
        Sql.Run(temp.In("journal.db"), "UPDATE batch SET data = zeroblob(length(data)) WHERE first = 31");

        var error = Assert.Throws<FabricStartException>(() => new OpenJournal(temp.Path));
        Assert.Equal(StartCodes.JournalDamaged, error.Code);
        Assert.Contains("sequence 31", error.Message, StringComparison.Ordinal);
        Assert.Contains("row 31", error.Message, StringComparison.Ordinal);
        Assert.Contains("31 to 40", error.Message, StringComparison.Ordinal);

        using (var open = new OpenJournal(temp.Path, KeepPrefix))
        {
            open.AssertNumbered(1, 30);
            Assert.Equal(new JournalDamage(31, 31, 40, open.Journal.Damage!.Reason), open.Journal.Damage);
            Assert.True(File.Exists(temp.In("journal.db.damaged-1")));

            // Numbers that were handed out are not used again for something else.
            Assert.Equal(41UL, await open.Append(CrashChild.Record(41)));
        }

        using var again = new OpenJournal(temp.Path);
        Assert.Null(again.Journal.Damage);
        Assert.Equal([.. Enumerable.Range(1, 30).Select(n => (ulong)n), 41UL], again.Replayed.Select(entry => entry.Sequence));
    }

    [Fact]
    [Trait("Invariant", "R1")]
    public async Task Who_must_make_good_for_lost_records_is_told_before_the_journal_is_repaired()
    {
        using var temp = new TempFolder();
        await Fill(temp.Path, 40);
        Sql.Run(temp.In("journal.db"), "UPDATE batch SET data = zeroblob(length(data)) WHERE first = 31");

        using var folder = DataFolder.Open(temp.Path);
        using var journal = Journal.Open(folder, KeepPrefix);
        journal.Repairing = damage => throw new InvalidOperationException(damage.ToString());
        Assert.Throws<InvalidOperationException>(() => journal.Replay(0, (_, _) => { }));
        Assert.False(File.Exists(temp.In("journal.db.damaged-1")));
    }

    [Theory]
    [InlineData("DELETE FROM batch WHERE first = 31", 31)]
    [InlineData("DELETE FROM batch WHERE first >= 31", 31)]
    [InlineData("UPDATE batch SET last = 32 WHERE first = 31", 31)]
    [InlineData("UPDATE batch SET hash = zeroblob(16) WHERE first = 31", 31)]
    [InlineData("UPDATE batch SET data = (SELECT data FROM batch WHERE first = 30) WHERE first = 31", 31)]
    [InlineData("DELETE FROM batch", 1)]
    [InlineData("DROP TABLE batch", 1)]
    public async Task No_row_can_change_or_vanish_unseen(string spoil, int position)
    {
        using var temp = new TempFolder();
        await Fill(temp.Path, 40);
        Sql.Run(temp.In("journal.db"), spoil);
        var error = Assert.Throws<FabricStartException>(() => new OpenJournal(temp.Path));
        Assert.Equal(StartCodes.JournalDamaged, error.Code);
        Assert.True(spoil.StartsWith("DROP", StringComparison.Ordinal) || error.Message.Contains($"sequence {position} ", StringComparison.Ordinal), error.Message);
    }

    [Fact]
    [Trait("Invariant", "D1")]
    public async Task A_lost_or_damaged_tail_of_the_WAL_is_seen()
    {
        using var temp = new TempFolder();
        await Crash(temp, 40);
        var wal = temp.In("crashed/journal.db-wal");
        Assert.True(new FileInfo(wal).Length > 0);
        using (var stream = File.OpenWrite(wal))
        {
            stream.SetLength(stream.Length - 1000);
        }

        var error = Assert.Throws<FabricStartException>(() => new OpenJournal(temp.In("crashed")));
        Assert.Equal(StartCodes.JournalDamaged, error.Code);
        Assert.Contains("sequence 40 ", error.Message, StringComparison.Ordinal);

        using var open = new OpenJournal(temp.In("crashed"), KeepPrefix);
        open.AssertNumbered(1, 39);
        Assert.Equal(40UL, open.Journal.Damage!.LostThrough);
    }

    [Fact]
    public async Task A_lost_WAL_is_seen()
    {
        using var temp = new TempFolder();
        await Crash(temp, 40);
        File.Delete(temp.In("crashed/journal.db-wal"));
        var error = Assert.Throws<FabricStartException>(() => new OpenJournal(temp.In("crashed")));
        Assert.True(error.Code is StartCodes.JournalDamaged or StartCodes.JournalMissing, error.Code);
    }

    [Fact]
    [Trait("Invariant", "D1")]
    public async Task A_truncated_file_keeps_what_comes_before_the_cut()
    {
        using var temp = new TempFolder();
        await Fill(temp.Path, 400);
        using (var stream = File.OpenWrite(temp.In("journal.db")))
        {
            stream.SetLength(stream.Length / 2);
        }

        var error = Assert.Throws<FabricStartException>(() => new OpenJournal(temp.Path));
        Assert.Equal(StartCodes.JournalDamaged, error.Code);
        Assert.Contains("damaged at sequence", error.Message, StringComparison.Ordinal);

        using var open = new OpenJournal(temp.Path, KeepPrefix);
        Assert.InRange(open.Journal.Damage!.Sequence, 100UL, 300UL);
        open.AssertNumbered(1, open.Journal.Damage.Sequence - 1);
        Assert.Equal(401UL, await open.Append([1]));
    }

    [Theory]
    [InlineData(DamagePolicy.Refuse)]
    [InlineData(DamagePolicy.KeepPrefix)]
    public async Task A_journal_whose_start_is_gone_is_refused_whatever_the_policy(DamagePolicy policy)
    {
        using var temp = new TempFolder();
        await Fill(temp.Path, 10);
        using (var stream = File.OpenWrite(temp.In("journal.db")))
        {
            stream.Write(new byte[4096]);
        }

        var error = Assert.Throws<FabricStartException>(() => new OpenJournal(temp.Path, new JournalOptions { OnDamage = policy }));
        Assert.Equal(StartCodes.JournalDamaged, error.Code);
        Assert.Contains("backup", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_emptied_journal_is_not_taken_for_a_new_one()
    {
        using var temp = new TempFolder();
        await Fill(temp.Path, 10);
        File.WriteAllBytes(temp.In("journal.db"), []);
        var error = Assert.Throws<FabricStartException>(() => new OpenJournal(temp.Path, KeepPrefix));
        Assert.Equal(StartCodes.JournalMissing, error.Code);
    }

    [Fact]
    public async Task A_journal_that_ends_before_the_checkpoint_is_damaged()
    {
        using var temp = new TempFolder();
        await Fill(temp.Path, 10);
        var error = Assert.Throws<FabricStartException>(() => new OpenJournal(temp.Path, after: 15));
        Assert.Equal(StartCodes.JournalDamaged, error.Code);
        using var open = new OpenJournal(temp.Path, KeepPrefix, after: 15);
        Assert.Empty(open.Replayed);
        Assert.Equal(16UL, await open.Append([1]));
    }

    [Fact]
    public async Task A_journal_that_ends_before_the_checkpoint_is_damaged_also_when_older_records_are_read_again()
    {
        using var temp = new TempFolder();
        await Fill(temp.Path, 10);
        File.Delete(temp.In("journal.head"));
        using var folder = DataFolder.Open(temp.Path);
        using var journal = Journal.Open(folder);
        var error = Assert.Throws<FabricStartException>(() => journal.Replay(5, static (_, _) => { }, coveredSequence: 15));
        Assert.Equal(StartCodes.JournalDamaged, error.Code);
    }

    [Fact]
    [Trait("Invariant", "D1")]
    public async Task Random_damage_never_yields_anything_but_a_prefix()
    {
        var seed = Random.Shared.Next();
        output.WriteLine($"seed {seed}");
        var random = new Random(seed);
        using var temp = new TempFolder();
        await Crash(temp, 200);
        var refused = 0;
        for (var round = 0; round < 40; round++)
        {
            var path = temp.In($"round-{round}");
            JournalTests.CopyFolder(temp.In(random.Next(2) == 0 ? "crashed" : "closed"), path);
            var what = Spoil(path, random);
            try
            {
                using var open = new OpenJournal(path, KeepPrefix);
                var kept = open.Journal.Damage is { } damage ? damage.Sequence - 1 : 200;
                Assert.True(kept <= 200, what);
                open.AssertNumbered(1, kept);
                Assert.Equal(201UL, await open.Append([1]));
            }
            catch (FabricStartException e) when (e.Code is StartCodes.JournalDamaged or StartCodes.JournalMissing or StartCodes.FormatNewer)
            {
                refused++;
            }
        }

        output.WriteLine($"refused {refused} of 40");
    }

    private static string Spoil(string folder, Random random)
    {
        var files = ((string[])["journal.db", "journal.db-wal"]).Select(name => Path.Combine(folder, name)).Where(File.Exists).ToArray();
        var file = files[random.Next(files.Length)];
        using var stream = new FileStream(file, FileMode.Open, FileAccess.ReadWrite);
        var at = random.NextInt64(stream.Length);
        if (random.Next(3) == 0)
        {
            stream.SetLength(at);
            return $"{file} cut at {at}";
        }

        var noise = new byte[random.Next(1, 64)];
        random.NextBytes(noise);
        stream.Position = at;
        stream.Write(noise.AsSpan(0, (int)Math.Min(noise.Length, stream.Length - at)));
        return $"{file} overwritten at {at}";
    }

    private static async Task Fill(string path, int count)
    {
        using var open = new OpenJournal(path);
        await open.AppendNumbered(count);
    }

    /// <summary>Leaves two folders: `crashed`, as kill -9 leaves it, with the records in the WAL; and `closed`.</summary>
    private static async Task Crash(TempFolder temp, int count)
    {
        using (var open = new OpenJournal(temp.In("closed")))
        {
            await open.AppendNumbered(count);
            JournalTests.CopyFolder(temp.In("closed"), temp.In("crashed"));
        }
    }
}
