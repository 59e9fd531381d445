using Fabric.Contracts.Feed;
using Fabric.Core.Common;
using Fabric.Core.Scopes;
using Fabric.Engine.Feed;

namespace Fabric.Engine.Tests.Feed;

/// <summary>A feed that is under a lease itself: a silo's.</summary>
public sealed class SiloFeedTests
{
    private bool _holds = true;

    [Fact]
    [Trait("Invariant", "R1")]
    public async Task A_renewal_that_arrives_while_the_silo_has_no_lease_is_never_granted()
    {
        await using var fixture = Silo();
        var edge = await TestEdge.ConnectAsync(fixture.Hub);
        _holds = false;
        var lost = edge.Renew();
        edge.Transport.Send(new CheckFrame(1, 0, "t", new ToolCall("a", "b", ""), null, null).Write);

        // The answer comes after the renewal was looked at: it denies, for the same reason.
        await edge.UntilAsync(e => e.Answers.Count == 1);
        Assert.Equal((false, Codes.CheckUnavailable), (edge.Answers[0].Allowed, edge.Answers[0].Code));
        _holds = true;
        await edge.LeaseAsync();
        Assert.DoesNotContain(lost, edge.Grants);
    }

    [Fact]
    [Trait("Invariant", "R1")]
    public async Task What_an_edge_acknowledges_counts_also_without_a_lease()
    {
        var moved = 0;
        await using var fixture = Silo(() => moved++);
        var edge = await TestEdge.ConnectAsync(fixture.Hub);
        await edge.LeaseAsync();
        var revision = fixture.Revoke();
        _holds = false;
        await edge.UntilAsync(e => e.Applied == revision);
        Assert.True(fixture.Hub.Closed.Confirmed < revision);
        edge.Renew();
        Assert.Equal("confirmed", (await fixture.Hub.WaitAsync(revision, TimeSpan.FromSeconds(30))).State);
        Assert.Equal(revision, fixture.Hub.Closed.Confirmed);
        Assert.True(moved > 0);
    }

    [Fact]
    [Trait("Invariant", "R3")]
    public async Task An_edge_that_knows_more_than_this_silo_is_not_given_an_older_snapshot()
    {
        await using var ahead = Silo();
        var edge = await TestEdge.ConnectAsync(ahead.Hub);
        ahead.Revoke(3);
        await edge.UntilAsync(e => e.Applied == 3);

        await using var behind = Silo();
        var again = new TestEdge(behind.Hub);
        again.Hello(after: edge);
        Assert.Equal(Codes.CheckBehindRevision, await again.UntilClosedAsync());
    }

    [Fact]
    [Trait("Invariant", "R2")]
    public async Task An_edge_in_the_silos_own_process_is_refused()
    {
        await using var fixture = Silo();
        Assert.Throws<NotSupportedException>(() => fixture.Hub.Attach(new Local()));
    }

    private HubFixture Silo(Action? moved = null) => new(options: new FeedHubOptions { HoldsLease = () => Volatile.Read(ref _holds), ClosedMoved = moved });

    private sealed class Local : ILocalEdge
    {
        public string Name => "local";

        public int Applied(ulong revision) => 0;
    }
}
