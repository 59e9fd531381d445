using Fabric.Client.Edges;
using Fabric.Client.Feed;
using Fabric.Contracts.Audit;
using Fabric.Contracts.Feed;
using Fabric.Core.Checks;
using Fabric.Core.Common;
using Fabric.Core.Index;
using Fabric.Core.Lineages;
using Fabric.Core.Scopes;
using Fabric.Engine;
using Fabric.Engine.Feed;

namespace Fabric.Client.Tests.Feed;

public sealed class FeedConnectionTests
{
    private static readonly TimeSpan Long = TimeSpan.FromSeconds(60);

    [Fact]
    public async Task A_link_takes_a_snapshot_follows_and_acknowledges()
    {
        await using var fixture = new FeedFixture();
        fixture.Revoke(5_000);
        fixture.Hub.AppendKey(FeedFixture.Key("k1"));
        var edge = await fixture.LeasedAsync();
        Assert.True(edge.View.IsReady);
        Assert.Equal(5_000, edge.View.Index.Count);
        Assert.NotNull(edge.View.Keys.Find("k1"));

        var revision = fixture.Revoke(5_000);
        var receipt = await fixture.Hub.WaitAsync(revision, Long);

        Assert.Equal("confirmed", receipt.State);
        Assert.Equal(["edges/e1"], receipt.Acknowledged);
        Assert.Equal((10_000, revision), (edge.View.Index.Count, edge.View.Index.Revision));
    }

    [Fact]
    [Trait("Invariant", "R1")]
    public async Task A_denial_ahead_of_the_feed_binds_cancels_calls_and_is_not_acknowledged()
    {
        await using var fixture = new FeedFixture();
        var applied = 0;
        var edge = await fixture.LeasedAsync(_ => Interlocked.Increment(ref applied));
        var (before, head) = (Volatile.Read(ref applied), fixture.Hub.Head);
        var early = FeedFixture.Record(77);

        fixture.Hub.Deny([early]);
        await edge.Waiters.WhenAsync(() => edge.View.Index.TryGet(early.Handle, out _), default);
        await edge.Waiters.WhenAsync(() => Volatile.Read(ref applied) > before, default);
        Assert.Equal((head, head, true), (fixture.Hub.Head, edge.View.Revision, edge.View.IsReady));

        // In its place it counts like any other.
        var receipt = await fixture.Hub.WaitAsync(fixture.Hub.Append([early]), Long);
        Assert.Equal("confirmed", receipt.State);
        Assert.Equal(head + 1, edge.View.Revision);
    }

    [Fact]
    [Trait("Invariant", "R2")]
    public async Task The_lease_moment_is_when_the_granted_renewal_was_sent()
    {
        await using var fixture = new FeedFixture();
        var edge = await fixture.LeasedAsync();
        var first = edge.View.LeaseMomentMs;
        fixture.Time.Advance(TimeSpan.FromMilliseconds(250));
        await edge.Waiters.WhenAsync(() => edge.View.LeaseMomentMs == first + 250, default);
    }

    [Fact]
    [Trait("Invariant", "R2")]
    public async Task A_frame_that_is_missing_breaks_the_view_until_a_new_snapshot_is_whole()
    {
        await using var fixture = new FeedFixture();
        var records = 0;
        var dropped = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        fixture.FilterDown = frame =>
        {
            if ((FrameType)frame[0] != FrameType.Records || ++records != 2)
            {
                return frame;
            }

            dropped.SetResult();
            return null;
        };
        var edge = await fixture.LeasedAsync();
        await fixture.Hub.WaitAsync(fixture.Revoke(), Long);
        fixture.Revoke();
        await dropped.Task;
        var index = edge.View.Index;
        var lost = edge.Waiters.WhenAsync(() => !edge.View.IsReady, default);
        fixture.Revoke();
        await lost;
        Assert.Equal(ICheckView.NoLease, edge.View.LeaseMomentMs);

        fixture.FilterDown = null;
        await fixture.AdvanceUntilAsync(() => edge.View.IsReady);
        Assert.Equal((3, 3ul), (edge.View.Index.Count, edge.View.Index.Revision));
        Assert.NotSame(index, edge.View.Index);
        Assert.True(edge.View.Index.Version > index.Version);
    }

