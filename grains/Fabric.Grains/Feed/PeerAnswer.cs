namespace Fabric.Grains.Feed;

/// <summary>What another silo of the cluster answered when it was asked whether it holds a lease; null: nothing in time.</summary>
internal readonly record struct PeerAnswer(SiloAddress Silo, bool? HoldsLease);
