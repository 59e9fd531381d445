using Fabric.Core.Common;
using Fabric.Core.Lineages;

namespace Fabric.Core.Nodes;

/// <summary>A lock in force (or past its end, until it is swept).</summary>
public sealed record LockState(NodeRef Node, Handle Handle, Instant Until, string Reason, string By, Instant LockedAt);
