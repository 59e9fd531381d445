namespace Fabric.Core.Common;

/// <summary>
/// How many of each thing a tenant may have (B1), so that no tenant takes the memory of others: each within its maximum in <see cref="Limits"/>, which is the
/// default. What has ended counts where its record is kept: users, agents, API keys and trust grants.
/// </summary>
public sealed record CountLimits
{
    /// <summary>Tenants of the fabric.</summary>
    public int Tenants { get; init; } = Limits.TenantsMax;
    /// <summary>Users of a tenant.</summary>
    public int Users { get; init; } = Limits.UsersMax;
    /// <summary>Agents of a tenant.</summary>
    public int Agents { get; init; } = Limits.AgentsMax;
    /// <summary>API keys of a tenant, and of none.</summary>
    public int ApiKeys { get; init; } = Limits.ApiKeysMax;
    /// <summary>Trust grants that a tenant has given.</summary>
    public int TrustGrants { get; init; } = Limits.TrustGrantsMax;
    /// <summary>Trust grants that a tenant has given to the same other one.</summary>
    public int TrustGrantsToOne { get; init; } = Limits.TrustGrantsToOneMax;
    /// <summary>Locks in force in a tenant. Operators are not held by it.</summary>
    public int Locks { get; init; } = Limits.LocksMax;
    /// <summary>The revocation index and the tenants' shares of it.</summary>
    public IndexLimits Index { get; init; } = new();

    /// <summary>Null when each is at least 1 and within its maximum.</summary>
    public Rejection? Check() =>
        Check(nameof(Tenants), Tenants, Limits.TenantsMax) ?? Check(nameof(Users), Users, Limits.UsersMax) ?? Check(nameof(Agents), Agents, Limits.AgentsMax)
        ?? Check(nameof(ApiKeys), ApiKeys, Limits.ApiKeysMax) ?? Check(nameof(TrustGrants), TrustGrants, Limits.TrustGrantsMax)
        ?? Check(nameof(TrustGrantsToOne), TrustGrantsToOne, Limits.TrustGrantsToOneMax) ?? Check(nameof(Locks), Locks, Limits.LocksMax) ?? Index.Check();

    /// <summary>Null while there is room for one more.</summary>
    public static Rejection? Refuse(int count, int max, string subject, string what) =>
        count < max ? null : new Rejection(Codes.LimitReached, subject, $"there are {max} {what} already, those that have ended included");

    private static Rejection? Check(string name, int value, int max) =>
        value >= 1 && value <= max ? null : new Rejection(Codes.InvalidField, name, $"the limit is 1 to {max}");
}
