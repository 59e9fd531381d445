using Fabric.Core.Leases;

namespace Fabric.Core.Tests.Leases;

[Trait("Invariant", "R1")]
public sealed class RelayTableTests
{
    private static readonly TimeSpan Lease = TimeSpan.FromSeconds(3);
    private static readonly TimeSpan Ownership = TimeSpan.FromSeconds(1);
    private static readonly UInt128 A = 1;
    private static readonly UInt128 B = 2;

    private readonly RelayTable _table = new(Lease, Ownership);
    private TimeSpan _now = TimeSpan.FromSeconds(100);

    [Fact]
    public void A_revision_is_closed_when_every_relay_has_reported_it()
    {
        Renew(A, 1, applied: 0);
        Renew(B, 1, applied: 0);
        _table.Opened(1);
        Report(A, 1);
        Assert.Equal(0ul, Closed().Confirmed);
        Report(B, 1);
        Assert.Equal(1ul, Closed().Confirmed);
    }

    [Fact]
    public void A_renewal_is_granted_only_against_what_the_relay_has_applied()
    {
        _table.Opened(5);
        Assert.Equal(0ul, Renew(A, 1, applied: 4));
        Assert.Equal(2ul, Renew(A, 2, applied: 5));
    }

    [Fact]
    public void A_later_grant_proves_nothing_about_an_edge_that_was_lent_to_before()
    {
        Assert.Equal(1ul, Renew(A, 1, applied: 0));
        _table.Opened(1);
        _now += TimeSpan.FromMilliseconds(100);

        // Applied here, renewed, granted: and one of its edges is stopped with the lease that it had.
        Assert.Equal(2ul, Renew(A, 2, applied: 1));
        Assert.Equal(default, Closed());
        _now += Lease + ClassBounds.Default.Write;
        Assert.Equal(0ul, Closed().Read);
    }

    [Fact]
    public void A_relay_that_is_gone_closes_class_by_class_when_its_lease_and_its_edges_have_run_out()
    {
        Renew(A, 1, applied: 0);
        _table.Opened(1);
        var since = _now;
        _now = since + Lease + LeaseTerms.AnswerValid;
        Assert.Equal(default, Closed());
        _now += TimeSpan.FromMilliseconds(100);
        Assert.Equal(new ClosedFloors(0, 1, 1), Closed());
        _now = since + Lease + ClassBounds.Default.Read;
        Assert.Equal(0ul, Closed().Read);
        _now += TimeSpan.FromMilliseconds(100);
        Assert.Equal(1ul, Closed().Confirmed);
        Assert.Equal(0, _table.Count);
    }

    [Fact]
    public void A_new_owner_confirms_nothing_until_every_lease_of_the_one_before_has_run_out()
    {
        _table.StartedAnew(7, _now);
        Renew(A, 1, applied: 7);
        Report(A, 7);
        var since = _now;
        Assert.Equal(0ul, Closed().Confirmed);
        _now = since + Ownership + Lease + ClassBounds.Default.Read;
        Renew(A, 2, applied: 7);
        Assert.Equal(0ul, Closed().Confirmed);
        _now += TimeSpan.FromMilliseconds(100);
        Assert.Equal(7ul, Closed().Confirmed);
    }

    [Fact]
    public void An_owner_that_is_not_sure_grants_nothing_and_still_outwaits_what_it_was_asked()
    {
        Assert.Equal(0ul, _table.Renew(A, "a", 1, 0, default, mayGrant: false, _now));
        _table.Opened(1);
        Assert.Equal(0ul, Closed().Confirmed);
        Assert.Equal("a", Assert.Single(_table.Waiting(1, _now)).Edge);
    }

    [Fact]
    public void What_lies_past_the_head_closes_nothing()
    {
        Renew(A, 1, applied: 0);
        Report(A, 9);
        _table.Opened(9);
        Assert.Equal(0ul, Closed().Confirmed);
    }

    [Fact]
    public void A_relay_that_hands_its_lease_back_is_waited_for_no_more()
    {
        Renew(A, 1, applied: 0);
        _table.Opened(1);
        _table.Leave(A, _now);
        Assert.Equal(1ul, Closed().Confirmed);
    }

    [Fact]
    public void A_renewal_whose_number_does_not_grow_is_not_granted()
    {
        Assert.Equal(3ul, Renew(A, 3, applied: 0));
        Assert.Equal(0ul, Renew(A, 3, applied: 0));
        Assert.Equal(0ul, Renew(A, 2, applied: 0));
    }

    private ulong Renew(UInt128 relay, ulong number, ulong applied) =>
        _table.Renew(relay, $"{relay}", number, applied, default, mayGrant: true, _now);

    private void Report(UInt128 relay, ulong revision) => _table.Report(relay, revision, new ClosedFloors(revision, revision, revision), _now);

    private ClosedFloors Closed() => _table.Advance(_now);
}
