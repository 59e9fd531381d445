using Fabric.Embedded.Storage;
using Fabric.Embedded.Storage.Audit;
using Fabric.Embedded.Storage.Sqlite;
using Fabric.Embedded.Tests.Fixtures;
using Fabric.Testing;

namespace Fabric.Embedded.Tests.Audit;

public sealed class AuditStoreTests
{
    [Fact]
    [Trait("Invariant", "A1")]
    public async Task A_record_comes_back_as_it_was_added_also_after_a_restart()
    {
        using var temp = new TempFolder();
        AuditRecord made;
        using (var audit = new OpenAudit(temp.Path))
        {
            made = new AuditRecord
            {
                Sequence = 7,
                Part = 2,
                TimeMs = audit.NowMs,
                Kind = "session.opened",
                Tenant = "acme",
                User = "ann",
                Agent = "bot",
                SessionId = 11,
                Credential = 12,
                Tool = "mail",
                Action = "send",
                Resource = "inbox/`ü",
                Purpose = "answer mail",
                Reason = "asked",
                By = "key:ops",
                DelegatedFrom = 13,
                Revision = ulong.MaxValue,
                Count = 14,
                FirstMs = 15,
                LastMs = 16,
                Detail = "{}",
                PreviousCredential = UInt128.MaxValue,
            };
            await audit.Add(made, new AuditRecord { Kind = AuditRecord.UsageKind, Tenant = "" });
        }

        using var again = new OpenAudit(temp.Path);
        var found = again.Store.Query(new AuditFilter { OldestFirst = true });
        Assert.Equal(2, found.Count);
        foreach (var property in typeof(AuditRecord).GetProperties().Where(property => property.Name != nameof(AuditRecord.CredentialIds)))
        {
            Assert.Equal(property.GetValue(made), property.GetValue(found[0].Record));
        }

        var bare = found[1].Record;
        Assert.Null(bare.User);
        Assert.Null(bare.Resource);
        Assert.Equal((UInt128.Zero, 0L, ""), (bare.SessionId, bare.Sequence, bare.Tenant));
    }

    [Fact]
    [Trait("Invariant", "A1")]
    public async Task What_is_fed_again_is_stored_once()
    {
        using var temp = new TempFolder();
        UInt128 credential;
        using (var audit = new OpenAudit(temp.Path))
        {
            credential = OpenAudit.Id(audit.NowMs, 1);
            await Feed(audit);
            await Feed(audit);
        }

        using var again = new OpenAudit(temp.Path);
        Assert.Equal(2, again.Store.LastSequence);
        await Feed(again);
        Assert.Equal(["a0", "a1", "b", "c"], again.Details(new AuditFilter { OldestFirst = true }));
        Assert.Equal(1, again.Store.CountLiveCredentials(_ => true, again.NowMs, (_, _) => true));

        async Task Feed(OpenAudit audit) => await audit.Add(audit.Event(1, "session.opened", "a0"), audit.Event(1, "session.approved", "a1", part: 1),
            audit.Issued(2, "b", 5, long.MaxValue, credential), audit.Event(3, "session.ended", "c"));
    }

    [Fact]
    public async Task The_last_sequence_moves_when_a_transaction_is_known_to_be_complete()
    {
        using var temp = new TempFolder();
        using var audit = new OpenAudit(temp.Path);
        Assert.Equal(0, audit.Store.LastSequence);
        await audit.Add(audit.Event(5, "session.opened", "a"));
        Assert.Equal(4, audit.Store.LastSequence);
        await audit.Add(audit.Event(5, "session.approved", "b", part: 1));
        Assert.Equal(4, audit.Store.LastSequence);
        audit.Store.Complete(5);
        Assert.Equal(5, audit.Store.LastSequence);
        await audit.Add(audit.Usage("u"), audit.Event(9, "session.ended", "c"));
        Assert.Equal(8, audit.Store.LastSequence);
        audit.Store.Complete(12);
        Assert.Equal(12, audit.Store.LastSequence);
    }

    [Fact]
    public async Task Usage_is_counted_each_time_it_is_added()
    {
        using var temp = new TempFolder();
        using var audit = new OpenAudit(temp.Path);
        var usage = audit.Usage("u");
        await audit.Add(usage, usage);
        Assert.Equal(["u", "u"], audit.Details(new AuditFilter()));
    }

