using Fabric.Core.Common;
using Fabric.Core.Lineages;

namespace Fabric.Core.Index;

/// <summary>
/// What the enforcement feed says of one node, whole (not a delta): applying a record replaces what was known, so records are
/// idempotent and a snapshot is a set of them.
/// </summary>
/// <param name="Handle">The node.</param>
/// <param name="Kind">What the node is: decides the denial code.</param>
/// <param name="MinGeneration">Credentials that carry a smaller generation of the node are dead. 0: none. <see cref="Terminal"/>: all.</param>
/// <param name="LockedUntil">The node is locked before this moment. <c>default</c>: not locked.</param>
/// <param name="DropAfter">The record may be dropped after this moment: nothing issued under it can be unexpired then (R4).</param>
public readonly record struct IndexRecord(Handle Handle, NodeKind Kind, uint MinGeneration, Instant LockedUntil, Instant DropAfter)
{
    /// <summary>The generation floor of a node that is ended for good: no generation reaches it.</summary>
    public const uint Terminal = uint.MaxValue;
}
