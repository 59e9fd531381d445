using Fabric.Contracts.Feed;
using Fabric.Contracts.Revocations;
using Fabric.Core.Common;
using Fabric.Core.Leases;
using Fabric.Core.Scopes;
using Fabric.Engine.Feed;

namespace Fabric.Engine.Tests.Feed;

public sealed class ReceiptTests
{
    private static readonly TimeSpan Long = TimeSpan.FromSeconds(60);

    [Fact]
    public async Task Without_edges_a_revocation_is_confirmed_at_once()
    {
        await using var fixture = new HubFixture();
        var receipt = await fixture.Hub.WaitAsync(fixture.Revoke(), Long);

        Assert.Equal(("confirmed", 0d), (receipt.State, receipt.ConfirmedAfterMs));
        Assert.Equal(new ClosedClasses(true, true, true), receipt.Closed);
        Assert.Equal(fixture.Time.GetUtcNow(), receipt.AcceptedAt);
    }

    [Fact]
    [Trait("Invariant", "R1")]
    public async Task A_revocation_is_confirmed_when_every_edge_with_a_lease_has_acknowledged_it()
    {
        await using var fixture = new HubFixture();
        var a = await LeasedAsync(fixture, "a", 1);
        var b = await LeasedAsync(fixture, "b", 2);
        var revision = fixture.Revoke();
        var waiting = fixture.Hub.WaitAsync(revision, Long).AsTask();
        await AckAsync(a, revision);
        Assert.Equal(["edges/a"], await SeenAsync(() => fixture.Hub.Status(revision).Acknowledged, list => list.Count == 1));
        Assert.False(waiting.IsCompleted);
        Assert.Equal("edges/b", Assert.Single(fixture.Hub.Status(revision).Waiting).Edge);

        fixture.Time.Advance(TimeSpan.FromMilliseconds(3));
        await AckAsync(b, revision);
        var receipt = await waiting;

        Assert.Equal(("confirmed", 3d), (receipt.State, receipt.ConfirmedAfterMs));
        Assert.Equal(["edges/a", "edges/b"], receipt.Acknowledged);
        Assert.Empty(receipt.Waiting);
    }

    [Fact]
    [Trait("Invariant", "R1")]
    public async Task With_an_edge_that_never_answers_it_is_confirmed_class_by_class_as_the_bounds_run_out()
    {
        await using var fixture = new HubFixture();
        var silent = await LeasedAsync(fixture, "silent", 1);
        fixture.Time.Advance(TimeSpan.FromMilliseconds(200));
        var revision = fixture.Revoke();
        var waiting = fixture.Hub.WaitAsync(revision, Long).AsTask();

        // The lease was renewed 200 ms ago, and clocks may drift by 1/500, plus 10 ms.
        Assert.Equal(new ClosedClasses(Destructive: true, Write: false, Read: false), fixture.Hub.Status(revision).Closed);
        fixture.Time.Advance(TimeSpan.FromMilliseconds(1_012 - 200));
        Assert.False(fixture.Hub.Status(revision).Closed.Write);
        fixture.Time.Advance(TimeSpan.FromMilliseconds(1));
        Assert.Equal(new ClosedClasses(Destructive: true, Write: true, Read: false), fixture.Hub.Status(revision).Closed);
        fixture.Time.Advance(TimeSpan.FromMilliseconds(5_020 - 1_013));
        Assert.False(waiting.IsCompleted);
        fixture.Time.Advance(TimeSpan.FromMilliseconds(1));
        var receipt = await waiting;

        Assert.Equal("confirmed", receipt.State);
        Assert.Equal(["edges/silent"], receipt.RanOut);
        Assert.InRange(receipt.ConfirmedAfterMs!.Value, 4_820, 4_821);
        Assert.Equal(Codes.FeedSilent, await silent.Serving);
    }

    [Fact]
    [Trait("Invariant", "R1")]
    public async Task A_wait_that_ends_first_is_partial_and_says_who_has_not_answered_and_until_when()
    {
        await using var fixture = new HubFixture();
        _ = await LeasedAsync(fixture, "silent", 1);
        var revision = fixture.Revoke();
        var waiting = fixture.Hub.WaitAsync(revision, TimeSpan.FromSeconds(2)).AsTask();
        fixture.Time.Advance(TimeSpan.FromSeconds(2));
        var receipt = await waiting;

        Assert.Equal(("partial", (double?)null), (receipt.State, receipt.ConfirmedAfterMs));
        Assert.Equal(new ClosedClasses(true, true, false), receipt.Closed);
        var silent = Assert.Single(receipt.Waiting);
        Assert.Equal(("edges/silent", 0ul, 3_020d), (silent.Edge, silent.AcknowledgedRevision, silent.RunsOutInMs));
    }