    [Fact]
    public async Task A_record_waits_for_company_and_a_flush_does_not()
    {
        using var temp = new TempFolder();
        var time = new ManualTimeProvider();
        using var audit = new OpenAudit(temp.Path, time: time);
        Assert.True(audit.Store.TryAdd(audit.Usage("a")));
        await time.WhenArmed();
        Assert.Equal(1, audit.Store.Waiting.Records);
        Assert.True(await audit.Store.FlushAsync());
        Assert.Equal((0L, 0L), audit.Store.Waiting);

        Assert.True(audit.Store.TryAdd(audit.Usage("b")));
        await time.WhenArmed();
        time.Advance(new AuditStoreOptions().Linger);
        while (audit.Store.Waiting.Records > 0)
        {
            await Task.Yield();
        }

        Assert.Equal(["b", "a"], audit.Details(new AuditFilter()));
    }

    [Fact]
    public void Closing_commits_what_is_queued()
    {
        using var temp = new TempFolder();
        using (var audit = new OpenAudit(temp.Path, time: new ManualTimeProvider()))
        {
            for (var i = 0; i < 10_000; i++)
            {
                Assert.True(audit.Store.TryAdd(audit.Usage("u")));
            }
        }

        Assert.Equal(10_000, Sql.Number(temp.In("audit.db"), "SELECT count(*) FROM record"));
    }

    [Fact]
    public async Task A_wrong_clock_of_an_edge_moves_no_record_out_of_reach()
    {
        using var temp = new TempFolder();
        using var audit = new OpenAudit(temp.Path);
        await audit.Add(audit.Usage("early", timeMs: 1), audit.Usage("late", timeMs: long.MaxValue), audit.Event(1, "session.opened", "journal", timeMs: 1));
        var times = audit.Store.Query(new AuditFilter { OldestFirst = true }).Select(found => found.Record.TimeMs).ToArray();
        Assert.InRange(times[0], audit.NowMs - (8L * 24 * 3_600_000), audit.NowMs);
        Assert.InRange(times[1], audit.NowMs, audit.NowMs + 300_000);
        Assert.Equal(1, times[2]);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(4096)]
    public async Task A_damaged_file_is_a_start_error_that_says_what_to_do(int at)
    {
        using var temp = new TempFolder();
        using (var audit = new OpenAudit(temp.Path))
        {
            await audit.Add(audit.Usage("u"));
        }

        using (var file = File.OpenHandle(temp.In("audit.db"), FileMode.Open, FileAccess.ReadWrite))
        {
            RandomAccess.Write(file, Enumerable.Repeat((byte)0xA5, 4096).ToArray(), at);
        }

        var error = Assert.Throws<FabricStartException>(() => new OpenAudit(temp.Path));
        Assert.Equal(StartCodes.AuditDamaged, error.Code);
        Assert.Contains(temp.In("audit.db"), error.Message, StringComparison.Ordinal);
        Assert.Contains("move it", error.Message, StringComparison.Ordinal);

        File.Delete(temp.In("audit.db"));
        using var fresh = new OpenAudit(temp.Path);
        Assert.Equal(0, fresh.Store.LastSequence);
    }

    [Fact]
    public void A_file_of_another_fabric_or_of_a_newer_version_is_refused()
    {
        using var temp = new TempFolder();
        new OpenAudit(temp.Path, new AuditStoreOptions { FabricId = 1 }).Dispose();
        new OpenAudit(temp.Path, new AuditStoreOptions { FabricId = 1 }).Dispose();
        var foreign = Assert.Throws<FabricStartException>(() => new OpenAudit(temp.Path, new AuditStoreOptions { FabricId = 2 }));
        Assert.Equal(StartCodes.ForeignFile, foreign.Code);

        Sql.Meta(temp.In("audit.db"), meta => meta.SetNumber(MetaTable.FormatKey, 99));
        Assert.Equal(StartCodes.FormatNewer, Assert.Throws<FabricStartException>(() => new OpenAudit(temp.Path, new AuditStoreOptions { FabricId = 1 })).Code);
    }
}
