namespace Fabric.Grains.Wire;

/// <summary>What holds an entry's records in the revocation index (docs/decisions/0014).</summary>
public enum IndexHold : byte
{
    /// <summary>Nothing but the index itself: an operator's, or of a node that stands above sessions.</summary>
    None = 0,

    /// <summary>The tenant's share.</summary>
    Share = 1,

    /// <summary>Half of the tenant's share: a session that its agent completes.</summary>
    Completion = 2,
}
