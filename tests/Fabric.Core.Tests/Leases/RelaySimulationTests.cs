using Fabric.Core.Tests.Leases.Simulation;
using Xunit.Abstractions;

namespace Fabric.Core.Tests.Leases;

/// <summary>The two floors of leases under delays, frozen and killed silos, stopped edges and a feed log that moves. A seed replays exactly.</summary>
public sealed class RelaySimulationTests(ITestOutputHelper output)
{
    private const int Worlds = 20;
    private const int StepsOfAWorld = 20_000;

    [Fact]
    [Trait("Invariant", "R1")]
    [Trait("Invariant", "R2")]
    public void No_edge_and_no_silo_allows_what_is_closed_over_all()
    {
        var first = Environment.TickCount;
        var (allowed, closed, moves) = (0L, 0UL, 0);
        for (var seed = first; seed < first + Worlds; seed++)
        {
            var world = new RelayWorld(seed);
            world.Run(StepsOfAWorld);
            Assert.True(world.Broken is null, $"R1 broken with seed {seed}: {world.Broken}");
            (allowed, closed, moves) = (allowed + world.Allowed, closed + world.Closed, moves + world.Moves);
        }

        output.WriteLine($"seeds from {first}: {allowed} allowed, {closed} closed, {moves} moves");
        Assert.True(allowed > Worlds * StepsOfAWorld && closed > 10_000 && moves > 50, $"worth it? {allowed} allowed, {closed} closed, {moves} moves");
    }

    [Fact]
    [Trait("Invariant", "R1")]
    public void A_feed_log_that_moves_and_does_not_wait_is_found() => Finds(seed => new RelayWorld(seed, waitsAfterMove: false));

    [Fact]
    [Trait("Invariant", "R1")]
    public void A_feed_log_that_does_not_know_of_longer_bounds_is_found() => Finds(seed => new RelayWorld(seed, knowsBestEffort: false));

    private static void Finds(Func<int, RelayWorld> flawed) =>
        Assert.Contains(Enumerable.Range(0, 40), seed =>
        {
            var world = flawed(seed);
            world.Run(StepsOfAWorld);
            return world.Broken is not null;
        });
}
