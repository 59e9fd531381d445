namespace Fabric.LoadTests.Compare.Pairs;

/// <summary>One round of a pair: first Fabric, then the peer. <paramref name="Calibration"/>: of the calibration loops around it, the one furthest from the median.</summary>
internal sealed record PairRound(SideRound Fabric, SideRound Peer, double Calibration);
