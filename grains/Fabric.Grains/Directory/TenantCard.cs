using Fabric.Core.Agents;
using Fabric.Core.Tenants;
using Fabric.Core.Trust;
using Fabric.Core.Users;

namespace Fabric.Grains.Directory;

/// <summary>A tenant in the directory with all that it owns.</summary>
internal sealed class TenantCard(TenantState state)
{
    internal TenantState State { get; } = state;
    internal SortedDictionary<string, UserState> Users { get; } = new(StringComparer.Ordinal);
    internal UserNames Names { get; } = new();
    internal SortedDictionary<string, AgentState> Agents { get; } = new(StringComparer.Ordinal);

    /// <summary>Trust grants that it gave or was given.</summary>
    internal List<TrustState> Trusts { get; } = [];

    /// <summary>Signing keys that still verify, oldest first.</summary>
    internal List<SigningKeyEntry> Keys { get; } = [];

    /// <summary>The one that signs; null: it was revoked when there was no room for another.</summary>
    internal SigningKeyEntry? SigningKey => Keys.Count > 0 && Keys[^1].Signs ? Keys[^1] : null;
}