    [Fact]
    [Trait("Invariant", "R2")]
    public async Task A_renewal_that_arrives_after_a_revocation_is_granted_only_with_its_acknowledgement()
    {
        await using var fixture = new HubFixture();
        var edge = await LeasedAsync(fixture, "e", 1);
        fixture.Revoke();
        edge.Renew();
        await edge.UntilAsync(e => e.Applied == 1);
        var late = edge.Renew();
        await edge.UntilAsync(e => e.Grants.Contains(late));

        // The renewal before was sent without the revocation: the later one's grant voids it.
        Assert.Equal([1ul, late], edge.Grants);
    }

    [Fact]
    public async Task A_best_effort_edge_keeps_reads_open_for_as_long_as_it_declared()
    {
        await using var fixture = new HubFixture();
        var edge = await TestEdge.ConnectAsync(fixture.Hub, bestEffortMs: 60_000);
        Assert.Equal(60_000u, edge.Welcome!.Value.ReadBoundMs);
        await edge.LeaseAsync();
        var revision = fixture.Revoke();
        fixture.Time.Advance(TimeSpan.FromSeconds(60));
        Assert.False(fixture.Hub.Status(revision).Closed.Read);
        fixture.Time.Advance(TimeSpan.FromMilliseconds(131));
        Assert.True(fixture.Hub.Status(revision).Closed.Read);
    }

    [Fact]
    [Trait("Invariant", "R1")]
    public async Task After_an_unclean_start_receipts_outwait_the_leases_of_before()
    {
        await using var fixture = new HubFixture(leftOver: ClassBounds.Default);
        var revision = fixture.Revoke();
        var receipt = await fixture.Hub.WaitAsync(revision, TimeSpan.Zero);
        Assert.Equal("partial", receipt.State);
        Assert.Equal("before-restart", Assert.Single(receipt.Waiting).Edge);
        fixture.Time.Advance(TimeSpan.FromMilliseconds(5_021));
        Assert.Equal("confirmed", fixture.Hub.Status(revision).State);
    }

    [Fact]
    [Trait("Invariant", "R1")]
    public async Task An_allow_that_the_fabric_answered_keeps_its_edge_waited_for_until_it_stands_no_more()
    {
        await using var fixture = new HubFixture();
        var edge = await TestEdge.ConnectAsync(fixture.Hub);
        edge.Transport.Send(new CheckFrame(1, 0, "t", new ToolCall("a", "b", ""), null, null).Write);
        await edge.UntilAsync(e => e.Answers.Count == 1);
        var revision = fixture.Revoke();

        // It has no lease, but it may still act on the answer.
        Assert.False(fixture.Hub.Status(revision).Closed.Destructive);
        await AckAsync(edge, revision);
        Assert.Equal("confirmed", (await fixture.Hub.WaitAsync(revision, Long)).State);

        edge.Transport.Send(new CheckFrame(2, 0, "t", new ToolCall("a", "b", ""), null, null).Write);
        await edge.UntilAsync(e => e.Answers.Count == 2);
        revision = fixture.Revoke();
        fixture.Time.Advance(TimeSpan.FromMilliseconds(1_012));
        Assert.False(fixture.Hub.Status(revision).Closed.Destructive);
        fixture.Time.Advance(TimeSpan.FromMilliseconds(1));
        Assert.Equal("confirmed", fixture.Hub.Status(revision).State);
    }

    [Fact]
    [Trait("Invariant", "R1")]
    public async Task Checks_are_answered_in_order_with_records()
    {
        await using var fixture = new HubFixture();
        var service = new TestService
        {
            Check = check => new ValueTask<CheckAnswerFrame>(
                new CheckAnswerFrame(check.RequestId, fixture.Index.Count == 0, fixture.Index.Count == 0 ? null : Codes.CredentialRevoked, fixture.Index.Revision, 0)),
        };
        var edge = new TestEdge(fixture.Hub, service);
        edge.Hello();
        await edge.UntilAsync(e => e.IsReady);
        for (var i = 0u; i < 500; i++)
        {
            edge.Transport.Send(new CheckFrame(i, 0, "t", new ToolCall("a", "b", ""), null, null).Write);
            if (i == 250)
            {
                fixture.Revoke();
            }
        }

        await edge.UntilAsync(e => e.Answers.Count == 500 && e.Applied == 1);
        var record = edge.Received.IndexOf(FrameType.Records);
        var answersBefore = edge.Received.Take(record).Count(type => type == FrameType.CheckAnswer);

        // Every allow stands before the record.
        Assert.All(edge.Answers.Skip(answersBefore), answer => Assert.False(answer.Allowed));
    }

    [Fact]
    [Trait("Invariant", "R1")]
    public async Task Two_processes_with_one_name_have_a_lease_each()
    {
        await using var fixture = new HubFixture();
        var first = await LeasedAsync(fixture, "twin", 1);
        var second = await LeasedAsync(fixture, "twin", 2);
        var revision = fixture.Revoke();
        await AckAsync(first, revision);
        await SeenAsync(() => fixture.Hub.Status(revision).Acknowledged, list => list.Count == 1);
        Assert.Equal("accepted", fixture.Hub.Status(revision).State);
        await AckAsync(second, revision);
        Assert.Equal("confirmed", (await fixture.Hub.WaitAsync(revision, Long)).State);
    }

