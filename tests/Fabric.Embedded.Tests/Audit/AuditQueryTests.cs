using Fabric.Embedded.Storage.Audit;
using Fabric.Embedded.Tests.Fixtures;
using Fabric.Testing;

namespace Fabric.Embedded.Tests.Audit;

public sealed class AuditQueryTests
{
    private const long DayMs = 24L * 3_600_000;

    [Fact]
    [Trait("Invariant", "T1")]
    public async Task The_same_names_in_two_tenants_are_two_things()
    {
        using var temp = new TempFolder();
        using var audit = new OpenAudit(temp.Path);
        await audit.Add(audit.Usage("mine"), audit.Usage("theirs", tenant: "globex"), audit.Event(1, "session.opened", "opened", tenant: "globex"));
        Assert.Equal(["mine"], audit.Details(new AuditFilter { Tenant = "acme" }));
        foreach (var filter in (AuditFilter[])[new() { User = "ann" }, new() { Agent = "bot" }, new() { Tool = "mail" }, new() { Kind = "usage" }])
        {
            Assert.Equal(["mine"], audit.Details(filter with { Tenant = "acme" }));
            Assert.Equal(["theirs"], audit.Details(filter with { Tenant = "globex" }));
            Assert.Equal(["theirs", "mine"], audit.Details(filter));
            Assert.Empty(audit.Details(filter with { Tenant = "initech" }));
        }

        Assert.Equal(["opened"], audit.Details(new AuditFilter { Tenant = "globex", Kind = "session.opened" }));
        Assert.Empty(audit.Details(new AuditFilter { Tenant = "acme", Kind = "session.opened" }));
    }

    [Fact]
    [Trait("Invariant", "A1")]
    public async Task A_credential_leads_to_its_issuance_usage_denials_and_revocation()
    {
        using var temp = new TempFolder();
        using var audit = new OpenAudit(temp.Path);
        var now = audit.NowMs;
        var ids = Enumerable.Range(1, 300).Select(i => OpenAudit.Id(now, (ulong)i)).ToArray();
        await audit.Add(
            audit.Issued(1, "issued many", 7, now + 60_000, ids),
            audit.Issued(2, "issued one", 8, now + 60_000, OpenAudit.Id(now, 1_000)),
            audit.Usage("used", session: 7, credential: ids[41]), audit.Usage("used another", session: 7, credential: ids[42]),
            audit.Event(3, "credentials.revoked", "revoked many", ids: [.. ids.Where((_, i) => i % 2 == 1).Reverse()]),
            audit.Event(4, "credentials.revoked", "revoked one", ids: [ids[42]]));

        Assert.Equal(["revoked many", "used", "issued many"], audit.Details(new AuditFilter { Credential = ids[41] }));
        Assert.Equal(["issued many", "used another", "revoked one"], audit.Details(new AuditFilter { Credential = ids[42], OldestFirst = true }));
        Assert.Equal(["issued one"], audit.Details(new AuditFilter { Credential = OpenAudit.Id(now, 1_000), Tenant = "acme" }));
        Assert.Equal(["used"], audit.Details(new AuditFilter { Credential = ids[41], Tool = "mail" }));
        Assert.Empty(audit.Details(new AuditFilter { Credential = ids[41], Tenant = "globex" }));
        Assert.Empty(audit.Details(new AuditFilter { Credential = OpenAudit.Id(now, 2_000) }));
        Assert.Empty(audit.Details(new AuditFilter { Credential = UInt128.Zero }));
        Assert.Equal(["used another", "used", "issued many"], audit.Details(new AuditFilter { Session = 7 }));
    }

    [Fact]
    public async Task Pages_follow_each_other_in_both_directions()
    {
        using var temp = new TempFolder();
        using var audit = new OpenAudit(temp.Path);
        await audit.Add([.. Enumerable.Range(0, 25).Select(i => audit.Usage($"{i}"))]);
        foreach (var oldestFirst in (bool[])[false, true])
        {
            var seen = new List<string>();
            long? after = null;
            while (true)
            {
                var page = audit.Store.Query(new AuditFilter { Tenant = "acme", Agent = "bot", Limit = 10, AfterId = after, OldestFirst = oldestFirst });
                if (page.Count == 0)
                {
                    break;
                }

                seen.AddRange(page.Select(found => found.Record.Detail!));
                after = page[^1].Id;
            }

            if (!oldestFirst)
            {
                seen.Reverse();
            }

            string[] all = [.. Enumerable.Range(0, 25).Select(i => $"{i}")];
            Assert.Equal(all, seen.ToArray());
        }

        Assert.Throws<ArgumentOutOfRangeException>(() => audit.Store.Query(new AuditFilter { Limit = 1_001 }));
        Assert.Throws<ArgumentOutOfRangeException>(() => audit.Store.Query(new AuditFilter { Limit = 0 }));
    }

    [Fact]
    public async Task A_range_of_time_is_exact_also_for_what_was_reported_late()
    {
        using var temp = new TempFolder();
        var time = new ManualTimeProvider();
        using var audit = new OpenAudit(temp.Path, time: time);
        var start = audit.NowMs;
        for (var i = 0; i < 10; i++)
        {
            await audit.Add(audit.Usage($"{i}"));
            time.Advance(TimeSpan.FromMinutes(1));
        }

        await audit.Add(audit.Usage("late", timeMs: start + 150_000));
        Assert.Equal(["2", "3", "late"], audit.Details(new AuditFilter { FromMs = start + 120_000, ToMs = start + 240_000, OldestFirst = true }));
        Assert.Equal(["late"], audit.Details(new AuditFilter { FromMs = start + 120_001, ToMs = start + 180_000, OldestFirst = true }));
        Assert.Equal(["0"], audit.Details(new AuditFilter { ToMs = start + 1 }));
        Assert.Equal(["9"], audit.Details(new AuditFilter { FromMs = start + 540_000, Tenant = "acme", User = "ann" }));
        Assert.Empty(audit.Details(new AuditFilter { FromMs = start + DayMs }));
        Assert.Empty(audit.Details(new AuditFilter { FromMs = start + 1, ToMs = start + 1 }));
    }

