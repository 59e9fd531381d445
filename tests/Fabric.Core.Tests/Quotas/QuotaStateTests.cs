using Fabric.Core.Common;
using Fabric.Core.Lineages;
using Fabric.Core.Quotas;

namespace Fabric.Core.Tests.Quotas;

public sealed class QuotaStateTests
{
    private static readonly Handle Id = new(1, 2);
    private static readonly Instant Now = new(1_790_000_000_000);

    [Theory]
    [InlineData(1)]
    [InlineData(7)]
    [InlineData(1_000)]
    public void Slices_add_up_to_the_limit_and_never_past_it(long limit)
    {
        var state = new QuotaState(new QuotaRef(Id, limit, 0), Instant.Never);
        var drawn = 0L;
        for (var outcome = state.Draw("e1", 64, Now); outcome.IsOk; outcome = state.Draw("e1", 64, Now))
        {
            drawn += outcome.Value.Units;
            state.Apply(outcome.Value);
            Assert.True(drawn <= limit);
        }

        Assert.Equal(limit, drawn);
        Assert.Equal(Codes.QuotaExhausted, state.Draw("e1", 1, Now).Rejection!.Code);
    }

    [Fact]
    public void What_comes_back_can_be_drawn_again_and_no_more_than_that()
    {
        var state = new QuotaState(new QuotaRef(Id, 1, 0), Instant.Never);
        state.Apply(state.Draw("e1", 1, Now).Value);
        state.Apply(state.Return("e1", 5, 0)!);

        state.Apply(state.Draw("e1", 1, Now).Value);
        Assert.False(state.Draw("e1", 1, Now).IsOk);
        Assert.Null(new QuotaState(new QuotaRef(Id, 1, 0), Instant.Never).Return("e1", 1, 0));
    }

    [Fact]
    public void A_rate_begins_anew_with_its_window_and_old_units_do_not_come_back_into_it()
    {
        var state = new QuotaState(new QuotaRef(Id, 1, 1_000), Instant.Never);
        var first = state.Draw("e1", 1, Now).Value;
        state.Apply(first);
        Assert.Equal(Codes.RateExceeded, state.Draw("e1", 1, Now + TimeSpan.FromMilliseconds(999)).Rejection!.Code);

        var next = Now + TimeSpan.FromSeconds(1);
        state.Apply(state.Draw("e1", 1, next).Value);
        Assert.Null(state.Return("e1", 1, first.Window));
        Assert.False(state.Draw("e1", 1, next).IsOk);
    }

    [Fact]
    public void Units_come_back_only_from_whom_they_were_handed_to_and_never_more()
    {
        var state = new QuotaState(new QuotaRef(Id, 100, 0), Instant.Never);
        state.Apply(state.Draw("e1", 5, Now).Value);
        state.Apply(state.Draw("e2", 3, Now).Value);
        Assert.Null(state.Return("rogue", 5, 0));

        var back = state.Return("e2", 50, 0)!;
        state.Apply(back);
        Assert.Equal((3, 5), (back.Units, state.Used));
        Assert.Null(state.Return("e2", 1, 0));
        state.Apply(state.Return("e1", 2, 0)!);
        Assert.Equal((3, 3), (state.Used, state.Held["e1"]));
    }

    [Fact]
    public void Units_of_a_window_that_has_passed_are_nobodys_and_of_too_many_drawers_none_come_back()
    {
        var state = new QuotaState(new QuotaRef(Id, 1_000_000, 1_000), Instant.Never);
        for (var i = 0; i <= QuotaState.DrawersMax; i++)
        {
            state.Apply(state.Draw($"e{i}", 1, Now).Value);
        }

        Assert.Equal(QuotaState.DrawersMax, state.Held.Count);
        Assert.Null(state.Return($"e{QuotaState.DrawersMax}", 1, state.Window));
        Assert.NotNull(state.Return("e0", 1, state.Window));
        state.Apply(state.Draw("e0", 1, Now + TimeSpan.FromSeconds(1)).Value);
        Assert.Equal(("e0", 1), (Assert.Single(state.Held).Key, state.Used));
    }

    [Fact]
    public void A_clock_that_is_set_back_does_not_begin_a_used_window_again()
    {
        var state = new QuotaState(new QuotaRef(Id, 1, 1_000), Instant.Never);
        state.Apply(state.Draw("e1", 1, Now).Value);
        Assert.Equal(Codes.RateExceeded, state.Draw("e1", 1, Now - TimeSpan.FromSeconds(5)).Rejection!.Code);
        Assert.Equal(Codes.RateExceeded, state.Draw("e1", 1, Now).Rejection!.Code);
        Assert.True(state.Draw("e1", 1, Now + TimeSpan.FromSeconds(1)).IsOk);
    }

    [Fact]
    [Trait("Invariant", "D1")]
    public void A_draw_of_a_journal_of_before_drawers_were_told_apart_is_never_given_back()
    {
        var state = new QuotaState(new QuotaRef(Id, 10, 0), Instant.Never);
        state.Apply(new QuotaDrawn(Id, 4, 0, 4));
        Assert.Equal(4, state.Used);
        Assert.Null(state.Return("e1", 4, 0));
    }

    [Fact]
    [Trait("Invariant", "D1")]
    public void An_event_that_is_applied_twice_at_replay_changes_nothing()
    {
        var state = new QuotaState(new QuotaRef(Id, 100, 0), Instant.Never);
        var drawn = state.Draw("e1", 3, Now).Value;
        state.Apply(drawn);
        state.Apply(drawn);
        Assert.Equal(3, state.Used);
    }
}
