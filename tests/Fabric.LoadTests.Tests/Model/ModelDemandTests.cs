using Fabric.LoadTests.Model;

namespace Fabric.LoadTests.Tests.Model;

public sealed class ModelDemandTests
{
    private static readonly ModelNetwork Network = new(1, 2, 10, new UnitCosts(1_000, 100, 100, 500, 200)) { Cores = 2, RenewEvery = TimeSpan.FromMilliseconds(500) };

    private static readonly ModelDemand Demand = new(1_000_000, TimeSpan.FromSeconds(1_000))
    {
        SignNs = 20_000, OrderNs = 100_000, RecordBytes = 200, RenewalBytes = 100, IndexBytes = 45, IndexRecordsMax = 10_000, ConnectionsMax = 50, SilosMax = 8, LinkBits = 8_000_000,
    };

    [Fact]
    public void What_an_edge_holds_and_hears_is_reckoned_by_hand()
    {
        Assert.Equal(1_000, Demand.IssuedPerSecond, 9);

        // Two renewals a second of 100 bytes, ten records of 200.
        Assert.Equal(8 * (2_000 + 200), Demand.FeedBits(Network, 10), 9);

        // Ten a second for a thousand seconds at 45 bytes.
        Assert.Equal(450_000, Demand.EdgeBytes(10), 9);
    }

    [Theory]
    [InlineData("processor of the order's silo", (5 * 200 * 2 / 2e9) + (10 * (1_000 + (200 * 6)) / 2e9))]
    [InlineData("processor of a silo", (5 * 200 * 2 / 2e9) + (10 * (500 + (200 * 5)) / 2e9))]
    [InlineData("processor of an edge", 10 * 500 / 1e9)]
    [InlineData("signatures of issued credentials, at all silos", 1_000 * 20_000 / 4e9)]
    [InlineData("rows of issued credentials, in the one order", 0.1)]
    [InlineData("records of an edge's index", 1.0)]
    [InlineData("network of a silo", 5 * (200 + 2_000) / 1e6)]
    [InlineData("edges of a silo", 0.1)]
    [InlineData("silos of the order", 0.25)]
    public void Each_limit_is_reckoned_by_hand(string name, double used) =>
        Assert.Equal(used, Demand.Limits(Network, 10).Single(limit => limit.Name == name).UsedAt(10), 12);

    [Fact]
    public void The_scarcest_stands_first_and_says_how_far_it_goes()
    {
        var first = Demand.Limits(Network, 10)[0];

        Assert.Equal("records of an edge's index", first.Name);
        Assert.Equal(10, first.RevocationsMax, 9);
        Assert.Equal(0, new ModelLimit("full", 1.5, 0.1).RevocationsMax);
        Assert.Equal(double.PositiveInfinity, new ModelLimit("level", 0.5, 0).RevocationsMax);
    }

    [Fact]
    public void Frames_have_the_size_that_the_feed_writes()
    {
        // A type, a revision and a run of one record; type, revision and count: 48 and 13 bytes, and 54 and 58 around them.
        Assert.Equal(48 + 54 + 13 + 58, WireSizes.Record);
        Assert.Equal(21 + 58 + 9 + 54, WireSizes.Renewal);
    }
}