    [Theory]
    [InlineData(new byte[] { (byte)FrameType.Records, 1, 2 })]
    [InlineData(new byte[] { (byte)FrameType.Welcome })]
    [InlineData(new byte[] { 0x55 })]
    [InlineData(new byte[] { (byte)FrameType.SnapshotEnd, 0, 0, 0, 0, 0, 0, 0, 1 })]
    [InlineData(new byte[] { (byte)FrameType.SnapshotChunk, 0, 0, 0, 0, 0, 0, 0, 1 })]
    [InlineData(new byte[] { (byte)FrameType.Key, 0 })]
    [InlineData(new byte[] { (byte)FrameType.Grant, 0 })]
    [Trait("Invariant", "R2")]
    public async Task A_malformed_frame_breaks_the_view_and_the_link_recovers(byte[] malformed)
    {
        await using var fixture = new FeedFixture();
        var spoil = false;
        fixture.FilterDown = frame => spoil && (FrameType)frame[0] == FrameType.Records ? malformed : frame;
        var edge = await fixture.LeasedAsync();
        spoil = true;
        var lost = edge.Waiters.WhenAsync(() => !edge.View.IsReady, default);
        fixture.Revoke();
        await lost;
        spoil = false;
        await fixture.AdvanceUntilAsync(() => edge.View.IsReady && edge.View.LeaseMomentMs != ICheckView.NoLease);
        Assert.Equal(1, edge.View.Index.Count);
    }

    [Fact]
    [Trait("Invariant", "R5")]
    public async Task After_a_gap_the_view_holds_what_the_snapshot_holds_and_nothing_else()
    {
        await using var fixture = new FeedFixture();
        var handle = new Handle(77, 7);
        fixture.Hub.Append([new IndexRecord(handle, NodeKind.Agent, 0, Instant.Never, default)]);
        var edge = await fixture.LeasedAsync();
        Assert.True(edge.View.Index.TryGet(handle, out _));

        // The lock is lifted, and its record swept, while the edge is away for longer than the feed is kept.
        fixture.Refuse = _ => Codes.Unreachable;
        fixture.Link.Cut();
        fixture.StartHub(new FeedStart(9, 500), index: new RevocationIndex(3));
        fixture.Refuse = _ => null;
        await fixture.AdvanceUntilAsync(() => edge.View.Epoch == 9 && edge.View.IsReady);

        Assert.False(edge.View.Index.TryGet(handle, out _));
        Assert.Equal(500ul, edge.View.Index.Revision);
    }

    [Fact]
    [Trait("Invariant", "R3")]
    public async Task A_link_that_was_cut_resumes_where_it_was_with_its_lease()
    {
        await using var fixture = new FeedFixture();
        fixture.Revoke(100);
        var edge = await fixture.LeasedAsync();
        var index = edge.View.Index;
        fixture.Link.Cut();
        await edge.Waiters.WhenAsync(() => !edge.IsConnected, default);
        Assert.NotEqual(ICheckView.NoLease, edge.View.LeaseMomentMs);
        var revision = fixture.Revoke(10);
        await fixture.AdvanceUntilAsync(() => edge.View.Index.Revision == revision);

        Assert.Same(index, edge.View.Index);
        Assert.Equal("confirmed", (await fixture.Hub.WaitAsync(revision, Long)).State);
    }

    [Fact]
    public async Task A_link_that_was_cut_while_a_renewal_was_on_its_way_out_connects_again()
    {
        await using var fixture = new FeedFixture();
        using var time = new HeldTime(fixture.Time);
        fixture.LinkTime = time;
        fixture.FilterDown = frame => (FrameType)frame[0] == FrameType.CheckAnswer ? null : frame;
        var edge = await fixture.LeasedAsync();
        var moment = edge.View.LeaseMomentMs;
        fixture.Time.Advance(TimeSpan.FromMilliseconds(250));
        await edge.Waiters.WhenAsync(() => edge.View.LeaseMomentMs == moment + 250, default);
        var unanswered = edge.CheckAsync("t", new ToolCall("mail", "send", "x"), null, null, 0, null, default).AsTask();

        // The first reading tells how long the fabric has said nothing, the second when the renewal leaves. It stands still there while its connection ends.
        time.HoldAfter(1);
        var advancing = Task.Run(() => fixture.Time.Advance(TimeSpan.FromMilliseconds(250)));
        await time.Held;
        fixture.Link.Cut();
        Assert.Equal(Codes.CheckUnavailable, (await unanswered).Rejection!.Code);
        time.LetGo();
        await advancing;
        await fixture.AdvanceUntilAsync(() => fixture.AttemptCount == 2).WaitAsync(Long);
        await edge.Waiters.WhenAsync(() => edge.View.LeaseMomentMs > moment + 500, default).WaitAsync(Long);
        Assert.Equal(2, fixture.AttemptCount);
    }

