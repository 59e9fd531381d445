using Fabric.Core.Common;
using Fabric.Core.Lineages;
using Fabric.Core.Nodes;
using Fabric.Core.Quotas;
using Fabric.Grains;
using Fabric.Grains.Feed;
using Fabric.Grains.Storage;
using Fabric.Grains.Storage.InMemory;
using Fabric.Grains.Wire;

namespace Fabric.Cluster.Tests.InMemory;

/// <summary>What the database's keys promise, the memory promises too.</summary>
public sealed class MemoryFencingTests
{
    private readonly MemoryTables _tables = new();
    private readonly MemoryOrder _order;

    public MemoryFencingTests() => _order = new MemoryOrder(_tables, TimeProvider.System);

    [Fact]
    [Trait("Invariant", "R3")]
    public async Task An_owner_whose_term_has_passed_writes_nothing_any_more()
    {
        var first = await _order.TakeOwnershipAsync("a");
        Assert.Equal(CommitOutcome.Committed, await _order.WriteAsync(first, [Entry(1)]));
        var second = await _order.TakeOwnershipAsync("b");

        Assert.Equal(CommitOutcome.Fenced, await _order.WriteAsync(first, [Entry(2)]));
        Assert.False(await _order.OwnsAsync(first));
        Assert.Equal((1, 0ul), await _order.HeadAsync());
        Assert.Equal(CommitOutcome.Committed, await _order.WriteAsync(second, [Entry(2)]));
    }

    [Fact]
    [Trait("Invariant", "R3")]
    public async Task A_place_is_given_out_once_also_by_one_term_and_in_one_batch()
    {
        var term = await _order.TakeOwnershipAsync("a");
        Assert.Equal(CommitOutcome.Committed, await _order.WriteAsync(term, [Entry(1)]));
        Assert.Equal(CommitOutcome.Fenced, await _order.WriteAsync(term, [Entry(1)]));
        Assert.Equal(CommitOutcome.Fenced, await _order.WriteAsync(term, [Entry(2), Entry(2)]));
        Assert.Equal((1, 0ul), await _order.HeadAsync());
    }

    [Fact]
    [Trait("Invariant", "R3")]
    public async Task A_position_of_the_feed_is_given_out_once()
    {
        var term = await _order.TakeOwnershipAsync("a");
        Assert.Equal(CommitOutcome.Committed, await _order.WriteAsync(term, [Entry(1, first: 1, last: 3)]));
        Assert.Equal(CommitOutcome.Conflict, await _order.WriteAsync(term, [Entry(2, first: 3, last: 3)]));
        Assert.Equal(CommitOutcome.Committed, await _order.WriteAsync(term, [Entry(2, first: 4, last: 4)]));
        Assert.Equal([(1ul, 3ul), (4ul, 4ul)], (await _order.ReadAsync(0, 2)).Select(row => (row.First, row.Last)));
    }

    [Fact]
    [Trait("Invariant", "D1")]
    public async Task Of_a_batch_that_is_refused_nothing_is_there()
    {
        var term = await _order.TakeOwnershipAsync("a");
        var known = Entry(1, owner: "agent/acme/bot", request: 7);
        Assert.Equal(CommitOutcome.Committed, await _order.WriteAsync(term, [known]));

        // Good ones before it, and the last one is of an entity that has gone on.
        var good = Entry(2, first: 1, last: 1, owner: "agent/acme/other", request: 8, credential: 5);
        foreach (var refused in new[] { Entry(3, owner: "agent/acme/bot"), Entry(3, request: 7), Entry(3, id: known.Entry.Id), Entry(3, credential: 5) })
        {
            Assert.Equal(CommitOutcome.Conflict, await _order.WriteAsync(term, [good, refused]));
        }

        Assert.Equal((1, 0ul), await _order.HeadAsync());
        Assert.Empty(await _order.FindAsync([good.Entry.Id]));
        Assert.Equal([1L], (await _order.ReadAsync(0, 9)).Select(row => row.Sequence));
        Assert.Equal(0, await _order.LatestExpiryAsync());
        var reads = new MemoryReads(_tables);
        Assert.Null((await reads.RequestAsync((UInt128)8 << 64, default)).Value);
        Assert.Equal([1L], _tables.Audit.Select(item => item.Line.Sequence));
        Assert.Empty(_tables.Quotas);
        Assert.Empty(_tables.CredentialsOf.Values.SelectMany(all => all));

        // The good one by itself is taken.
        Assert.Equal(CommitOutcome.Committed, await _order.WriteAsync(term, [good]));
        Assert.Equal((2, 1ul), await _order.HeadAsync());
        Assert.Equal(9_000, await _order.LatestExpiryAsync());
    }

