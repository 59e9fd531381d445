using System.Net;
using Fabric.Grains.Feed;

namespace Fabric.Cluster.Tests.Feed;

/// <summary>When a silo leaves the cluster because it does not reach others: exactly one of those that a cut keeps apart.</summary>
public sealed class SiloReachTests
{
    // The order of start is that of their numbers.
    private static readonly SiloAddress[] Five = [.. Enumerable.Range(1, 5).Select(i => SiloAddress.New(IPAddress.Loopback, 11_000 + i, i))];

    private static readonly SiloAddress[] Three = Five[..3];

    [Theory]
    [InlineData(0, 1)]
    [InlineData(1, 0)]
    [InlineData(0, 2)]
    [InlineData(2, 0)]
    public void Of_two_that_do_not_reach_each_other_the_one_without_the_feed_log_leaves(int owner, int other)
    {
        var cluster = new Simulated(Three, owner);
        cluster.Cut(owner, other);
        Assert.Equal([other], cluster.Run(rounds: 20));
    }

    [Fact]
    public void Of_two_without_the_feed_log_the_younger_one_leaves()
    {
        var cluster = new Simulated(Three, owner: 2);
        cluster.Cut(0, 1);
        Assert.Equal([1], cluster.Run(rounds: 20));
    }

    [Fact]
    public void One_that_most_do_not_reach_leaves_alone_though_it_is_the_oldest()
    {
        var cluster = new Simulated(Five, owner: 4);
        cluster.Cut(0, 1);
        cluster.Cut(0, 2);
        cluster.Cut(0, 3);
        Assert.Equal([0], cluster.Run(rounds: 20));
    }

    [Fact]
    public void The_feed_logs_silo_that_most_do_not_reach_leaves_before_they_do()
    {
        var cluster = new Simulated(Five, owner: 1);
        cluster.Cut(1, 0);
        cluster.Cut(1, 2);
        cluster.Cut(1, 3);
        Assert.Equal([1], cluster.Run(rounds: 20));
    }

    [Fact]
    public void While_the_order_goes_on_nowhere_all_stay()
    {
        var cluster = new Simulated(Three, owner: 0) { HasDatabase = false };
        cluster.Cut(1, 2);
        Assert.Empty(cluster.Run(rounds: 20));
    }

    [Fact]
    public void Of_two_silos_none_leaves_since_one_of_them_may_be_gone()
    {
        var cluster = new Simulated(Five[..2], owner: 0);
        cluster.Cut(0, 1);
        Assert.Empty(cluster.Run(rounds: 20));
    }

    [Fact]
    public void A_silo_that_answers_again_in_time_is_counted_from_the_start()
    {
        var reach = new SiloReach();
        for (var i = 0; i < 40; i++)
        {
            bool? answer = i % SiloReach.PairRounds == 0 ? true : null;
            Assert.Null(reach.Round([new PeerAnswer(Five[0], answer), new PeerAnswer(Five[1], true)], Five[2], holdsLease: true, ownsFeed: false));
        }
    }

    /// <summary>Silos that ask each other in rounds; one that has left is not asked any more, and the feed log of one that has left is nobody's.</summary>
    private sealed class Simulated(SiloAddress[] silos, int owner)
    {
        private readonly SiloReach[] _reaches = [.. silos.Select(_ => new SiloReach())];
        private readonly HashSet<(int, int)> _cuts = [];
        private readonly List<int> _left = [];

        internal bool HasDatabase { get; init; } = true;

        internal void Cut(int one, int other) => _cuts.UnionWith([(one, other), (other, one)]);

        internal List<int> Run(int rounds)
        {
            for (var round = 0; round < rounds; round++)
            {
                var there = Enumerable.Range(0, silos.Length).Except(_left).ToList();
                _left.AddRange(there.Where(silo => _reaches[silo].Round(
                    [.. there.Where(peer => peer != silo).Select(peer => new PeerAnswer(silos[peer], _cuts.Contains((silo, peer)) ? null : Holds(peer)))],
                    silos[silo], Holds(silo), silo == owner) is not null).ToList());
            }

            return _left;
        }

        private bool Holds(int silo) => HasDatabase && !_left.Contains(owner) && !_cuts.Contains((silo, owner));
    }
}
