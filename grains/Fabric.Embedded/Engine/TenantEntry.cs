using Fabric.Core.Index;
using Fabric.Core.Tenants;
using Fabric.Core.Trust;

namespace Fabric.Embedded.Engine;

/// <summary>A tenant in memory with all that it owns.</summary>
internal sealed class TenantEntry(TenantState state)
{
    internal TenantState State { get; } = state;
    internal SortedDictionary<string, UserEntry> Users { get; } = new(StringComparer.Ordinal);
    internal UserNames Names { get; } = new();
    internal SortedDictionary<string, AgentEntry> Agents { get; } = new(StringComparer.Ordinal);

    /// <summary>Trust grants that it gave or was given.</summary>
    internal List<TrustState> Trusts { get; } = [];

    /// <summary>Signing keys that still verify, oldest first.</summary>
    internal List<SigningKeyEntry> Keys { get; } = [];

    /// <summary>The key that signs: the newest; null where it was revoked when there was no room for another.</summary>
    internal SigningKeyEntry? SigningKey => Keys.Count > 0 && Keys[^1].Signs ? Keys[^1] : null;

    /// <summary>What its revocations and locks take of the index.</summary>
    internal IndexShare Share { get; } = new();

    /// <summary>API keys that were ever made for it.</summary>
    internal int ApiKeys { get; set; }

    /// <summary>Locks on its nodes that are kept.</summary>
    internal int Locks { get; set; }

    /// <summary>Sessions of its agents that are live.</summary>
    internal int LiveSessions { get; set; }
}
