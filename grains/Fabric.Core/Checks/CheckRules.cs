using Fabric.Core.Lineages;
using Fabric.Core.Scopes;

namespace Fabric.Core.Checks;

/// <summary>
/// What an enforcement point demands beside the token's own scope. Immutable and equal by content; keep one object for many checks, since what a
/// token has passed is remembered with it.
/// </summary>
/// <param name="Tenant">The tenant that is guarded: a token's lineage must contain it (T1). Null: any.</param>
/// <param name="TenantHandle">The guarded tenant's node; zero: taken from the view, or from the tenant's keys.</param>
/// <param name="Audience">What `aud` must be. Null: anything.</param>
/// <param name="Environment">Where calls are made; null: not stated.</param>
/// <param name="ReadBoundMs">How old a lease may be for a call of class read.</param>
/// <param name="WriteBoundMs">How old a lease may be for a call of class write.</param>
/// <param name="ProofKey">The thumbprint of the key that whoever presents the token has proven to hold (RFC 9449); null: none.</param>
/// <param name="BestEffortMs">A longer bound for reads, whose use is marked in every record; 0: strict.</param>
public sealed record CheckRules(
    string? Tenant = null, Handle TenantHandle = default, string? Audience = null, string? Environment = null,
    long ReadBoundMs = CheckRules.DefaultReadBoundMs, long WriteBoundMs = CheckRules.DefaultWriteBoundMs, long BestEffortMs = 0, string? ProofKey = null)
{
    /// <summary>The default bound of class read.</summary>
    public const long DefaultReadBoundMs = 5_000;

    /// <summary>The default bound of class write.</summary>
    public const long DefaultWriteBoundMs = 1_000;

    /// <summary>How far the clocks of issuer and enforcement point may differ: allowed for in `iat` and `exp`.</summary>
    public const long SkewMs = 5_000;

    /// <summary>How long after it was asked for an answer of the fabric may allow a call.</summary>
    public const long AnswerValidMs = 1_000;

    /// <summary>No demands, default bounds.</summary>
    public static readonly CheckRules Default = new();

    internal long BoundMs(ActionClass @class) => @class switch
    {
        ActionClass.Read => ReadBoundMs,
        ActionClass.Write => WriteBoundMs,
        _ => 0,
    };
}
