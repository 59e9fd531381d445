using Fabric.Core.Common;

namespace Fabric.Core.Index;

/// <summary>
/// The records that one tenant's revocations and locks have in the index, and whether it may have more. Counted by the hour in which they may go, and again when
/// they are revoked again, so never fewer than there are. Needs the engine's lock.
/// </summary>
public sealed class IndexShare
{
    private const long HourMs = 3_600_000;
    private const int CompletionPart = 2;

    private readonly SortedDictionary<long, (int All, int Unknown)> _byHour = [];
    private int _all;
    private int _unknown;

    /// <summary>Notes records; of <paramref name="unknown"/> the fabric never made the ids.</summary>
    public void Add(int records, int unknown, Instant dropAfter)
    {
        if (records == 0)
        {
            return;
        }

        var hour = dropAfter.UnixMs / HourMs;
        var before = _byHour.GetValueOrDefault(hour);
        _byHour[hour] = (before.All + records, before.Unknown + unknown);
        (_all, _unknown) = (_all + records, _unknown + unknown);
    }

    /// <summary>Records now.</summary>
    public (int All, int Unknown) Count(Instant now)
    {
        while (_byHour.Count > 0 && _byHour.First() is var (hour, (all, unknown)) && hour < now.UnixMs / HourMs)
        {
            _byHour.Remove(hour);
            (_all, _unknown) = (_all - all, _unknown - unknown);
        }

        return (_all, _unknown);
    }

    /// <summary>
    /// Null when a session of this tenant may be completed, which takes one record of an index that holds <paramref name="held"/>; else `limit.reached`.
    /// </summary>
    // INVARIANT B1: agents complete sessions, so they come to half of each limit and no farther: the other half is left for revoking what they did.
    public Rejection? RefuseCompletion(IndexLimits limits, int held, int tenants, string tenant, Instant now)
    {
        var max = (held < limits.Common / CompletionPart ? limits.Tenant : Math.Min(limits.Tenant, limits.Own(tenants))) / CompletionPart;
        return Count(now).All < max
            ? null
            : new Rejection(Codes.LimitReached, tenant, $"the tenant's records in the revocation index have come to {max}, and what is left is for revocations: the session ends by its time, or is revoked");
    }

    /// <summary>
    /// Null when a caller of this tenant may add so many records, <paramref name="unknown"/> of them for ids that were never made, to an index that holds
    /// <paramref name="held"/>; else `limit.reached`.
    /// </summary>
    // INVARIANT B1: the own shares of all tenants, the common part and the reserve add up to the whole index.
    public Rejection? Refuse(IndexLimits limits, int held, int tenants, int records, int unknown, string tenant, Instant now)
    {
        var (all, unknownSoFar) = Count(now);
        if (unknown > 0 && (unknownSoFar + unknown > limits.Unknown || held + records > limits.CommonToUnknown))
        {
            return new Rejection(
                Codes.LimitReached, tenant, $"{unknown} of the ids were never made by this fabric for this tenant, and there is no room for more such: leave them out, or ask an operator");
        }

        if (all + records > limits.Tenant)
        {
            return new Rejection(Codes.LimitReached, tenant, $"the tenant has {all} of its {limits.Tenant} records in the revocation index: revoke what is above, or ask an operator");
        }

        return held + records > limits.Common && all + records > limits.Own(tenants)
            ? new Rejection(
                Codes.LimitReached, tenant, $"the common part of the revocation index is full, and the tenant has more than its own share of {limits.Own(tenants)}: revoke what is above, or ask an operator")
            : null;
    }
}