    [Fact]
    public async Task No_common_question_scans_the_records()
    {
        using var temp = new TempFolder();
        using var audit = new OpenAudit(temp.Path);
        await audit.Add(audit.Usage("a", session: 7, credential: 8), audit.Event(1, "session.opened", "b"), audit.Usage("c", tenant: "globex"));
        using var file = Fabric.Embedded.Storage.Sqlite.SqliteFile.Open(audit.Path, readOnly: true);
        foreach (var filter in (AuditFilter[])
        [
            new() { Tenant = "acme" }, new() { Tenant = "acme", User = "ann" }, new() { Tenant = "acme", Agent = "bot" },
            new() { Tenant = "acme", Tool = "mail" }, new() { Tenant = "acme", Kind = "session.opened" }, new() { Tenant = "acme", Kind = "usage" },
            new() { Session = 7 }, new() { Credential = 8, Tenant = "acme" }, new() { Tenant = "acme", Agent = "bot", FromMs = 0 },
        ])
        {
            foreach (var page in (AuditFilter[])[filter, filter with { AfterId = 2 }, filter with { OldestFirst = true }])
            {
                var plan = AuditQueryPlan.Make(file, page)!;
                using var explain = file.Prepare("EXPLAIN QUERY PLAN " + plan.Sql);
                plan.Bind(explain);
                while (explain.Step())
                {
                    var step = explain.Text(3)!;
                    Assert.False(step.StartsWith("SCAN record", StringComparison.Ordinal) || step.Contains("TEMP B-TREE", StringComparison.Ordinal), $"{plan.Sql}: {step}");
                }
            }
        }
    }

    [Fact]
    public async Task The_inventory_finds_a_credential_and_counts_those_alive()
    {
        using var temp = new TempFolder();
        var time = new ManualTimeProvider();
        using var audit = new OpenAudit(temp.Path, time: time);
        var old = OpenAudit.Id(audit.NowMs, 1);
        await audit.Add(audit.Issued(1, "old", 5, audit.NowMs + (2 * DayMs), old));
        time.Advance(TimeSpan.FromHours(25));
        var (now, expires) = (audit.NowMs, audit.NowMs + 60_000);
        UInt128[] ids = [.. Enumerable.Range(1, 10).Select(i => OpenAudit.Id(now, (ulong)i))];
        await audit.Add(audit.Issued(2, "a", 7, expires, ids[..5]), audit.Issued(3, "b", 8, expires, ids[5..]), audit.Issued(4, "c", 9, now, OpenAudit.Id(now, 99)));

        Assert.Equal(((UInt128)7, expires), audit.Store.FindCredential(ids[0]));
        Assert.Null(audit.Store.FindCredential(OpenAudit.Id(now, 1_000)));
        Assert.Equal(10, audit.Store.CountLiveCredentials(_ => true, now, (_, _) => true));
        Assert.Equal(5, audit.Store.CountLiveCredentials(session => session == 8, now, (_, _) => true));
        Assert.Equal(9, audit.Store.CountLiveCredentials(_ => true, now, (id, _) => id != ids[3]));
        Assert.Equal(0, audit.Store.CountLiveCredentials(_ => true, expires, (_, _) => true));
    }

    [Fact]
    public async Task Trimming_deletes_what_is_old_in_steps_and_keeps_the_rest()
    {
        using var temp = new TempFolder();
        var time = new ManualTimeProvider();
        using var audit = new OpenAudit(temp.Path, time: time);
        var start = audit.NowMs;
        var first = OpenAudit.Id(start, 1);
        await audit.Add([.. Enumerable.Range(0, 2_000).Select(i => audit.Usage("old"))]);
        await audit.Add(audit.Issued(1, "old issuance", 7, start + 60_000, first), audit.Event(2, "credentials.revoked", "old list", ids: [first, first + 1]));
        time.Advance(TimeSpan.FromDays(3));
        await audit.Add(audit.Usage("new"), audit.Usage("late", timeMs: start + 1), audit.Issued(3, "new issuance", 7, audit.NowMs + 60_000, OpenAudit.Id(audit.NowMs, 2)));
        audit.Store.Complete(3);

        Assert.Equal(700, await audit.Store.TrimAsync(start + DayMs, 700));
        Assert.Equal(1_303, await audit.Store.TrimAsync(start + DayMs, 10_000));
        Assert.Equal(0, await audit.Store.TrimAsync(start + DayMs, 10_000));
        Assert.Equal(["new issuance", "new"], audit.Details(new AuditFilter()));
        Assert.Null(audit.Store.FindCredential(first));
        Assert.Equal(1, audit.Store.CountLiveCredentials(_ => true, audit.NowMs, (_, _) => true));
        Assert.Equal(3, audit.Store.LastSequence);
        Assert.Empty(audit.Details(new AuditFilter { Credential = first }));

        // Even with all records gone no id is given a second time.
        var last = audit.Store.Query(new AuditFilter())[0].Id;
        time.Advance(TimeSpan.FromDays(3));
        Assert.Equal(2, await audit.Store.TrimAsync(audit.NowMs, 10_000));
        audit.Dispose();
        using var again = new OpenAudit(temp.Path, time: time);
        await again.Add(again.Usage("newest"));
        Assert.True(again.Store.Query(new AuditFilter())[0].Id > last);
    }
}
