using Fabric.Core.Common;
using Fabric.Core.Credentials;
using Fabric.Core.Lineages;
using Fabric.Core.Scopes;

namespace Fabric.Core.Sessions;

/// <summary>A session as its events made it. A million of them live in memory: every field counts.</summary>
public sealed class SessionState
{
    /// <summary>Made by the event that opened it.</summary>
    public SessionState(SessionOpened opened, Instant at)
    {
        (Id, Tenant, Agent, UserTenant, User) = (opened.Id, opened.Tenant, opened.Agent, opened.UserTenant, opened.User);
        (Purpose, Scopes, Lineage, RequestedBy) = (opened.Purpose, opened.Scopes, opened.Lineage, opened.RequestedBy);
        (Status, ExpiresAt, LifetimeMs, Parent, Depth) = (opened.Status, opened.ExpiresAt, opened.LifetimeMs, opened.Parent, (byte)opened.Depth);
        OpenedAt = at;
    }

    /// <summary>The session's id (`sid`).</summary>
    public UInt128 Id { get; }
    /// <summary>The session it was delegated from; zero: none.</summary>
    public UInt128 Parent { get; }
    /// <summary>The last credential issued: the head of the inventory's chain; zero: none.</summary>
    public UInt128 LastCredential { get; private set; }
    /// <summary>The tenant of the agent.</summary>
    public string Tenant { get; }
    /// <summary>The agent whose task it is.</summary>
    public string Agent { get; }
    /// <summary>The tenant of the user; other than <see cref="Tenant"/> after a delegation across tenants.</summary>
    public string? UserTenant { get; }
    /// <summary>For whom; null: nobody.</summary>
    public string? User { get; }
    /// <summary>What the task is.</summary>
    public string Purpose { get; }
    /// <summary>What may be done.</summary>
    public ScopeSet Scopes { get; }
    /// <summary>Every node it comes from; itself last.</summary>
    public Lineage Lineage { get; }
    /// <summary>Who asked for it.</summary>
    public string RequestedBy { get; }
    /// <summary>Who approved it; null: nobody (yet).</summary>
    public string? ApprovedBy { get; private set; }
    /// <summary>When it was opened.</summary>
    public Instant OpenedAt { get; }
    /// <summary>When it ends; while requested: when the wait for an approval ends.</summary>
    public Instant ExpiresAt { get; private set; }
    /// <summary>How long it may live from its approval on, milliseconds.</summary>
    public long LifetimeMs { get; }
    /// <summary>Credentials issued so far.</summary>
    public uint CredentialsIssued { get; private set; }
    /// <summary>Delegations above it.</summary>
    public byte Depth { get; }
    /// <summary>Where it is in its life.</summary>
    public SessionStatus Status { get; private set; }

    /// <summary>The session's own handle.</summary>
    public Handle Handle => Lineage.Nodes[^1].Handle;

    /// <summary>Whether it can still issue or be approved.</summary>
    public bool IsLive => Status is SessionStatus.Requested or SessionStatus.Active;

    /// <summary>The user as others see it: `USER`, or `TENANT:USER` when it is another tenant's.</summary>
    public string? UserName => User is null || UserTenant == Tenant ? User : $"{UserTenant}:{User}";

    /// <summary>Takes an event in. INVARIANT S1: a session that is not live never becomes live again.</summary>
    public void Apply(SessionApproved approved)
    {
        if (Status == SessionStatus.Requested)
        {
            (Status, ApprovedBy, ExpiresAt) = (SessionStatus.Active, approved.By, approved.ExpiresAt);
        }
    }

    /// <summary>Takes an event in; <see cref="ExpiresAt"/> then tells when it ended.</summary>
    public void Apply(SessionEnded ended, Instant at)
    {
        if (IsLive)
        {
            (Status, ExpiresAt) = (ended.Status, Instant.Min(ExpiresAt, at));
        }
    }

    /// <summary>Takes an event in; one that was taken in already (a replay over a newer checkpoint) changes nothing.</summary>
    public void Apply(CredentialsIssued issued)
    {
        if (issued.Previous == LastCredential)
        {
            CredentialsIssued += (uint)issued.Ids.Count;
            LastCredential = issued.Ids[^1];
        }
    }

    /// <summary>Puts back what a checkpoint kept beyond the opening event.</summary>
    public void Restore(SessionStatus status, string? approvedBy, Instant expiresAt, uint credentialsIssued, UInt128 lastCredential) =>
        (Status, ApprovedBy, ExpiresAt, CredentialsIssued, LastCredential) = (status, approvedBy, expiresAt, credentialsIssued, lastCredential);
}
