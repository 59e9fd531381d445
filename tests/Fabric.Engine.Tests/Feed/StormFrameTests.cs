using System.Collections.Concurrent;
using Fabric.Contracts.Feed;

namespace Fabric.Engine.Tests.Feed;

/// <summary>How records are put together in frames when they come one after the other, and that nothing else waits for it.</summary>
public sealed class StormFrameTests
{
    [Fact]
    [Trait("Invariant", "R5")]
    public async Task Records_that_follow_each_other_closely_share_a_frame_with_those_that_come_before_the_next_turn()
    {
        await using var fixture = new HubFixture();
        var turns = new Turns();
        var edge = await ConnectAsync(fixture, turns);
        fixture.Revoke();
        turns.TakeAll();
        Assert.Equal([1ul], await RevisionsAsync(edge));

        fixture.Revoke();
        turns.TakeOne();
        Assert.False(edge.Transport.HasFrame);
        fixture.Revoke();
        fixture.Revoke();
        turns.TakeOne();

        Assert.Equal([4ul], await RevisionsAsync(edge));
        Assert.Equal(4, edge.Index.Count);
        turns.TakeAll();
        Assert.False(edge.Transport.HasFrame);
    }

    [Fact]
    [Trait("Invariant", "R5")]
    public async Task A_record_that_comes_alone_is_sent_in_its_first_turn()
    {
        await using var fixture = new HubFixture();
        var turns = new Turns();
        var edge = await ConnectAsync(fixture, turns);
        for (var revision = 1ul; revision <= 3; revision++)
        {
            fixture.Revoke();
            turns.TakeOne();
            Assert.Equal([revision], await RevisionsAsync(edge));
            turns.TakeAll();
            fixture.Time.Advance(TimeSpan.FromMilliseconds(5));
        }
    }

    [Fact]
    [Trait("Invariant", "R2")]
    public async Task A_grant_is_sent_in_its_first_turn_and_records_that_wait_go_with_it()
    {
        await using var fixture = new HubFixture();
        var turns = new Turns();
        var edge = await ConnectAsync(fixture, turns);
        fixture.Revoke();
        turns.TakeAll();
        Assert.Equal([1ul], await RevisionsAsync(edge));

        // The renewal is read in the first turn; the second is the pump's.
        var number = edge.Renew();
        turns.TakeOne();
        fixture.Revoke();
        turns.TakeOne();

        Assert.Equal([2ul], await RevisionsAsync(edge));
        Assert.Equal([number], edge.Grants);
    }

    [Fact]
    [Trait("Invariant", "R3")]
    public async Task A_storm_arrives_whole_and_in_order_however_its_turns_fall()
    {
        const int Seed = 20_26;
        var random = new Random(Seed);
        await using var fixture = new HubFixture();
        var turns = new Turns();
        var edge = await ConnectAsync(fixture, turns);
        for (var i = 0; i < 2_000; i++)
        {
            switch (random.Next(4))
            {
                case 0: fixture.Time.Advance(TimeSpan.FromMilliseconds(random.Next(4))); break;
                case 1: turns.TakeOne(); break;
                default: fixture.Revoke(random.Next(1, 4)); break;
            }
        }

        // The edge asserts that each frame begins where the one before has ended.
        turns.TakeAll();
        var revisions = await RevisionsAsync(edge);
        Assert.True(edge.Applied == fixture.Hub.Head && edge.Index.Count == (int)fixture.Hub.Head, $"seed {Seed}: at {edge.Applied} of {fixture.Hub.Head}");
        Assert.True(revisions.Count > 1, $"seed {Seed}");
        Assert.Equal((0, 1), (edge.Gaps, edge.Snapshots));
    }

    private static async Task<TestEdge> ConnectAsync(HubFixture fixture, Turns turns)
    {
        var edge = turns.Begin(() => new TestEdge(fixture.Hub));
        edge.Hello();
        turns.TakeAll();
        while (edge.Transport.HasFrame)
        {
            await edge.ReceiveAsync();
        }

        Assert.True(edge is { IsReady: true, Applied: 0 });
        return edge;
    }

    // Where each frame of records that is there has ended.
    private static async Task<List<ulong>> RevisionsAsync(TestEdge edge)
    {
        var revisions = new List<ulong>();
        while (edge.Transport.HasFrame)
        {
            await edge.ReceiveAsync();
            if (edge.Received[^1] == FrameType.Records)
            {
                revisions.Add(edge.Applied);
            }
        }

        return revisions;
    }

    /// <summary>The fabric's end of a connection on one thread, the test's: what is due waits until it is given its turn.</summary>
    private sealed class Turns : SynchronizationContext
    {
        private readonly ConcurrentQueue<(SendOrPostCallback Call, object? State)> _due = new();

        public override void Post(SendOrPostCallback d, object? state) => _due.Enqueue((d, state));

        public T Begin<T>(Func<T> begin)
        {
            var before = Current;
            SetSynchronizationContext(this);
            try
            {
                return begin();
            }
            finally
            {
                SetSynchronizationContext(before);
            }
        }

        public bool TakeOne() => _due.TryDequeue(out var turn) && Begin(() =>
        {
            turn.Call(turn.State);
            return true;
        });

        public void TakeAll()
        {
            while (TakeOne())
            {
                // The next one.
            }
        }
    }
}
