using Fabric.Core.Common;
using Fabric.Engine.Commands;

namespace Fabric.Engine.Tests.Commands;

public sealed class OnceTableTests
{
    private static readonly Instant Start = new(1_790_000_000_000);
    private static readonly Instant Now = Start + TimeSpan.FromHours(1);

    [Fact]
    public void What_was_used_is_refused_until_no_late_clock_would_take_it_any_more()
    {
        var table = new OnceTable(Start);
        var use = new SingleUse("acme/bot", 1, Now, Now + TimeSpan.FromMinutes(1));
        Assert.Null(table.Use(use, Now));
        Assert.Equal(Codes.Replayed, table.Use(use, Now)?.Code);
        Assert.Equal(Codes.Replayed, table.Use(use with { Owner = "acme/other" }, use.Until + Limits.ClockSkew)?.Code);
        Assert.Null(table.Use(use with { Name = 2 }, use.Until + Limits.ClockSkew + TimeSpan.FromMilliseconds(1)));
        Assert.Equal(1, table.Count);
    }

    [Fact]
    public void What_may_have_been_used_before_the_table_was_is_refused()
    {
        var table = new OnceTable(Start);
        Assert.Equal(Codes.TooEarly, table.Use(new SingleUse("acme/bot", 1, Start, Now), Start)?.Code);
        Assert.Equal(0, table.Count);
        Assert.Null(table.Use(new SingleUse("acme/bot", 1, Start + TimeSpan.FromMilliseconds(1), Now), Start));
    }

    [Fact]
    [Trait("Invariant", "B1")]
    public void One_owner_fills_its_own_share_and_keeps_nobody_else_out()
    {
        var table = new OnceTable(Start, namesMax: 5, ownerNamesMax: 3);
        SingleUse Of(string owner, int name) => new(owner, (UInt128)name, Now, Now + TimeSpan.FromMinutes(1));
        Assert.All([1, 2, 3], name => Assert.Null(table.Use(Of("acme/bot", name), Now)));
        Assert.Equal(Codes.LimitReached, table.Use(Of("acme/bot", 4), Now)?.Code);
        Assert.Null(table.Use(Of("acme/other", 5), Now));
        Assert.Null(table.Use(Of("globex/bot", 6), Now));
        Assert.Equal(Codes.LimitReached, table.Use(Of("globex/other", 7), Now)?.Code);
        var later = Now + TimeSpan.FromMinutes(2);
        Assert.Null(table.Use(Of("acme/bot", 8) with { Until = later + TimeSpan.FromMinutes(1) }, later));
        Assert.Equal(1, table.Count);
    }
}
