using Fabric.Core.Common;
using Fabric.Core.Leases;

namespace Fabric.Core.Tests.Leases;

public sealed class LeaseTableTests
{
    // 1 s and 5 s, 1/500 more for drift, 10 ms of slack.
    private const double WriteRunsOutMs = 1_012;
    private const double ReadRunsOutMs = 5_020;

    private readonly LeaseFixture _at = new();

    [Fact]
    public void Without_edges_a_revision_is_closed_at_once()
    {
        Assert.Equal(new ClosedFloors(1, 1, 1), _at.Open());
        Assert.Null(_at.Table.NextDeadline);
    }

    [Fact]
    public void An_edge_without_a_lease_holds_nothing_up()
    {
        _at.Hello("a");
        Assert.Equal(1UL, _at.Open().Confirmed);
    }

    [Fact]
    [Trait("Invariant", "R1")]
    public void A_revision_is_confirmed_when_the_last_edge_with_a_lease_has_acknowledged_it()
    {
        var (a, b) = (_at.Leased("a"), _at.Leased("b"));

        Assert.Equal(new ClosedFloors(0, 0, 1), _at.Open());
        _at.Ack(a, 1);
        Assert.Equal(0UL, _at.After(1).Confirmed);
        _at.Ack(b, 1);
        Assert.Equal(1UL, _at.After(1).Confirmed);
    }

    [Fact]
    [Trait("Invariant", "R1")]
    public void A_silent_edge_runs_out_class_by_class_and_not_a_moment_early()
    {
        _at.Leased("a");
        _at.NowMs += 700;
        _at.Open();

        Assert.Equal(new ClosedFloors(0, 0, 1), _at.After(WriteRunsOutMs - 700));
        Assert.Equal(_at.Now + TimeSpan.FromTicks(1), _at.Table.NextDeadline);
        Assert.Equal(new ClosedFloors(0, 1, 1), _at.After(0.0001));
        Assert.Equal(new ClosedFloors(0, 1, 1), _at.After(ReadRunsOutMs - WriteRunsOutMs - 0.0001));
        Assert.Equal(new ClosedFloors(1, 1, 1), _at.After(0.0001));
        Assert.Null(_at.Table.NextDeadline);
    }

    [Fact]
    public void A_renewal_that_arrives_after_the_revocation_does_not_make_it_wait()
    {
        var a = _at.Leased("a");
        _at.Open();
        _at.NowMs += 900;
        Assert.Equal(0UL, _at.Renew(a, 2, 0).Granted);

        Assert.Equal(1UL, _at.After(WriteRunsOutMs - 899).Write);
    }

    [Fact]
    [Trait("Invariant", "R1")]
    public void A_renewal_that_arrived_before_the_revocation_counts_even_while_it_is_not_granted()
    {
        var a = _at.Leased("a");
        _at.Head = 5;
        _at.NowMs += 900;
        Assert.Equal(0UL, _at.Renew(a, 2, 4).Granted);
        _at.Open();
        Assert.Equal(5UL, _at.After(200).Write);

        Assert.Equal(2UL, _at.Ack(a, 5).Granted);
        Assert.Equal(5UL, _at.After(WriteRunsOutMs - 200).Write);
        Assert.Equal(6UL, _at.After(1).Write);
    }

    [Fact]
    [Trait("Invariant", "R1")]
    public void A_renewal_is_granted_only_when_the_head_at_its_arrival_is_acknowledged()
    {
        var a = _at.Hello("a");
        _at.Head = 3;
        Assert.Equal(0UL, _at.Renew(a, 1, 0).Granted);
        _at.Head = 7;
        Assert.Equal(0UL, _at.Renew(a, 2, 2).Granted);
        Assert.Equal(1UL, _at.Ack(a, 3).Granted);
        Assert.Equal(0UL, _at.Ack(a, 6).Granted);
        Assert.Equal(2UL, _at.Ack(a, 7).Granted);
        Assert.Equal(0UL, _at.Ack(a, 7).Granted);
    }

    [Fact]
    public void Revisions_between_renewals_close_each_at_its_own_time()
    {
        var a = _at.Leased("a");
        _at.Open();
        _at.NowMs += 300;
        _at.Renew(a, 2, 0);
        _at.Open();
        _at.Open();
        _at.NowMs += 300;
        _at.Renew(a, 3, 0);

        Assert.Equal(1UL, _at.After(WriteRunsOutMs - 599).Write);
        Assert.Equal(1UL, _at.After(298).Write);
        Assert.Equal(3UL, _at.After(2).Write);
    }

    [Fact]
    public void A_bye_closes_at_once_and_a_lost_connection_does_not()
    {
        var (a, b) = (_at.Leased("a"), _at.Leased("b"));
        _at.Open();
        _at.Table.Drop(a, _at.Now);
        Assert.True(_at.Table.Bye(b, _at.Now));

        Assert.Equal(0UL, _at.After(1).Write);
        Assert.Equal(1UL, _at.After(WriteRunsOutMs).Write);
        Assert.Equal("a", Assert.Single(_at.Table.Status(1, _at.Now).Waiting).Edge);
        Assert.False(_at.Table.Bye(b, _at.Now));
    }