    [Fact]
    public async Task What_may_matter_no_more_is_dropped_and_the_head_stays()
    {
        var term = await _order.TakeOwnershipAsync("a");
        Assert.Equal(CommitOutcome.Committed, await _order.WriteAsync(term, [Entry(1, first: 1, last: 1, request: 1, credential: 1), Entry(2, first: 2, last: 1, request: 2)]));
        var upkeep = new MemoryUpkeep(_tables, new MemoryTurn(), TimeProvider.System);
        await upkeep.TrimAsync(Instant.From(DateTimeOffset.UtcNow), new ClusterOptions { ConnectionString = "", MasterKey = default }, default);

        Assert.Equal((2, 1ul), await _order.HeadAsync());
        Assert.Equal([2L], _tables.Changes.Select(line => line.Sequence));
        Assert.Empty(_tables.Feed);
        Assert.Empty(_tables.Requests);
        Assert.Empty(_tables.Credentials);
        Assert.Empty(_tables.CredentialsOf);
        Assert.Empty(_tables.Quotas);
        Assert.Empty(_tables.Audit);

        // A position that is dropped is not given out again.
        Assert.Equal(CommitOutcome.Conflict, await _order.WriteAsync(term, [Entry(3, first: 1, last: 1)]));
    }

    [Fact]
    public async Task One_silo_at_a_time_has_the_turn()
    {
        var turn = new MemoryTurn();
        var (a, b) = (new MemoryUpkeep(_tables, turn, TimeProvider.System), new MemoryUpkeep(_tables, turn, TimeProvider.System));
        var held = await a.TryTurnAsync(default);
        Assert.NotNull(held);
        Assert.Null(await b.TryTurnAsync(default));
        await held.DisposeAsync();
        await held.DisposeAsync();
        await using var next = await b.TryTurnAsync(default);
        Assert.NotNull(next);
        Assert.Null(await a.TryTurnAsync(default));
    }

    private static int _ids;

    private static ComposedEntry Entry(
        long sequence, ulong first = 1, ulong last = 0, string? owner = null, ulong request = 0, UInt128 credential = default, UInt128 id = default)
    {
        var handle = new Handle(1, (ulong)sequence);
        var e = new NodeRevoked(new NodeRef(NodeKind.Agent, "acme", "bot"), handle, 2, Instant.Never, "test", "test", UInt128.Zero);
        var entry = new ComposedEntry
        {
            Entry = new LogEntry(id == default ? (UInt128)Interlocked.Increment(ref _ids) : id, 1, "test", EventList.Write([])),
            Row = new LogRow(sequence, first, last, last >= first ? [1] : [], owner is null ? [] : [new DirectoryRow(owner, 1, 1, "test", EventList.WriteOne(e))]),
            Audit = [new AuditLine("test", "acme", 1) { Sequence = sequence }], Tenant = "acme", DropAfter = 1, Request = (UInt128)request << 64,
        };
        if (credential != default)
        {
            entry.Credentials.Add((credential, 1, 9_000));
            entry.Quotas.Add((new QuotaRef(handle, 3, 0), 1));
        }

        return entry;
    }
}
