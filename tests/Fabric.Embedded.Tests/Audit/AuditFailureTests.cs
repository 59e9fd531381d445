using Fabric.Embedded.Storage;
using Fabric.Embedded.Storage.Audit;
using Fabric.Embedded.Tests.Fixtures;
using Fabric.Testing;

namespace Fabric.Embedded.Tests.Audit;

public sealed class AuditFailureTests
{
    [Fact]
    [Trait("Invariant", "B1")]
    public async Task The_spool_stops_issuance_first_then_refuses()
    {
        using var temp = new TempFolder();
        using var audit = new OpenAudit(temp.Path, new AuditStoreOptions { MaxSpoolRecords = 8 }, new ManualTimeProvider());
        for (var i = 0; i < 8; i++)
        {
            Assert.Equal(i < 6, audit.Store.IsTaking);
            Assert.Equal(i < 6, audit.Store.Health.IsHealthy);
            Assert.True(audit.Store.TryAdd(audit.Usage("u")));
        }

        Assert.False(audit.Store.TryAdd(audit.Usage("u")));
        Assert.True(await audit.Store.FlushAsync());
        Assert.True(audit.Store.IsTaking && audit.Store.Health.IsHealthy);
        Assert.True(audit.Store.TryAdd(audit.Usage("u")));
    }

    [Fact]
    [Trait("Invariant", "B1")]
    public void The_bytes_of_the_spool_are_bounded_too()
    {
        using var temp = new TempFolder();
        using var audit = new OpenAudit(temp.Path, new AuditStoreOptions { MaxSpoolBytes = 10_000 }, new ManualTimeProvider());
        Assert.False(audit.Store.TryAdd(audit.Usage(new string('x', 5_000))));
        Assert.True(audit.Store.TryAdd(audit.Usage(new string('x', 4_000))));
        Assert.False(audit.Store.IsTaking);
        Assert.False(audit.Store.TryAdd(audit.Event(1, "credentials.revoked", "ids", ids: new UInt128[1_000])));
    }

    [Fact]
    [Trait("Invariant", "A1")]
    public async Task A_refused_record_of_the_journal_holds_the_last_sequence_until_it_is_fed_again()
    {
        using var temp = new TempFolder();
        using (var audit = new OpenAudit(temp.Path, new AuditStoreOptions { MaxSpoolRecords = 2 }, new ManualTimeProvider()))
        {
            Assert.True(audit.Store.TryAdd(audit.Event(1, "k", "1")));
            Assert.True(audit.Store.TryAdd(audit.Event(2, "k", "2")));
            Assert.False(audit.Store.TryAdd(audit.Event(3, "k", "3")));
            Assert.True(await audit.Store.FlushAsync());
            await audit.Add(audit.Event(4, "k", "4"));
            audit.Store.Complete(4);
            Assert.Equal((2, 3), (audit.Store.LastSequence, audit.Store.MissingFrom));
            Assert.Equal(["1", "2", "4"], audit.Details(new AuditFilter { OldestFirst = true }));
        }

        using (var audit = new OpenAudit(temp.Path, new AuditStoreOptions { MaxSpoolRecords = 2 }, new ManualTimeProvider()))
        {
            Assert.Equal((2, 0), (audit.Store.LastSequence, audit.Store.MissingFrom));
            await audit.Add(audit.Event(3, "k", "3"), audit.Event(4, "k", "4"));
            audit.Store.Complete(4);
            Assert.Equal(4, audit.Store.LastSequence);

            await audit.Add(audit.Event(5, "k", "5"), audit.Event(6, "k", "6"));
            Assert.True(audit.Store.TryAdd(audit.Usage("u")));
            Assert.True(audit.Store.TryAdd(audit.Usage("v")));
            Assert.False(audit.Store.TryAdd(audit.Event(7, "k", "7")));
            Assert.False(audit.Store.TryAdd(audit.Event(8, "k", "8")));
            Assert.True(await audit.Store.FlushAsync());
            Assert.True(audit.Store.TryAdd(audit.Event(7, "k", "7")));
            audit.Store.FedAgain(7);
            Assert.Equal(8, audit.Store.MissingFrom);
            Assert.True(await audit.Store.FlushAsync());
            Assert.Equal(7, audit.Store.LastSequence);
            await audit.Add(audit.Event(8, "k", "8"));
            audit.Store.FedAgain(8);
            audit.Store.Complete(8);
            Assert.Equal((8, 0), (audit.Store.LastSequence, audit.Store.MissingFrom));
        }
    }