    [Fact]
    public async Task Attempts_go_round_the_addresses()
    {
        await using var fixture = new FeedFixture();
        fixture.Refuse = _ => Codes.Unreachable;
        var edge = fixture.Connect(null, null, "http://a", "http://b", "http://c");
        await fixture.AdvanceUntilAsync(() => fixture.AttemptCount >= 7);
        Assert.Equal(["a", "b", "c", "a", "b", "c", "a"], fixture.Attempts.Take(7).Select(address => address.Host));
        Assert.Equal(Codes.Unreachable, edge.LastEnd);

        fixture.Refuse = address => address.Host == "b" ? null : Codes.Unreachable;
        await fixture.AdvanceUntilAsync(() => edge.View.LeaseMomentMs != ICheckView.NoLease);
        Assert.Equal("b", fixture.Attempts[^1].Host);
    }

    [Fact]
    public void Pauses_double_up_to_a_limit_and_are_cut_at_random_by_up_to_a_half()
    {
        var backoff = new Backoff(TimeSpan.FromMilliseconds(50), TimeSpan.FromSeconds(5), () => 0);
        Assert.Equal([50, 100, 200, 400, 800, 1600, 3200, 5000, 5000], Enumerable.Range(0, 9).Select(_ => backoff.Next().TotalMilliseconds));
        backoff.Reset();
        Assert.Equal(50, backoff.Next().TotalMilliseconds);
        Assert.Equal(25, new Backoff(TimeSpan.FromMilliseconds(50), TimeSpan.FromSeconds(5), () => 1).Next().TotalMilliseconds);
    }

    [Fact]
    [Trait("Invariant", "R1")]
    public async Task A_link_that_is_disposed_hands_its_lease_back()
    {
        await using var fixture = new FeedFixture();
        var edge = await fixture.LeasedAsync();
        await edge.DisposeAsync();
        Assert.Equal((ICheckView.NoLease, false), (edge.View.LeaseMomentMs, edge.View.IsReady));
        var receipt = await fixture.Hub.WaitAsync(fixture.Revoke(), TimeSpan.Zero);
        Assert.Equal("confirmed", receipt.State);
        Assert.Empty(receipt.RanOut);
    }

    [Fact]
    [Trait("Invariant", "R1")]
    public async Task When_the_fabric_stops_the_link_hands_its_lease_back_and_takes_a_new_one_elsewhere()
    {
        await using var fixture = new FeedFixture();
        var edge = await fixture.LeasedAsync();
        Assert.True(await fixture.Hub.StopAsync(TimeSpan.FromSeconds(5)));
        Assert.Equal(ICheckView.NoLease, edge.View.LeaseMomentMs);
        Assert.True(edge.View.IsReady);

        fixture.StartHub(new FeedStart(6, fixture.Hub.Head, 5));
        await fixture.AdvanceUntilAsync(() => edge.View.LeaseMomentMs != ICheckView.NoLease);
        Assert.Equal(6ul, edge.View.Epoch);
    }

    [Fact]
    public async Task Cancelled_calls_travel_with_the_acknowledgement()
    {
        await using var fixture = new FeedFixture();
        var edge = await fixture.LeasedAsync(revision => revision == 1 ? 4 : 0);
        var receipt = await fixture.Hub.WaitAsync(fixture.Revoke(), Long);
        Assert.Equal(4, Assert.Single(receipt.InFlight).Calls);
        Assert.True(edge.IsConnected);
    }

    [Fact]
    public async Task Requests_are_answered_and_refused()
    {
        await using var fixture = new FeedFixture();
        fixture.MoreKeys["k9"] = FeedFixture.Key("k9");
        var edge = await fixture.LeasedAsync();
        var call = new ToolCall("mail", "send", "x");

        var answer = await edge.CheckAsync("t", call, null, null, 0, null, default);
        Assert.True(answer.Value.Allowed);
        Assert.Equal(64, (await edge.TakeQuotaAsync(new Handle(1, 1), 64, default)).Value.Units);
        Assert.Equal(Codes.QuotaExhausted, (await edge.TakeQuotaAsync(new Handle(1, 1), 101, default)).Rejection!.Code);
        Assert.Equal("k9", (await edge.FetchKeyAsync("k9", default)).Value!.Kid);
        Assert.Null((await edge.FetchKeyAsync("none", default)).Value);
        Assert.Equal(0ul, (await edge.ReportUsageAsync(new UsageReport("e", []), default)).Value);
        Assert.Equal(Codes.TokenMalformed, (await edge.CheckAsync(new string('x', 20_000), call, null, null, 0, null, default)).Rejection!.Code);
        Assert.Equal(Codes.TooLarge, (await edge.CheckAsync("t", call with { Resource = new string('x', 5_000) }, null, null, 0, null, default)).Rejection!.Code);
    }

