namespace Fabric.Grains.Feed;

/// <summary>
/// Whom a silo reaches, round by round, and whether it had better leave. Orleans gives a silo up that nobody reaches; two that do not reach each other while a third one reaches both
/// it leaves alone, and what they need of each other waits until somebody mends the network. Single-threaded. Why these rules: docs/decisions/0032.
/// </summary>
internal sealed class SiloReach
{
    /// <summary>Rounds in a row without an answer after which the feed log's silo counts another one as out of its reach.</summary>
    internal const int OwnerRounds = 4;

    /// <summary>The same for every other silo: later, so that a feed log that most are cut off from moves first. Longer than a silo's lease.</summary>
    internal const int Rounds = 5;

    /// <summary>The same when it is about one other silo alone: later, so that one which most are cut off from goes first.</summary>
    internal const int PairRounds = 8;

    private readonly Dictionary<SiloAddress, int> _missed = [];

    /// <summary>Takes the answers of one round in. Null: stay; else why this silo had better leave the cluster.</summary>
    internal string? Round(IReadOnlyList<PeerAnswer> peers, SiloAddress self, bool holdsLease, bool ownsFeed)
    {
        foreach (var gone in _missed.Keys.Except(peers.Select(peer => peer.Silo)).ToList())
        {
            _missed.Remove(gone);
        }

        foreach (var peer in peers)
        {
            _missed[peer.Silo] = peer.HoldsLease is null ? _missed.GetValueOrDefault(peer.Silo) + 1 : 0;
        }

        if (ownsFeed)
        {
            // With nobody in reach it is the others' to give this one up: they may be gone.
            return peers.Any(peer => peer.HoldsLease is not null) && IsMost(OwnerRounds) ? "the feed log is here, and most silos do not reach it" : null;
        }

        // Somebody in reach goes on with the order: the cluster can do without this silo, and this silo is what is cut off.
        if (!peers.Any(peer => peer.HoldsLease is true) || Missing(Rounds) == 0)
        {
            return null;
        }

        return !holdsLease ? "this silo has no lease, does not reach all others, and the order goes on without it"
            : IsMost(Rounds) ? "this silo does not reach most others"
            : _missed.Any(peer => peer.Value >= PairRounds && IsOlder(peer.Key, self)) ? "this silo does not reach an older one"
            : null;
    }

    private int Missing(int rounds) => _missed.Count(peer => peer.Value >= rounds);

    private bool IsMost(int rounds) => 2 * Missing(rounds) > _missed.Count;

    // Both of a pair come to the same answer.
    private static bool IsOlder(SiloAddress peer, SiloAddress self) =>
        peer.Generation != self.Generation ? peer.Generation < self.Generation : peer.CompareTo(self) < 0;
}