    [MountFact]
    [Trait("Invariant", "A1")]
    public async Task A_full_disk_keeps_the_spool_turns_red_and_recovers()
    {
        using var mount = new Mount(4096);
        var time = new ManualTimeProvider();
        using (var audit = new OpenAudit(mount.Path, time: time))
        {
            var health = new List<bool>();
            audit.Store.HealthChanged = change => health.Add(change.IsHealthy);
            await audit.Add(audit.Event(1, "session.opened", "before"));
            mount.Fill();
            for (var i = 0; i < 2_000; i++)
            {
                Assert.True(audit.Store.TryAdd(audit.Usage("during")));
            }

            Assert.True(audit.Store.TryAdd(audit.Event(2, "session.ended", "last")));
            Assert.False(await audit.Store.FlushAsync());
            await time.WhenArmed();
            Assert.False(audit.Store.IsTaking);
            Assert.False(audit.Store.Health.IsHealthy);
            Assert.Equal([false], health);
            Assert.Equal(2_001, audit.Store.Waiting.Records);
            Assert.Equal(0, audit.Store.LastSequence);
            Assert.Equal(["before"], audit.Details(new AuditFilter()));

            // While it fails nobody waits, and a retry that fails again changes nothing.
            Assert.False(await audit.Store.FlushAsync());
            Assert.Equal(0, await audit.Store.TrimAsync(audit.NowMs, 100));
            time.Advance(Backoff.First);
            await time.WhenArmed();
            Assert.Equal(2_001, audit.Store.Waiting.Records);

            mount.Free();
            time.Advance(Backoff.Longest);
            while (!audit.Store.IsTaking)
            {
                await Task.Yield();
            }

            Assert.True(await audit.Store.FlushAsync());
            audit.Store.Complete(2);
            Assert.True(audit.Store.Health.IsHealthy);
            Assert.Equal(2, audit.Store.LastSequence);
        }

        Assert.Equal(2_000, Sql.Number(Path.Combine(mount.Path, "audit.db"), "SELECT count(*) FROM record WHERE seq IS NULL"));
        Assert.Equal(2, Sql.Number(Path.Combine(mount.Path, "audit.db"), "SELECT count(*) FROM record WHERE seq IS NOT NULL"));
    }

    [MountFact]
    public async Task Closing_while_the_disk_is_full_gives_up_and_keeps_what_is_committed()
    {
        using var mount = new Mount(4096);
        var time = new ManualTimeProvider();
        using (var audit = new OpenAudit(mount.Path, time: time))
        {
            await audit.Add(audit.Event(1, "session.opened", "kept"), audit.Event(2, "session.opened", "kept too"));
            mount.Fill();
            for (var i = 0; i < 2_000; i++)
            {
                Assert.True(audit.Store.TryAdd(audit.Usage("lost")));
            }
        }

        mount.Free();
        using var again = new OpenAudit(mount.Path, time: time);
        Assert.Equal(["kept", "kept too"], again.Details(new AuditFilter { OldestFirst = true }));
        Assert.Equal(1, again.Store.LastSequence);
    }

    [MountFact]
    public void A_read_only_disk_is_a_start_error()
    {
        using var mount = new Mount(4096);
        new OpenAudit(mount.Path).Dispose();
        mount.MakeReadOnly();
        Assert.Equal(StartCodes.StorageUnavailable, Assert.Throws<FabricStartException>(() => new OpenAudit(mount.Path)).Code);
    }

    [Fact]
    public async Task A_file_that_somebody_else_locks_is_written_once_it_is_free()
    {
        using var temp = new TempFolder();
        var time = new ManualTimeProvider();
        using var audit = new OpenAudit(temp.Path, time: time);
        await audit.Add(audit.Usage("a"));
        await audit.Add(audit.Usage("b"));

        // Another writer holds the file for longer than the store waits for it: the commit fails, and the file is opened again.
        using (var other = Fabric.Embedded.Storage.Sqlite.SqliteFile.Open(audit.Path))
        {
            other.Run("BEGIN IMMEDIATE");
            Assert.True(audit.Store.TryAdd(audit.Usage("c")));
            Assert.False(await audit.Store.FlushAsync());
            await time.WhenArmed();
            other.Run("ROLLBACK");
        }

        time.Advance(Backoff.Longest);
        while (!audit.Store.IsTaking)
        {
            await Task.Yield();
        }

        Assert.Equal(["a", "b", "c"], audit.Details(new AuditFilter { OldestFirst = true }));
    }
}
