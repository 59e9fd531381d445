namespace Fabric.Core.Common;

/// <summary>The fabric's own limits (B1). A tenant's limits may be lower, never higher.</summary>
// INVARIANT B1: established here for what commands make; queues, frames and pages state theirs where they stand.
public static class Limits
{
    /// <summary>Clock skew allowed between the fabric and an enforcement point, published in docs and metadata.</summary>
    public static readonly TimeSpan ClockSkew = TimeSpan.FromSeconds(5);
    /// <summary>The longest life of a session.</summary>
    public static readonly TimeSpan SessionLifetimeMax = TimeSpan.FromDays(30);
    /// <summary>A session's life when neither request nor tenant says.</summary>
    public static readonly TimeSpan SessionLifetimeDefault = TimeSpan.FromHours(8);
    /// <summary>The longest life of a credential.</summary>
    public static readonly TimeSpan CredentialLifetimeMax = TimeSpan.FromHours(24);
    /// <summary>A credential's life when the request does not say.</summary>
    public static readonly TimeSpan CredentialLifetimeDefault = TimeSpan.FromMinutes(15);
    /// <summary>The longest wait for an approval.</summary>
    public static readonly TimeSpan ApprovalWaitMax = TimeSpan.FromDays(7);
    /// <summary>The wait for an approval when the tenant does not say.</summary>
    public static readonly TimeSpan ApprovalWaitDefault = TimeSpan.FromHours(24);
    /// <summary>The longest lock.</summary>
    public static readonly TimeSpan LockMax = TimeSpan.FromDays(366);
    /// <summary>The longest trust grant.</summary>
    public static readonly TimeSpan TrustLifetimeMax = TimeSpan.FromDays(366);
    /// <summary>Delegations below a session.</summary>
    public const int DelegationDepthMax = 8;
    /// <summary>Live sessions of one tenant.</summary>
    public const int LiveSessionsMax = 5_000_000;
    /// <summary>Tenants of the fabric.</summary>
    public const int TenantsMax = 100_000;
    /// <summary>Users of a tenant, offboarded ones included.</summary>
    public const int UsersMax = 1_000_000;
    /// <summary>Agents of a tenant, retired ones included.</summary>
    public const int AgentsMax = 1_000_000;
    /// <summary>API keys of a tenant, and of none, revoked ones included.</summary>
    public const int ApiKeysMax = 100_000;
    /// <summary>Trust grants that a tenant has given, ended ones included.</summary>
    public const int TrustGrantsMax = 10_000;
    /// <summary>Trust grants that a tenant has given to the same other one, ended ones included.</summary>
    public const int TrustGrantsToOneMax = 100;
    /// <summary>Locks in force in a tenant.</summary>
    public const int LocksMax = 100_000;
    /// <summary>Records of the revocation index. Half of it is open to all tenants, the last sixteenth is for operators, the rest is shared out evenly.</summary>
    public const int IndexRecordsMax = 16_000_000;
    /// <summary>Records of one tenant in the revocation index.</summary>
    public const int IndexTenantMax = 4_000_000;
    /// <summary>Records of one tenant for ids that the fabric never made.</summary>
    public const int IndexUnknownMax = 500_000;
    /// <summary>Unknown ids that a receipt lists; all are counted.</summary>
    public const int UnknownIdsListedMax = 100;
    /// <summary>Characters of a name, a purpose, a reason or a note.</summary>
    public const int TextCharsMax = 512;
    /// <summary>Groups of a user.</summary>
    public const int GroupsMax = 64;
    /// <summary>Signing keys of a tenant that still verify: rotations in a day or so.</summary>
    public const int SigningKeysMax = 32;
    /// <summary>Credentials in one issuance.</summary>
    public const int CredentialBatchMax = 1_000;
    /// <summary>Credential ids in one revocation.</summary>
    public const int RevocationBatchMax = 100_000;
}