    [Fact]
    public void A_run_that_comes_back_acknowledges_for_the_lease_it_kept()
    {
        var lost = _at.Leased("a", instance: 7);
        _at.Open();
        var back = _at.Hello("a", instance: 7);

        Assert.True(_at.Ack(lost, 1).Refused);
        _at.Table.Drop(lost, _at.Now);
        Assert.Equal(0UL, _at.After(1).Confirmed);
        Assert.Equal(1UL, _at.Renew(back, 1, 1).Granted);
        Assert.Equal(1UL, _at.After(1).Confirmed);
    }

    [Theory]
    [InlineData(7, 8)]
    [InlineData(0, 0)]
    [Trait("Invariant", "R1")]
    public void Another_run_of_the_same_name_does_not_speak_for_the_run_of_before(int before, int after)
    {
        _at.Leased("a", instance: (UInt128)before);
        _at.Open();
        var other = _at.Hello("a", instance: (UInt128)after);
        Assert.Equal(1UL, _at.Renew(other, 1, 1).Granted);

        Assert.Equal(0UL, _at.After(10).Write);
        Assert.Equal(1UL, _at.After(WriteRunsOutMs).Write);
    }

    [Fact]
    [Trait("Invariant", "R1")]
    public void A_run_keeps_its_bounds()
    {
        _at.Leased("a", instance: 7);
        var longer = ClassBounds.Default with { Read = TimeSpan.FromMinutes(1) };

        Assert.Equal(Codes.InvalidField, _at.Table.Hello("a", 7, longer, _at.Now).Rejection?.Code);
        Assert.True(_at.Table.Hello("a", 8, longer, _at.Now).IsOk);
    }

    [Fact]
    public void What_no_correct_edge_says_is_refused()
    {
        var a = _at.Leased("a");
        Assert.True(_at.Renew(a, 1, 0).Refused);
        Assert.True(_at.Ack(a, 1).Refused);
        Assert.True(_at.Renew(a, 2, 1).Refused);
        Assert.True(_at.Renew(default, 3, 0).Refused);
        Assert.True(_at.Renew(new EdgeConnection(7, 1), 3, 0).Refused);
        Assert.Equal(0UL, _at.Open().Read);
    }

    [Fact]
    [Trait("Invariant", "B1")]
    public void Ten_thousand_edges_are_served_and_the_next_is_refused_until_one_is_gone()
    {
        var first = _at.Leased("first");
        for (var i = 1; i < LeaseTable.EdgesMax; i++)
        {
            _at.Leased($"edge-{i}");
        }

        Assert.Equal(Codes.LimitReached, _at.Table.Hello("more", 1, ClassBounds.Default, _at.Now).Rejection?.Code);
        _at.Table.Drop(first, _at.Now);
        Assert.Equal(Codes.LimitReached, _at.Table.Hello("more", 1, ClassBounds.Default, _at.Now).Rejection?.Code);
        _at.NowMs += ReadRunsOutMs + 1;
        Assert.True(_at.Table.Hello("more", 1, ClassBounds.Default, _at.Now).IsOk);
        Assert.Equal(LeaseTable.EdgesMax, _at.Table.Count);
    }

    [Fact]
    [Trait("Invariant", "B1")]
    public void A_quarter_of_a_million_open_revisions_close_together()
    {
        var a = _at.Leased("a");
        for (var i = 0; i < 250_000; i++)
        {
            Assert.Equal(0UL, _at.Open().Confirmed);
        }

        _at.Ack(a, 200_000);
        Assert.Equal(200_000UL, _at.After(1).Confirmed);
        Assert.Equal(250_000UL, _at.After(WriteRunsOutMs).Write);
    }

    [Fact]
    [Trait("Invariant", "B1")]
    public void An_edge_that_renews_without_end_and_never_acknowledges_runs_out()
    {
        var a = _at.Leased("a");
        for (ulong number = 2; number < 10_000; number++)
        {
            _at.Open();
            _at.NowMs += 1;
            Assert.Equal(0UL, _at.Renew(a, number, 0).Granted);
        }

        Assert.InRange(_at.Table.Closed.Write, 9_990UL - (ulong)WriteRunsOutMs, _at.Head);
        Assert.Equal(_at.Head, _at.After(ReadRunsOutMs + 1).Confirmed);
    }

    [Fact]
    public void A_best_effort_edge_holds_reads_up_for_its_longer_bound()
    {
        _at.Leased("a", new ClassBounds(TimeSpan.FromMinutes(10), TimeSpan.FromMilliseconds(500)));
        _at.Open();

        Assert.Equal(new ClosedFloors(0, 1, 1), _at.After(512));
        Assert.Equal(0UL, _at.After(600_000).Read);
        Assert.Equal(1UL, _at.After(1_300).Read);
        Assert.Equal(TimeSpan.FromMinutes(10), _at.Table.LongestBounds.Read);
    }