    [Fact]
    public async Task Requests_without_a_connection_or_an_answer_are_refused()
    {
        await using var fixture = new FeedFixture();
        fixture.Refuse = _ => Codes.Unreachable;
        var edge = fixture.Connect();
        var call = new ToolCall("mail", "send", "x");
        Assert.Equal(Codes.CheckUnavailable, (await edge.CheckAsync("t", call, null, null, 0, null, default)).Rejection!.Code);

        fixture.Refuse = _ => null;
        fixture.FilterDown = frame => (FrameType)frame[0] == FrameType.CheckAnswer ? null : frame;
        await fixture.AdvanceUntilAsync(() => edge.View.IsReady);
        var unanswered = edge.CheckAsync("t", call, null, null, 0, null, default).AsTask();
        await fixture.AdvanceUntilAsync(() => unanswered.IsCompleted);
        Assert.Equal(Codes.CheckUnavailable, (await unanswered).Rejection!.Code);
    }

    [Fact]
    [Trait("Invariant", "T1")]
    public async Task A_link_bound_to_a_tenant_sees_other_tenants_keys_only_once_it_asks_for_them()
    {
        await using var fixture = new FeedFixture();
        fixture.Caller = new Caller(Role.EnforcementPoint, "acme", "edges");
        fixture.Hub.AppendKey(FeedFixture.Key("acme1"));
        fixture.Hub.AppendKey(FeedFixture.Key("other1", "other"));
        var edge = await fixture.LeasedAsync();
        await fixture.Hub.WaitAsync(fixture.Hub.AppendKey(FeedFixture.Key("other2", "other")), Long);
        Assert.Equal(new Handle(4, 1), edge.View.GuardedTenant);
        Assert.Equal(["acme1"], edge.View.Keys.Snapshot().Select(key => key.Kid));

        fixture.MoreKeys["other1"] = FeedFixture.Key("other1", "other");
        await edge.FetchKeyAsync("other1", default);
        var retired = FeedFixture.Key("other1", "other") with { RetireAfter = new Instant(5) };
        await fixture.Hub.WaitAsync(fixture.Hub.AppendKey(retired), Long);
        Assert.Equal(new Instant(5), edge.View.Keys.Find("other1")!.RetireAfter);
    }

    [Fact]
    [Trait("Invariant", "R1")]
    public async Task A_link_refuses_bounds_that_it_does_not_keep()
    {
        await using var fixture = new FeedFixture(new FeedHubOptions { Bounds = new(TimeSpan.FromSeconds(2), TimeSpan.FromMilliseconds(500)) });
        var edge = fixture.Connect();
        await edge.Waiters.WhenAsync(() => edge.LastEnd is not null, default);
        Assert.Equal((FeedSession.BoundsTooLong, false), (edge.LastEnd, edge.View.IsReady));

        var tight = new FabricEdgeOptions { Name = "e2", ReadBound = TimeSpan.FromSeconds(2), WriteBound = TimeSpan.FromMilliseconds(500) };
        await fixture.LeasedAsync(edge: tight);
    }

    [Fact]
    [Trait("Invariant", "R4")]
    public async Task Records_are_swept_by_the_earlier_of_the_two_wall_clocks()
    {
        await using var fixture = new FeedFixture();
        var edge = await fixture.LeasedAsync();
        var drop = Instant.From(fixture.Time.GetUtcNow()) + TimeSpan.FromSeconds(10);
        await fixture.Hub.WaitAsync(fixture.Hub.Append([FeedFixture.Record(1) with { DropAfter = drop }]), Long);

        // An hour ahead by mistake: the record is still needed.
        fixture.Time.JumpWallClock(TimeSpan.FromHours(1));
        while (Instant.From(fixture.Time.GetUtcNow()) - drop < TimeSpan.FromHours(1) - TimeSpan.FromSeconds(5))
        {
            await RenewAsync();
        }

        Assert.Equal(1, edge.View.Index.Count);
        while (edge.View.Index.Count > 0)
        {
            await RenewAsync();
        }

        Assert.True(Instant.From(fixture.Time.GetUtcNow()) - drop > TimeSpan.FromHours(1));

        // Waited for: a link that falls silent connects anew, and is told the wall clock again.
        async Task RenewAsync()
        {
            var before = edge.View.LeaseMomentMs;
            fixture.Time.Advance(TimeSpan.FromMilliseconds(250));
            await edge.Waiters.WhenAsync(() => edge.View.LeaseMomentMs == before + 250, default);
        }
    }
}
