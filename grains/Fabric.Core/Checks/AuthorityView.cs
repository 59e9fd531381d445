using Fabric.Core.Index;
using Fabric.Core.Keys;
using Fabric.Core.Lineages;

namespace Fabric.Core.Checks;

/// <summary>The view of the fabric itself, or of an enforcement point in its process: never stale.</summary>
public sealed class AuthorityView(RevocationIndex index, KeyRing keys) : ICheckView
{
    /// <inheritdoc/>
    public RevocationIndex Index { get; } = index;

    /// <inheritdoc/>
    public KeyRing Keys { get; } = keys;

    /// <inheritdoc/>
    public long LeaseMomentMs => ICheckView.Authority;

    /// <inheritdoc/>
    public bool IsReady => true;

    /// <inheritdoc/>
    public Handle GuardedTenant => default;
}
