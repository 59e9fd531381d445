using Fabric.Core.Common;
using Fabric.Core.Lineages;

namespace Fabric.Core.Index;

/// <summary>What the index says of a lineage: alive, or dead by its first revoked node, or else by its first locked one.</summary>
/// <param name="Dead">Whether a node is revoked or locked.</param>
/// <param name="Kind">What the node is that killed it; <see cref="NodeKind.None"/> when alive.</param>
/// <param name="Locked">Whether it was a lock (which ends) and not a revocation (which does not).</param>
/// <param name="ValidUntil">The verdict must be asked again from this moment on: the end of the lock, else <see cref="Instant.Never"/>.</param>
/// <param name="Version">The index version under which it was looked up: it holds while the index is at this version.</param>
public readonly record struct LineageVerdict(bool Dead, NodeKind Kind, bool Locked, Instant ValidUntil, long Version)
{
    /// <summary>The denial code (<see cref="Codes"/>) of a dead lineage; null when alive.</summary>
    public string? DenialCode => !Dead ? null : Kind switch
    {
        NodeKind.Tenant => Locked ? Codes.TenantLocked : Codes.TenantRevoked,
        NodeKind.User => Locked ? Codes.UserLocked : Codes.UserRevoked,
        NodeKind.Agent => Locked ? Codes.AgentLocked : Codes.AgentRevoked,
        NodeKind.Session => Locked ? Codes.SessionLocked : Codes.SessionRevoked,
        NodeKind.Trust => Locked ? Codes.TrustLocked : Codes.TrustRevoked,
        NodeKind.Credential when !Locked => Codes.CredentialRevoked,
        _ => Locked ? Codes.NodeLocked : Codes.NodeRevoked,
    };

    /// <summary>
    /// Whether the verdict still holds for an index at <paramref name="version"/>. Alive stays alive while the version stands, whatever
    /// the time: only a record starts a lock. Locked ends with time.
    /// </summary>
    public bool Holds(long version, Instant now) => version == Version && now < ValidUntil;
}
