namespace Fabric.Core.Leases;

/// <summary>
/// One connection of an edge, as <see cref="LeaseTable.Hello"/> gave it out. What comes late over a connection that was replaced or
/// closed is told apart by it.
/// </summary>
public readonly record struct EdgeConnection(int Slot, ulong Number);