    [Fact]
    [Trait("Invariant", "R1")]
    public void After_an_unclean_start_nothing_closes_before_the_old_leases_have_run_out()
    {
        _at.Table.StartedUnclean(ClassBounds.Default, _at.Now);
        var a = _at.Leased("a");
        _at.Open();
        _at.Ack(a, 1);

        Assert.Equal(default, _at.After(500));
        Assert.Equal(_at.Now + TimeSpan.FromMilliseconds(ReadRunsOutMs - 500), _at.Table.Status(1, _at.Now).BeforeRestartUntil);
        Assert.Equal(new ClosedFloors(0, 1, 1), _at.After(WriteRunsOutMs - 499));
        Assert.Equal(1UL, _at.After(ReadRunsOutMs - WriteRunsOutMs).Confirmed);
        Assert.Null(_at.Table.Status(1, _at.Now).BeforeRestartUntil);
        _at.After(1_000);
        Assert.Equal(1, _at.Table.Count);
    }

    [Fact]
    [Trait("Invariant", "R1")]
    public void An_answer_of_the_fabric_stands_until_it_is_acknowledged_past_or_its_time_is_over()
    {
        var (a, b) = (_at.Hello("a"), _at.Hello("b"));
        Assert.True(_at.Table.Answered(a, 0, _at.Now, _at.Now));
        Assert.True(_at.Table.Answered(b, 0, _at.Now, _at.Now));
        Assert.Equal(default, _at.Open());

        _at.Ack(a, 1);
        Assert.Equal(default, _at.After(WriteRunsOutMs));
        Assert.Equal(new ClosedFloors(1, 1, 1), _at.After(1));
    }

    [Fact]
    [Trait("Invariant", "R1")]
    public void An_answer_that_a_revocation_overtook_is_not_given()
    {
        var a = _at.Hello("a");
        _at.Open();
        Assert.False(_at.Table.Answered(a, 0, _at.Now, _at.Now));
        Assert.True(_at.Table.Answered(a, 1, _at.Now, _at.Now));
        _at.Table.Drop(a, _at.Now);
        Assert.False(_at.Table.Answered(a, 1, _at.Now, _at.Now));
    }

    [Fact]
    public void Answers_without_end_do_not_hold_a_revision_up_for_long()
    {
        var a = _at.Leased("a");
        Assert.True(_at.Table.Answered(a, 0, _at.Now, _at.Now));
        _at.Open();
        for (var i = 0; i < 1_130; i++)
        {
            _at.After(1);
            Assert.True(_at.Table.Answered(a, _at.Head, _at.Now, _at.Now));
        }

        Assert.Equal((1UL, 1UL), (_at.Table.Closed.Destructive, _at.Table.Closed.Write));
    }

    [Fact]
    public void The_status_names_who_acknowledged_who_ran_out_and_who_is_waited_for()
    {
        var (a, b) = (_at.Leased("a"), _at.Leased("b"));
        _at.Hello("idle");
        _at.NowMs += 4_500;
        var c = _at.Leased("c");
        _at.Open();
        _at.Ack(a, 1);
        _at.Table.Drop(b, _at.Now);
        var since = _at.Now;
        _at.After(600);

        var status = _at.Table.Status(1, _at.Now);
        Assert.Equal("a", Assert.Single(status.Acknowledged));
        Assert.Equal("b", Assert.Single(status.RanOut));
        Assert.Equal([new WaitingEdge("c", true, 0, since, since + TimeSpan.FromMilliseconds(ReadRunsOutMs))], status.Waiting);
        Assert.Equal((false, false, true, false), (status.ReadClosed, status.WriteClosed, status.DestructiveClosed, status.Confirmed));
        _at.Ack(c, 1);
        Assert.True(_at.Table.Status(1, _at.Now).Confirmed);
    }

    [Fact]
    public void A_stop_is_clean_when_no_lease_is_left()
    {
        var a = _at.Leased("a");
        Assert.True(_at.Table.AnyExposed(_at.Now));
        _at.Table.Bye(a, _at.Now);
        Assert.False(_at.Table.AnyExposed(_at.Now));
    }

    [Fact]
    public void A_clock_that_goes_back_counts_as_standing_still()
    {
        _at.Leased("a");
        _at.Open();
        Assert.Equal(1UL, _at.After(WriteRunsOutMs + 1).Write);
        var b = _at.Hello("b");
        _at.NowMs -= 900;
        Assert.Equal(1UL, _at.Renew(b, 1, 1).Granted);
        _at.Open();
        Assert.Equal(1UL, _at.After(900 + WriteRunsOutMs).Write);
    }
}
