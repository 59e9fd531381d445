namespace Fabric.LoadTests.Compare.Pairs;

/// <summary>One round of a pair: first Fabric, then the peer, and what the machine did beside them.</summary>
internal sealed record PairRound(SideRound Fabric, SideRound Peer, RoundNoise Noise);
