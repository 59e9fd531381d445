using Fabric.Core.Lineages;
using Fabric.Core.Quotas;
using Fabric.Core.Scopes;

namespace Fabric.Core.Sessions;

/// <summary>Gives the scope entries of a session or credential the counters that their `max_calls` and `rate` need.</summary>
public static class SessionQuotas
{
    /// <summary>
    /// The same scopes, with a counter of their own wherever a constraint is tighter than every counter that was inherited. Inherited
    /// counters stay: a call draws from all of them, so that delegating cannot multiply a quota (S3).
    /// </summary>
    public static ScopeSet Bind(ScopeSet scopes, Handle owner, HandleSpace handles)
    {
        var entries = new ScopeEntry[scopes.Entries.Length];
        var changed = false;
        for (var i = 0; i < entries.Length; i++)
        {
            var entry = scopes.Entries[i];
            List<QuotaRef>? added = null;
            if (entry.Constraints.MaxCalls is { } calls)
            {
                AddUnlessInherited(entry, ref added, calls, 0, owner, i, handles);
            }

            if (entry.Constraints.Rate is { } rate)
            {
                AddUnlessInherited(entry, ref added, rate.Calls, rate.PerSeconds * 1000L, owner, i, handles);
            }

            changed |= added is not null;
            entries[i] = added is null ? entry : entry with { Quotas = [.. entry.Quotas, .. added] };
        }

        return changed ? ScopeSet.Create(entries).Value : scopes;
    }

    private static void AddUnlessInherited(
        ScopeEntry entry, ref List<QuotaRef>? added, long limit, long periodMs, Handle owner, int index, HandleSpace handles)
    {
        foreach (var quota in entry.Quotas)
        {
            if (quota.Limit == limit && quota.PeriodMs == periodMs)
            {
                return;
            }
        }

        (added ??= []).Add(new QuotaRef(handles.OfQuota(owner, index, periodMs != 0), limit, periodMs));
    }
}
