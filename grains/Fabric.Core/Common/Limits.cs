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
