using Fabric.Core.Common;
using Fabric.Core.Lineages;
using Fabric.Core.Nodes;
using Fabric.Core.Scopes;

namespace Fabric.Core.Trust;

/// <summary>
/// A trust grant as its events made it: sessions of <see cref="Grantor"/> may be delegated to agents of <see cref="Grantee"/> within
/// <see cref="Scopes"/>, once both agreed; either side ends it (T1). Its node belongs to the grantor's tenant.
/// </summary>
public sealed class TrustState
{
    /// <summary>The grant's id.</summary>
    public required UInt128 Id { get; init; }
    /// <summary>The grant's handle.</summary>
    public required Handle Handle { get; init; }
    /// <summary>The tenant whose sessions may be delegated.</summary>
    public required string Grantor { get; init; }
    /// <summary>The tenant whose agents may receive them.</summary>
    public required string Grantee { get; init; }
    /// <summary>The ceiling of what is delegated along it.</summary>
    public required ScopeSet Scopes { get; init; }
    /// <summary>When it was proposed.</summary>
    public required Instant CreatedAt { get; init; }
    /// <summary>When it ends by itself.</summary>
    public required Instant ExpiresAt { get; init; }
    /// <summary>Whether the grantee agreed.</summary>
    public bool Accepted { get; private set; }
    /// <summary>Generation, and whether it is ended.</summary>
    public NodeStanding Standing { get; } = new();

    /// <summary>Takes an event in.</summary>
    public void Apply(TrustAccepted _) => Accepted = true;
}
