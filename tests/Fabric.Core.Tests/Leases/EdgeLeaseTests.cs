using Fabric.Core.Common;
using Fabric.Core.Leases;
using Fabric.Core.Scopes;

namespace Fabric.Core.Tests.Leases;

public sealed class EdgeLeaseTests
{
    private readonly EdgeLease _lease = new();

    [Fact]
    [Trait("Invariant", "R2")]
    public void Without_a_grant_nothing_may_be_allowed()
    {
        _lease.Sent(1, Ms(10));
        Assert.False(May(ActionClass.Read, 10));
        Assert.Equal(TimeSpan.MaxValue, _lease.Staleness(Ms(10)));
    }

    [Fact]
    [Trait("Invariant", "R2")]
    public void The_lease_counts_from_the_sending_and_ends_class_by_class()
    {
        _lease.Sent(1, Ms(100));
        Assert.True(_lease.Granted(1));

        Assert.True(May(ActionClass.Write, 1_100));
        Assert.False(May(ActionClass.Write, 1_100.0001));
        Assert.True(May(ActionClass.Read, 5_100));
        Assert.False(May(ActionClass.Read, 5_100.0001));
        Assert.Equal(Ms(5_000), _lease.Staleness(Ms(5_100)));
        Assert.Equal(TimeSpan.Zero, _lease.Staleness(Ms(50)));
    }

    [Theory]
    [InlineData(ActionClass.Destructive)]
    [InlineData((ActionClass)0)]
    [InlineData((ActionClass)9)]
    public void A_destructive_or_unknown_class_is_never_the_edges_to_allow(ActionClass actionClass)
    {
        _lease.Sent(1, Ms(100));
        _lease.Granted(1);
        Assert.False(May(actionClass, 100));
    }

    [Fact]
    public void A_later_grant_voids_the_ones_before_and_none_makes_the_lease_older()
    {
        _lease.Sent(1, Ms(100));
        _lease.Sent(2, Ms(200));
        _lease.Sent(3, Ms(300));

        Assert.True(_lease.Granted(2));
        Assert.False(_lease.Granted(1));
        Assert.Equal(Ms(200), _lease.Moment);
        Assert.True(_lease.Granted(3));
        Assert.False(_lease.Granted(3));
        Assert.Equal(Ms(300), _lease.Moment);
    }

    [Fact]
    [Trait("Invariant", "R2")]
    public void A_lost_connection_keeps_the_lease_and_forgets_what_waits()
    {
        _lease.Sent(1, Ms(100));
        _lease.Granted(1);
        _lease.Sent(2, Ms(200));
        _lease.Lost();

        Assert.False(_lease.Granted(2));
        Assert.Equal(Ms(100), _lease.Moment);
        _lease.Sent(1, Ms(900));
        Assert.True(_lease.Granted(1));
        Assert.Equal(Ms(900), _lease.Moment);
    }

    [Fact]
    [Trait("Invariant", "R2")]
    public void A_released_lease_is_over_and_a_grant_from_before_does_not_bring_it_back()
    {
        _lease.Sent(1, Ms(100));
        _lease.Granted(1);
        _lease.Sent(2, Ms(200));
        _lease.Released();

        Assert.False(_lease.Granted(2));
        Assert.Null(_lease.Moment);
        Assert.False(May(ActionClass.Read, 200));
    }

    [Fact]
    [Trait("Invariant", "B1")]
    public void Renewals_that_wait_are_bounded()
    {
        for (ulong number = 1; number <= EdgeLease.WaitingMax + 1; number++)
        {
            _lease.Sent(number, Ms(number));
        }

        Assert.False(_lease.Granted(1));
        Assert.True(_lease.Granted(2));
        Assert.Throws<ArgumentOutOfRangeException>(() => _lease.Sent(5, Ms(900)));
    }

    [Theory]
    [InlineData(5_000, 1_000, false, true)]
    [InlineData(5_001, 1_000, false, false)]
    [InlineData(3_600_000, 1_000, true, true)]
    [InlineData(3_600_001, 1_000, true, false)]
    [InlineData(5_000, 1_001, true, false)]
    [InlineData(0, 1_000, false, false)]
    [InlineData(1, 0, true, false)]
    [InlineData(1, 1, false, true)]
    public void Bounds_have_limits(double readMs, double writeMs, bool bestEffort, bool fine)
    {
        var refusal = new ClassBounds(Ms(readMs), Ms(writeMs)).Refusal(bestEffort);
        Assert.Equal(fine ? null : Codes.InvalidField, refusal?.Code);
    }

    private static TimeSpan Ms(double ms) => TimeSpan.FromMilliseconds(ms);

    private bool May(ActionClass actionClass, double atMs) => _lease.MayAllow(actionClass, Ms(atMs), ClassBounds.Default);
}
