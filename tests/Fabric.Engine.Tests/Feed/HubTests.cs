using Fabric.Contracts.Feed;
using Fabric.Core.Common;
using Fabric.Core.Index;
using Fabric.Engine.Feed;

namespace Fabric.Engine.Tests.Feed;

public sealed class HubTests
{
    [Fact]
    public async Task A_new_edge_gets_a_snapshot_then_every_record()
    {
        await using var fixture = new HubFixture();
        fixture.Revoke(3_000);
        fixture.Hub.AppendKey(HubFixture.Key("k1"));
        var edge = await TestEdge.ConnectAsync(fixture.Hub);

        Assert.Equal((5ul, 3_001ul, false), (edge.Welcome!.Value.Epoch, edge.Welcome.Value.Head, edge.Welcome.Value.Resumed));
        Assert.Equal((5_000u, 1_000u), (edge.Welcome.Value.ReadBoundMs, edge.Welcome.Value.WriteBoundMs));
        Assert.Equal(3_000, edge.Index.Count);
        Assert.True(edge.Keys.ContainsKey("k1"));

        fixture.Revoke();
        fixture.Hub.AppendKey(HubFixture.Key("k2"));
        fixture.Revoke(10_000);
        await edge.UntilAsync(e => e.Applied == 13_003);
        Assert.Equal(13_001, edge.Index.Count);
        Assert.True(edge.Keys.ContainsKey("k2"));
        Assert.Equal(1, edge.Snapshots);
    }

    [Fact]
    [Trait("Invariant", "R3")]
    public async Task An_edge_resumes_at_its_cursor_without_a_snapshot()
    {
        await using var fixture = new HubFixture();
        fixture.Revoke(10);
        var before = await TestEdge.ConnectAsync(fixture.Hub);
        before.Transport.CloseEdge();
        await before.Serving;
        fixture.Revoke(20);

        var after = new TestEdge(fixture.Hub);
        after.Hello(after: before);
        await after.UntilAsync(e => e.Applied == 30);

        Assert.True(after.Welcome!.Value.Resumed);
        Assert.Equal((0, 0, 30), (after.Gaps, after.Snapshots, after.Index.Count));
    }

    [Fact]
    [Trait("Invariant", "R3")]
    public async Task An_edge_of_the_epoch_before_resumes_inside_of_what_was_durable_and_else_takes_a_snapshot()
    {
        await using var fixture = new HubFixture(new FeedStart(6, 100, 5), open: false);
        fixture.Revoke(20);
        fixture.Hub.Open(leftOver: null);
        fixture.Revoke(1);

        (ulong, ulong, bool)[] cases =
        [
            (5, 100, true), (5, 120, true), (5, 121, false), (5, 99, false), (4, 110, false), (6, 121, true), (6, 122, false), (0, 0, false),
        ];
        foreach (var (epoch, revision, resumes) in cases)
        {
            var edge = new TestEdge(fixture.Hub);
            edge.Transport.Send(new HelloFrame(FeedLimits.ProtocolVersion, "e", 1, 250, 0, 0, 0, epoch, revision, null).Write);
            await edge.ReceiveAsync();
            Assert.Equal((epoch, revision, resumes), (epoch, revision, edge.Welcome!.Value.Resumed));
            edge.Transport.CloseEdge();
            await edge.Serving;
        }
    }

    [Fact]
    [Trait("Invariant", "R3")]
    public async Task A_subscriber_that_is_overtaken_gets_a_gap_and_a_snapshot_and_slows_nobody()
    {
        await using var fixture = new HubFixture(options: new FeedHubOptions { RetentionRecords = 5_000 });
        var fast = await TestEdge.ConnectAsync(fixture.Hub, "fast", 1);
        var slow = await TestEdge.ConnectAsync(fixture.Hub, "slow", 2);
        slow.Transport.Stall();
        for (var i = 0; i < 30; i++)
        {
            var head = fixture.Revoke(1_000);
            await fast.UntilAsync(e => e.Applied == head);
        }

        slow.Transport.Unstall();
        await slow.UntilAsync(e => e.Applied == 30_000);

        Assert.Equal((0, 1), (fast.Gaps, fast.Snapshots));
        Assert.Equal((1, 2), (slow.Gaps, slow.Snapshots));
        Assert.Equal(30_000, slow.Index.Count);
    }

