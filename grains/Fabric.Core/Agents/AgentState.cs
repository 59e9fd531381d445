using Fabric.Core.Common;
using Fabric.Core.Lineages;
using Fabric.Core.Nodes;
using Fabric.Core.Scopes;

namespace Fabric.Core.Agents;

/// <summary>An agent as its events made it.</summary>
public sealed class AgentState
{
    /// <summary>The tenant that the agent belongs to.</summary>
    public required string Tenant { get; init; }
    /// <summary>The agent's id in the tenant (OAuth `client_id`).</summary>
    public required string Id { get; init; }
    /// <summary>The agent's handle.</summary>
    public required Handle Handle { get; init; }
    /// <summary>What it is for.</summary>
    public AgentKind Kind { get; private set; }
    /// <summary>A name for people.</summary>
    public string Name { get; private set; } = "";
    /// <summary>The user who owns it; null for a backend agent without one.</summary>
    public string? Owner { get; private set; }
    /// <summary>The environment it runs in, or null.</summary>
    public string? Environment { get; private set; }
    /// <summary>The ceiling of every session it opens (S3).</summary>
    public ScopeSet Ceiling { get; private set; } = null!;
    /// <summary>A shared agent opens no session after this moment until it was reviewed; <see cref="Instant.Never"/>: no review.</summary>
    public Instant ReviewAt { get; private set; } = Instant.Never;
    /// <summary>Whether each of its sessions waits for an approval.</summary>
    public bool RequireApproval { get; private set; }
    /// <summary>SHA-256 of its secret.</summary>
    public ReadOnlyMemory<byte> SecretHash { get; private set; }
    /// <summary>The public keys that it may prove itself by.</summary>
    public IReadOnlyList<AgentKey> Keys { get; private set; } = [];
    /// <summary>Where answers to its authorization requests may go.</summary>
    public IReadOnlyList<string> RedirectUris { get; private set; } = [];
    /// <summary>When it was registered.</summary>
    public Instant CreatedAt { get; private set; }
    /// <summary>Generation, and whether it is retired.</summary>
    public NodeStanding Standing { get; } = new();

    /// <summary>Takes an event in.</summary>
    public void Apply(AgentRegistered e, Instant at)
    {
        (Kind, Name, Owner, Environment) = (e.AgentKind, e.Name, e.Owner, e.Environment);
        (Ceiling, ReviewAt, RequireApproval, SecretHash, CreatedAt) = (e.Ceiling, e.ReviewAt, e.RequireApproval, e.SecretHash, at);
    }

    /// <summary>Takes an event in.</summary>
    public void Apply(AgentSecretRotated e) => SecretHash = e.SecretHash;

    /// <summary>Takes an event in.</summary>
    public void Apply(AgentKeysSet e) => Keys = e.Keys;

    /// <summary>Takes an event in.</summary>
    public void Apply(AgentRedirectsSet e) => RedirectUris = e.Uris;

    /// <summary>Takes an event in.</summary>
    public void Apply(AgentTransferred e) => Owner = e.Owner;

    /// <summary>Takes an event in.</summary>
    public void Apply(AgentReviewed e) => ReviewAt = e.NextReviewAt;
}
