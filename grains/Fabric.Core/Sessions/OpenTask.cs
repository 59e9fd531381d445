using Fabric.Core.Agents;
using Fabric.Core.Common;
using Fabric.Core.Scopes;
using Fabric.Core.Tenants;
using Fabric.Core.Trust;
using Fabric.Core.Users;

namespace Fabric.Core.Sessions;

/// <summary>Opens a session, or (with <see cref="Parent"/>) delegates a part of one. Ids are made outside: Core has no randomness.</summary>
public sealed record OpenTask
{
    /// <summary>The new session's id.</summary>
    public required UInt128 Id { get; init; }
    /// <summary>The agent's tenant as it stands.</summary>
    public required TenantState Tenant { get; init; }
    /// <summary>The agent as it stands.</summary>
    public required AgentState Agent { get; init; }
    /// <summary>The user's id that the caller named; null: none.</summary>
    public string? User { get; init; }
    /// <summary>The user that the task is for, as it stands; null: none, or not found.</summary>
    public UserState? UserState { get; init; }
    /// <summary>What the task is.</summary>
    public required string Purpose { get; init; }
    /// <summary>What it asks for.</summary>
    public required ScopeSet Scopes { get; init; }
    /// <summary>How long; null: the default.</summary>
    public TimeSpan? Lifetime { get; init; }
    /// <summary>Whether the caller wants an approval even where none is required.</summary>
    public bool RequireApproval { get; init; }
    /// <summary>What its credentials are to be held to; null: nothing.</summary>
    public SessionBinding? Binding { get; init; }
    /// <summary>Who asks.</summary>
    public required string RequestedBy { get; init; }
    /// <summary>The session that is delegated from; null: none.</summary>
    public SessionState? Parent { get; init; }
    /// <summary>The credential of <see cref="Parent"/> that it is delegated by, which was seen to stand; null: by the session itself.</summary>
    public HandedBy? By { get; init; }
    /// <summary>The agents of the delegation chain above, as (tenant, agent).</summary>
    public IReadOnlyList<(string Tenant, string Agent)> Chain { get; init; } = [];
    /// <summary>The depth of delegation that the root session's tenant allows.</summary>
    public int DepthMax { get; init; } = Limits.DelegationDepthMax;
    /// <summary>The trust grant that is used; null: none needed or none found.</summary>
    public TrustState? Trust { get; init; }
    /// <summary>Live sessions that the tenant has.</summary>
    public int LiveSessions { get; init; }
}