    [Fact]
    [Trait("Invariant", "R3")]
    public async Task A_subscriber_that_holds_a_frame_up_is_cut_off()
    {
        await using var fixture = new HubFixture();
        var slow = await TestEdge.ConnectAsync(fixture.Hub, "slow", 1);
        slow.Transport.Stall();
        fixture.Revoke();
        while (!slow.Transport.IsAborted)
        {
            // Its renewals arrive, so it is the stuck send that ends it.
            slow.Renew();
            fixture.Time.Advance(TimeSpan.FromMilliseconds(250));
            await Task.Yield();
        }

        Assert.Equal(Codes.FeedTooSlow, await slow.Serving);
        Assert.Equal(0, fixture.Hub.Connections);
    }

    [Fact]
    public async Task An_edge_that_says_nothing_for_long_is_cut_off()
    {
        await using var fixture = new HubFixture();
        var edge = await TestEdge.ConnectAsync(fixture.Hub);
        fixture.Time.Advance(TimeSpan.FromMilliseconds(2_900));
        Assert.False(edge.Transport.IsAborted);
        fixture.Time.Advance(TimeSpan.FromMilliseconds(500));

        Assert.Equal(Codes.FeedSilent, await edge.Serving);
    }

    [Fact]
    public async Task A_connection_that_does_not_say_hello_is_closed()
    {
        await using var fixture = new HubFixture();
        var edge = new TestEdge(fixture.Hub);
        fixture.Time.Advance(TimeSpan.FromSeconds(6));

        Assert.Equal(FeedHub.Disconnected, await edge.Serving);
    }

    [Fact]
    [Trait("Invariant", "R3")]
    public async Task A_snapshot_taken_while_the_engine_writes_is_whole_in_the_end()
    {
        const int Seed = 23;
        await using var fixture = new HubFixture();
        var random = new Random(Seed);
        fixture.Revoke(20_000);
        for (var round = 0; round < 5; round++)
        {
            var edge = new TestEdge(fixture.Hub);
            edge.Hello("e" + round, (UInt128)round + 1);
            var ready = edge.UntilAsync(e => e.IsReady);
            while (!ready.IsCompleted)
            {
                // New nodes, known nodes, and locks that come and go.
                var records = new IndexRecord[random.Next(1, 30)];
                for (var i = 0; i < records.Length; i++)
                {
                    var id = (ulong)random.Next(1, 40_000);
                    records[i] = HubFixture.Record(id, (uint)random.Next(1, 5)) with { LockedUntil = new Instant(random.Next(2) * 1_000_000L) };
                }

                fixture.Hub.Append(records);
                await Task.Yield();
            }

            await ready;
            await edge.UntilAsync(e => e.Applied == fixture.Hub.Head);
            Assert.Equal(Contents(fixture.Index), Contents(edge.Index));
            edge.Transport.CloseEdge();
            await edge.Serving;
        }
    }

    [Fact]
    public async Task Snapshots_wait_for_their_turn()
    {
        await using var fixture = new HubFixture(options: new FeedHubOptions { SnapshotsAtOnceMax = 1 });
        fixture.Revoke(50_000);
        var edges = Enumerable.Range(0, 5).Select(i => TestEdge.ConnectAsync(fixture.Hub, "e" + i, (UInt128)i)).ToArray();
        foreach (var edge in await Task.WhenAll(edges))
        {
            Assert.Equal(50_000, edge.Index.Count);
        }
    }

    [Fact]
    public async Task A_hundred_edges_are_woken_off_the_engines_lock_and_all_follow()
    {
        await using var fixture = new HubFixture();
        var edges = await Task.WhenAll(Enumerable.Range(0, 100).Select(i => TestEdge.ConnectAsync(fixture.Hub, "e" + i, (UInt128)i)));
        for (var i = 0; i < 50; i++)
        {
            fixture.Revoke();
        }

        await Task.WhenAll(edges.Select(edge => edge.UntilAsync(e => e.Applied == 50)));
    }

    private static HashSet<IndexRecord> Contents(RevocationIndex index)
    {
        var records = new List<IndexRecord>();
        for (var i = 0; i < index.ShardCount; i++)
        {
            index.CopyShard(i, records);
        }

        return [.. records];
    }
}
