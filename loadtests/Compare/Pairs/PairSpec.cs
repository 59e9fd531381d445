namespace Fabric.LoadTests.Compare.Pairs;

/// <summary>Two ways to do the same work.</summary>
/// <param name="Name">The metric's name, under which its bar stands.</param>
/// <param name="Peer">Whom Fabric is compared with.</param>
/// <param name="FabricWork">What Fabric does in an operation.</param>
/// <param name="PeerWork">What the peer does.</param>
/// <param name="Unit">What the compared values count.</param>
/// <param name="LessIsBetter">Whether the smaller value wins: times; else the larger: rates.</param>
internal sealed record PairSpec(string Name, string Peer, string FabricWork, string PeerWork, string Unit, bool LessIsBetter = false)
{
    /// <summary>How many times better Fabric was in a round; below 1 the peer was better.</summary>
    public double RatioOf(PairRound round) => LessIsBetter ? round.Peer.Value / round.Fabric.Value : round.Fabric.Value / round.Peer.Value;
}
