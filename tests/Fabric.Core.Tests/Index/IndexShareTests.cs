using Fabric.Core.Common;
using Fabric.Core.Index;

namespace Fabric.Core.Tests.Index;

public sealed class IndexShareTests
{
    private static readonly Instant Now = new(1_790_000_000_000);
    private static readonly IndexLimits Limits = new() { Records = 1_600, Tenant = 400, Unknown = 50 };

    private readonly IndexShare _share = new();

    [Fact]
    [Trait("Invariant", "B1")]
    public void All_parts_add_up_to_the_index()
    {
        Assert.Null(new CountLimits().Check());
        foreach (var tenants in new[] { 1, 7, 100, 100_000 })
        {
            Assert.True(Limits.Common + (tenants * (long)Limits.Own(tenants)) + Limits.Reserve <= Limits.Records);
            Assert.True(new IndexLimits().Own(tenants) > 0);
        }
    }

    [Theory]
    [InlineData(0, 0, 400, 0, true)]
    [InlineData(0, 0, 401, 0, false)]
    [InlineData(390, 390, 11, 0, false)]
    [InlineData(0, 0, 50, 50, true)]
    [InlineData(0, 0, 51, 51, false)]
    [InlineData(0, 350, 51, 1, false)]
    [InlineData(0, 800, 70, 0, true)]
    [InlineData(0, 1_500, 70, 0, true)]
    [InlineData(0, 800, 71, 0, false)]
    [InlineData(60, 1_500, 10, 0, true)]
    [InlineData(60, 1_500, 11, 0, false)]
    [Trait("Invariant", "B1")]
    public void A_tenant_has_its_share_however_full_the_rest_is_and_unknown_ids_end_first(int own, int held, int records, int unknown, bool fits)
    {
        _share.Add(own, 0, Now + TimeSpan.FromDays(1));
        var refused = _share.Refuse(Limits, held, tenants: 10, records, unknown, "acme", Now);
        Assert.Equal(fits ? null : Codes.LimitReached, refused?.Code);
    }

    [Theory]
    [InlineData(199, 0, true)]
    [InlineData(200, 0, false)]
    [InlineData(34, 400, true)]
    [InlineData(35, 400, false)]
    [InlineData(35, 1_500, false)]
    [Trait("Invariant", "B1")]
    public void Completed_sessions_come_to_half_of_what_revocations_come_to(int own, int held, bool fits)
    {
        _share.Add(own, 0, Now + TimeSpan.FromDays(1));
        Assert.Equal(fits ? null : Codes.LimitReached, _share.RefuseCompletion(Limits, held, tenants: 10, "acme", Now)?.Code);
        Assert.Null(_share.Refuse(Limits, held, tenants: 10, 35, 0, "acme", Now));
    }

    [Fact]
    [Trait("Invariant", "B1")]
    public void A_record_counts_until_its_hour_has_passed()
    {
        _share.Add(3, 1, Now + TimeSpan.FromHours(1));
        _share.Add(5, 2, Now + TimeSpan.FromHours(30));
        _share.Add(0, 9, Now);
        Assert.Equal((8, 3), _share.Count(Now));
        Assert.Equal((5, 2), _share.Count(Now + TimeSpan.FromHours(3)));
        Assert.Equal((0, 0), _share.Count(Now + TimeSpan.FromHours(32)));
    }
}