    [Fact]
    [Trait("Invariant", "R1")]
    public async Task A_process_that_connects_anew_takes_its_lease_along_and_its_old_connection_ends()
    {
        await using var fixture = new HubFixture();
        var before = await LeasedAsync(fixture, "e", 1);
        var after = new TestEdge(fixture.Hub);
        after.Hello("e", 1, before);
        Assert.Equal(Codes.FeedReplaced, await before.Serving);
        var revision = fixture.Revoke();
        await AckAsync(after, revision);
        var receipt = await fixture.Hub.WaitAsync(revision, Long);

        Assert.Equal("confirmed", receipt.State);
        Assert.Equal(["edges/e"], receipt.Acknowledged);
    }

    [Fact]
    public async Task Calls_that_were_in_flight_are_listed_with_the_revocation_that_cancelled_them()
    {
        await using var fixture = new HubFixture();
        var edge = await LeasedAsync(fixture, "e", 1);
        var first = fixture.Revoke();
        await edge.UntilAsync(e => e.Applied == first);
        edge.Ack(inFlight: 3);
        Assert.Equal(new InFlightCalls("edges/e", 3), Assert.Single((await fixture.Hub.WaitAsync(first, Long)).InFlight));
        var second = fixture.Revoke();
        await AckAsync(edge, second);
        Assert.Empty((await fixture.Hub.WaitAsync(second, Long)).InFlight);
    }

    [Fact]
    public async Task An_edge_in_the_process_is_told_before_a_receipt_is_confirmed()
    {
        await using var fixture = new HubFixture();
        var local = new LocalEdge();
        using var attached = fixture.Hub.Attach(local);
        var revision = fixture.Revoke();
        var waiting = fixture.Hub.WaitAsync(revision, Long).AsTask();
        await local.Called.Task;
        Assert.False(waiting.IsCompleted);
        local.Answer.SetResult(2);
        var receipt = await waiting;

        Assert.Equal("confirmed", receipt.State);
        Assert.Equal(new InFlightCalls("local", 2), Assert.Single(receipt.InFlight));
    }

    [Fact]
    public async Task A_thousand_waiters_are_all_told()
    {
        await using var fixture = new HubFixture();
        var edge = await LeasedAsync(fixture, "e", 1);
        var waiting = Enumerable.Range(0, 1_000).Select(_ => fixture.Hub.WaitAsync(fixture.Revoke(), Long).AsTask()).ToArray();
        await AckAsync(edge, 1_000);
        Assert.All(await Task.WhenAll(waiting), receipt => Assert.Equal("confirmed", receipt.State));
    }

    [Fact]
    public async Task A_stop_asks_for_the_leases_and_is_clean_when_all_are_handed_back()
    {
        await using var fixture = new HubFixture();
        var edge = await LeasedAsync(fixture, "e", 1);
        var stopping = fixture.Hub.StopAsync(TimeSpan.FromSeconds(5));
        await edge.UntilAsync(e => e.Closed == Codes.Stopping);
        Assert.False(stopping.IsCompleted);
        edge.Bye();
        edge.Transport.CloseEdge();

        Assert.True(await stopping);
        Assert.Equal(Codes.Stopping, await edge.Serving);
        var late = new TestEdge(fixture.Hub);
        late.Hello();
        Assert.Equal(Codes.Stopping, await late.UntilClosedAsync());
    }

    [Fact]
    [Trait("Invariant", "R1")]
    public async Task A_stop_with_a_lease_outstanding_is_not_clean()
    {
        await using var fixture = new HubFixture();
        var edge = await LeasedAsync(fixture, "e", 1);
        var stopping = fixture.Hub.StopAsync(TimeSpan.FromSeconds(2));
        await edge.UntilAsync(e => e.Closed == Codes.Stopping);
        fixture.Time.Advance(TimeSpan.FromSeconds(2));
        Assert.False(await stopping);
    }

    private static async Task<TestEdge> LeasedAsync(HubFixture fixture, string name, UInt128 instance)
    {
        var edge = await TestEdge.ConnectAsync(fixture.Hub, name, instance);
        await edge.LeaseAsync();
        return edge;
    }

    private static async Task AckAsync(TestEdge edge, ulong revision)
    {
        await edge.UntilAsync(e => e.Applied >= revision);
        edge.Ack();
    }

    private static async Task<T> SeenAsync<T>(Func<T> read, Func<T, bool> seen)
    {
        while (!seen(read()))
        {
            await Task.Yield();
        }

        return read();
    }

    private sealed class LocalEdge : ILocalEdge
    {
        public TaskCompletionSource Called { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public TaskCompletionSource<int> Answer { get; } = new();

        public string Name => "local";

        public int Applied(ulong revision)
        {
            Called.TrySetResult();
            return Answer.Task.Result;
        }
    }
}
