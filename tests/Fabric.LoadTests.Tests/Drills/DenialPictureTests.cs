using Fabric.LoadTests.Drills;
using Fabric.LoadTests.Processes;

namespace Fabric.LoadTests.Tests.Drills;

public sealed class DenialPictureTests
{
    [Fact]
    public void A_bucket_is_a_sign_and_one_without_checks_is_empty()
    {
        var picture = new DenialPicture();
        picture.Take("edge-1", [new(100, 3, 0, 0), new(101, 1, 2, 0), new(103, 0, 4, 0), new(104, 0, 0, 1), new(105, 0, 1, 1), new(106, 2, 0, 1)]);

        Assert.Equal("·▒ █~█▒ ", picture.Line("edge-1", 100, 107));
        Assert.Equal("  ", picture.Line("edge-2", 100, 101));
        Assert.Equal((106, 0), (picture.LastOf("edge-1"), picture.LastOf("edge-2")));
    }

    [Fact]
    public void A_bucket_that_was_still_open_is_replaced_and_not_added()
    {
        var picture = new DenialPicture();
        picture.Take("edge-1", [new(100, 1, 0, 0)]);
        picture.Take("edge-1", [new(100, 3, 1, 0)]);

        var (denied, allowed) = picture.Sums(0, 0, 200);
        Assert.Equal([(1_000, 3)], allowed.Points);
        Assert.Equal([(1_000, 1)], denied.Points);
    }

    [Fact]
    public void Shares_and_sums_count_from_the_moment_of_the_report()
    {
        var picture = new DenialPicture();
        picture.Take("edge-1", [new(99, 4, 0, 0), new(100, 1, 3, 9), new(200, 0, 5, 0)]);
        picture.Take("edge-2", [new(100, 2, 2, 0), new(101, 0, 0, 7)]);
        var zeroNs = (100 * ScheduledChecks.BucketNs) + 5_000_000;

        Assert.Equal([(-15, 0), (-5, 75)], picture.Share("edge-1", zeroNs, 90, 110).Points);
        Assert.Equal([(-15, 0), (-5, 5), (5, 0)], picture.Sums(zeroNs, 90, 110).Denied.Points);
        Assert.Equal(["edge-1", "edge-2"], picture.Edges);
    }

    [Theory]
    [InlineData(0, 17)]
    [InlineData(3, 11)]
    [InlineData(8, 1)]
    public void Below_an_owner_who_pulls_out_all_falls_and_beside_it_nothing(int depth, int fallen)
    {
        var call = new EdgeCall("token", "tool", "call", "thing", "read");
        var links = Enumerable.Range(0, ChainScene.Depth + 1).SelectMany(at => at == 0
            ? [new ChainLink("0", 0, IsSibling: false, call)]
            : new[] { new ChainLink($"{at}", at, IsSibling: false, call), new ChainLink($"beside {at}", at, IsSibling: true, call) }).ToList();
        var chain = new Chain([], links);

        Assert.Equal(fallen, chain.FallenBy(depth).Count);
        Assert.DoesNotContain(chain.FallenBy(depth), link => link.Depth < depth || (link.Depth == depth && link.IsSibling));
        Assert.Equal(depth > 0 ? fallen + 1 : fallen, chain.FallenBy(depth, includesSibling: true).Count);
    }
}
