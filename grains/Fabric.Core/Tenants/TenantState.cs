using Fabric.Core.Common;
using Fabric.Core.Issuers;
using Fabric.Core.Lineages;
using Fabric.Core.Nodes;

namespace Fabric.Core.Tenants;

/// <summary>A tenant as its events made it.</summary>
public sealed class TenantState
{
    /// <summary>The tenant's id.</summary>
    public required string Id { get; init; }
    /// <summary>The tenant's handle.</summary>
    public required Handle Handle { get; init; }
    /// <summary>A name for people.</summary>
    public string Name { get; private set; } = "";
    /// <summary>The limits in force.</summary>
    public TenantLimits Limits { get; private set; } = TenantLimits.Default;
    /// <summary>Whether every session waits for an approval.</summary>
    public bool RequireApproval { get; private set; }
    /// <summary>The issuers that it trusts, by id. A change is a new list.</summary>
    public IReadOnlyList<TrustedIssuer> Issuers { get; private set; } = [];
    /// <summary>When it was created.</summary>
    public Instant CreatedAt { get; private set; }
    /// <summary>The generation that what is issued now carries; raised by a revocation.</summary>
    public NodeStanding Standing { get; } = new();

    /// <summary>Takes an event in.</summary>
    public void Apply(TenantCreated created, Instant at)
    {
        (Name, Limits, RequireApproval, CreatedAt) = (created.Name, created.Limits, created.RequireApproval, at);
    }

    /// <summary>Takes an event in.</summary>
    public void Apply(TenantAmended amended)
    {
        (Name, Limits, RequireApproval) = (amended.Name, amended.Limits, amended.RequireApproval);
    }

    /// <summary>Takes an event in.</summary>
    public void Apply(IssuerTrusted trusted) =>
        Issuers = [.. Issuers.Where(issuer => issuer.Id != trusted.Issuer.Id).Append(trusted.Issuer).OrderBy(issuer => issuer.Id, StringComparer.Ordinal)];

    /// <summary>Takes an event in.</summary>
    public void Apply(IssuerDistrusted distrusted) => Issuers = [.. Issuers.Where(issuer => issuer.Id != distrusted.Id)];
}
