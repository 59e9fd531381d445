using Fabric.Core.Lineages;

namespace Fabric.Embedded.Engine;

/// <summary>
/// What else changed since the last checkpoint. Locks and quotas are written as they stand; events of the directory and revocations are
/// kept as the transactions that made them.
/// </summary>
internal sealed class DirtySet
{
    internal HashSet<UInt128> ForgottenSessions { get; } = [];
    internal HashSet<Handle> Locks { get; } = [];
    internal HashSet<Handle> Quotas { get; } = [];

    /// <summary>Transactions that change tenants, users, agents, trust grants and keys: kept for good.</summary>
    internal List<(ulong Sequence, byte[] Transaction)> Directory { get; } = [];

    /// <summary>Transactions that revoke, and when the checkpoint may drop them (R4).</summary>
    internal List<(ulong Sequence, byte[] Transaction, long DropAfterMs)> Revocations { get; } = [];
}
