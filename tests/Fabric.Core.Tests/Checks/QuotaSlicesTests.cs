using Fabric.Core.Checks;
using Fabric.Core.Common;
using Fabric.Core.Lineages;
using Fabric.Core.Quotas;
using static Fabric.Core.Tests.Checks.CheckFixture;

namespace Fabric.Core.Tests.Checks;

public sealed class QuotaSlicesTests
{
    private static readonly QuotaRef Own = new(new Handle(6, 1), 1_000, 0);
    private static readonly QuotaRef Inherited = new(new Handle(6, 2), 1_000, 0);
    private static readonly QuotaRef Rate = new(new Handle(6, 3), 1_000, 10_000);

    private readonly CheckFixture _fabric = new();

    [Fact]
    public void A_call_draws_from_all_quotas_or_from_none()
    {
        var token = _fabric.Issue(_fabric.Claims("acme", Entry(quotas: [Own, Inherited])));
        Give(Own, 5);
        Give(Inherited, 2);
        Assert.True(_fabric.Check(token).Allowed);
        Assert.True(_fabric.Check(token).Allowed);
        Assert.Equal(Codes.QuotaSliceNeeded, _fabric.Check(token, out var need).Code);
        Assert.Equal(Inherited, need.Quota);
        Assert.Equal((3, 0), (_fabric.Quotas.UnitsOf(Own.Id), _fabric.Quotas.UnitsOf(Inherited.Id)));
    }

    [Fact]
    public void A_call_that_is_denied_after_the_draw_puts_the_units_back()
    {
        var token = _fabric.Issue(_fabric.Claims("acme", Entry(quotas: [Own])));
        Give(Own, 2);
        _fabric.LeaseMomentMs = _fabric.Moment.MonotonicMs;
        Assert.True(_fabric.Check(token).Allowed);
        _fabric.Advance(6_000);
        Assert.Equal(Codes.CheckStale, _fabric.Check(token).Code);
        Assert.Equal(1, _fabric.Quotas.UnitsOf(Own.Id));
    }

    [Fact]
    public void An_entry_without_units_gives_way_to_the_next_that_allows_the_call()
    {
        var token = _fabric.Issue(_fabric.Claims("acme", Entry("airline", quotas: [Own]), Entry("air*", "read"), Entry("airline", "update", quotas: [Rate])));
        Assert.True(_fabric.Check(token, Reading).Allowed);
        Assert.Equal(Codes.QuotaSliceNeeded, _fabric.Check(token, out var need, Writing).Code);
        Assert.Equal(Own, need.Quota);
        _fabric.Quotas.NoteExhausted(Own, _fabric.Moment.MonotonicMs, long.MaxValue);
        Assert.Equal(Codes.QuotaSliceNeeded, _fabric.Check(token, out need, Writing).Code);
        Assert.Equal(Rate, need.Quota);
        Give(Rate, 1, validForMs: 1_000);
        Assert.True(_fabric.Check(token, Writing).Allowed);
    }

    [Fact]
    public void Units_of_a_rate_end_with_the_window_they_were_asked_for_in()
    {
        var token = _fabric.Issue(_fabric.Claims("acme", Entry(quotas: [Rate])));
        Give(Rate, 10, validForMs: 700, window: 3);
        _fabric.Advance(700);
        Assert.True(_fabric.Check(token).Allowed);
        _fabric.Advance(1);
        Assert.Equal(Codes.QuotaSliceNeeded, _fabric.Check(token, out _, basis: CheckBasis.MayAsk).Code);
        Give(Rate, 1, validForMs: 700, window: 4);
        Assert.True(_fabric.Check(token).Allowed);
        Assert.False(_fabric.Check(token).Allowed);
    }

    [Fact]
    public void What_lies_idle_goes_back_and_a_slice_that_was_given_up_comes_again()
    {
        var token = _fabric.Issue(_fabric.Claims("acme", Entry(quotas: [Own])));
        Give(Own, 5);
        Assert.True(_fabric.Check(token).Allowed);
        Assert.Empty(_fabric.Quotas.TakeIdle(_fabric.Moment.MonotonicMs + 999));
        Assert.Equal([new QuotaReturn(Own.Id, 4, 0)], _fabric.Quotas.TakeIdle(_fabric.Moment.MonotonicMs + 1_000));
        Assert.Empty(_fabric.Quotas.TakeIdle(_fabric.Moment.MonotonicMs + 1_000));

        _fabric.Advance(100_000);
        Assert.Empty(_fabric.Quotas.TakeIdle(_fabric.Moment.MonotonicMs));
        Assert.Equal(0, _fabric.Quotas.Count);
        Assert.False(_fabric.Check(token).Allowed);
        Give(Own, 2);
        Assert.True(_fabric.Check(token).Allowed);
        Assert.Equal([new QuotaReturn(Own.Id, 1, 0)], _fabric.Quotas.TakeIdle(_fabric.Moment.MonotonicMs, all: true));
    }

    [Fact]
    public void Demand_doubles_what_is_asked_for_up_to_a_sixty_fourth()
    {
        Assert.Equal([1, 2, 4, 8, 15, 15], Enumerable.Range(0, 6).Select(_ => _fabric.Quotas.Want(Own)));
        Assert.Equal([1, 1], Enumerable.Range(0, 2).Select(_ => _fabric.Quotas.Want(new QuotaRef(new Handle(6, 9), 5, 0))));
    }

    [Fact]
    public void Many_threads_draw_each_unit_once()
    {
        var fabric = new CheckFixture();
        var token = fabric.Issue(fabric.Claims("acme", Entry(quotas: [Own, Inherited])));
        fabric.Quotas.Add(Own, 700, 0, 0, 0);
        fabric.Quotas.Add(Inherited, 500, 0, 0, 0);
        var allowed = 0;
        Parallel.For(0, 2_000, new ParallelOptions { MaxDegreeOfParallelism = 4 }, _ =>
        {
            if (fabric.Pipeline.Check(token, Reading, CheckRules.Default, CheckBasis.Alone, out CheckNeed _).Allowed)
            {
                Interlocked.Increment(ref allowed);
            }
        });

        // A thread that puts its first unit back may have kept another from it, so that fewer may be allowed, but never more.
        Assert.InRange(allowed, 400, 500);
        Assert.Equal((700 - allowed, 500 - allowed), (fabric.Quotas.UnitsOf(Own.Id), fabric.Quotas.UnitsOf(Inherited.Id)));
    }

    private void Give(QuotaRef quota, long units, long validForMs = 0, long window = 0) =>
        Assert.True(_fabric.Quotas.Add(quota, units, validForMs, window, _fabric.Moment.MonotonicMs));
}
