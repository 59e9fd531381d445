namespace Fabric.Core.Common;

/// <summary>
/// How the revocation index is shared (B1): a part that all tenants use as they come, a part in which each tenant has the same share for itself, and a part for
/// operators and for whole tenants. So one tenant's revocations never keep another from revoking what it has, nor an operator from anything.
/// </summary>
public sealed record IndexLimits
{
    /// <summary>Records in all.</summary>
    public int Records { get; init; } = Limits.IndexRecordsMax;
    /// <summary>Records of one tenant.</summary>
    public int Tenant { get; init; } = Limits.IndexTenantMax;
    /// <summary>Records of one tenant for ids that the fabric never made: tombstones, in case it does.</summary>
    public int Unknown { get; init; } = Limits.IndexUnknownMax;

    /// <summary>Up to here the index is open to all tenants; beyond, each has its own share.</summary>
    public int Common => Records / 2;

    /// <summary>Beyond this nobody but an operator gets a record for an id that the fabric never made.</summary>
    public int CommonToUnknown => Records / 4;

    /// <summary>The last part: for operators, and for the revocation of a whole tenant.</summary>
    public int Reserve => Records / 16;

    /// <summary>What a tenant has for itself, however full the common part is.</summary>
    public int Own(int tenants) => (Records - Common - Reserve) / Math.Max(1, tenants);

    internal Rejection? Check() =>
        Records is < 16 or > Limits.IndexRecordsMax || Tenant < 1 || Tenant > Limits.IndexTenantMax || Unknown < 1 || Unknown > Limits.IndexUnknownMax
            ? new Rejection(Codes.InvalidField, "Index", "a limit of the revocation index is out of range")
            : null;
}
