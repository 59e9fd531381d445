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
        for (var outcome = state.Draw(64, Now); outcome.IsOk; outcome = state.Draw(64, Now))
        {
            drawn += outcome.Value.Units;
            state.Apply(outcome.Value);
            Assert.True(drawn <= limit);
        }

        Assert.Equal(limit, drawn);
        Assert.Equal(Codes.QuotaExhausted, state.Draw(1, Now).Rejection!.Code);
    }

    [Fact]
    public void What_comes_back_can_be_drawn_again_and_no_more_than_that()
    {
        var state = new QuotaState(new QuotaRef(Id, 1, 0), Instant.Never);
        state.Apply(state.Draw(1, Now).Value);
        state.Apply(state.Return(5, 0)!);

        state.Apply(state.Draw(1, Now).Value);
        Assert.False(state.Draw(1, Now).IsOk);
        Assert.Null(new QuotaState(new QuotaRef(Id, 1, 0), Instant.Never).Return(1, 0));
    }

    [Fact]
    public void A_rate_begins_anew_with_its_window_and_old_units_do_not_come_back_into_it()
    {
        var state = new QuotaState(new QuotaRef(Id, 1, 1_000), Instant.Never);
        var first = state.Draw(1, Now).Value;
        state.Apply(first);
        Assert.Equal(Codes.RateExceeded, state.Draw(1, Now + TimeSpan.FromMilliseconds(999)).Rejection!.Code);

        var next = Now + TimeSpan.FromSeconds(1);
        state.Apply(state.Draw(1, next).Value);
        Assert.Null(state.Return(1, first.Window));
        Assert.False(state.Draw(1, next).IsOk);
    }

    [Fact]
    [Trait("Invariant", "D1")]
    public void An_event_that_is_applied_twice_at_replay_changes_nothing()
    {
        var state = new QuotaState(new QuotaRef(Id, 100, 0), Instant.Never);
        var drawn = state.Draw(3, Now).Value;
        state.Apply(drawn);
        state.Apply(drawn);
        Assert.Equal(3, state.Used);
    }
}
