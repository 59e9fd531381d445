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
    internal SortedDictionary<string, AgentState> Agents { get; } = new(StringComparer.Ordinal);

    /// <summary>Trust grants that it gave or was given.</summary>
    internal List<TrustState> Trusts { get; } = [];

    /// <summary>Signing keys that still verify, oldest first.</summary>
    internal List<SigningKeyEntry> Keys { get; } = [];
}
