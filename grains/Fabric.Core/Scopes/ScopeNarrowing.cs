using Fabric.Core.Common;
using Fabric.Core.Quotas;

namespace Fabric.Core.Scopes;

/// <summary>Finds the parent entry that an entry is derived from, and derives it.</summary>
internal static class ScopeNarrowing
{
    /// <summary>Whether all that the child entry's patterns name, the parent entry's patterns name.</summary>
    public static bool Names(ScopeSet parent, int parentIndex, ScopeSet child, int childIndex)
    {
        var outer = parent.PatternsOf(parentIndex);
        var inner = child.PatternsOf(childIndex);
        return inner[0].IsSubsetOf(outer[0]) && inner[1].IsSubsetOf(outer[1]) && inner[2].IsSubsetOf(outer[2]);
    }

    /// <summary>Whether each of the wanted quotas is among those held.</summary>
    public static bool HasAll(ReadOnlySpan<QuotaRef> held, ReadOnlySpan<QuotaRef> wanted)
    {
        foreach (var quota in wanted)
        {
            if (!held.Contains(quota))
            {
                return false;
            }
        }

        return true;
    }

    /// <summary>The child's entry within the parent: the same object when nothing is added to it.</summary>
    public static Outcome<ScopeEntry> Narrow(ScopeSet child, int index, ScopeSet parent)
    {
        var entry = child.Entries[index];
        ScopeEntry? best = null;
        string? wider = null;
        for (var i = 0; i < parent.Entries.Length; i++)
        {
            if (!Names(parent, i, child, index))
            {
                continue;
            }

            var candidate = parent.Entries[i];
            if (entry.Constraints.WiderThan(candidate.Constraints) is { } constraint)
            {
                wider ??= constraint;
            }
            else if (best is null || Compare(entry, child.QuotasOf(index), candidate, best) < 0)
            {
                best = candidate;
            }
        }

        return best is null ? Exceeded(entry, index, wider) : Derive(entry, index, best);
    }

    // Negative when `a` leaves the entry more than `b` does. Equal ones keep their order, so that the answer depends on the two sets alone.
    private static int Compare(ScopeEntry entry, ReadOnlySpan<QuotaRef> held, ScopeEntry a, ScopeEntry b)
    {
        var added = Added(entry.Constraints, a.Constraints) - Added(entry.Constraints, b.Constraints);
        if (added != 0)
        {
            return added;
        }

        var quotas = Missing(held, a.Quotas) - Missing(held, b.Quotas);
        if (quotas != 0)
        {
            return quotas;
        }

        // As many constraints: the one that binds later.
        var calls = (b.Constraints.MaxCalls ?? long.MaxValue).CompareTo(a.Constraints.MaxCalls ?? long.MaxValue);
        if (calls != 0)
        {
            return calls;
        }

        var end = (b.Constraints.NotAfter ?? Instant.Never).CompareTo(a.Constraints.NotAfter ?? Instant.Never);
        return end != 0 ? end : PerDay(b.Constraints.Rate).CompareTo(PerDay(a.Constraints.Rate));
    }

    private static int Added(ScopeConstraints own, ScopeConstraints parent) => own.TightenedBy(parent).Count - own.Count;

    private static int Missing(ReadOnlySpan<QuotaRef> held, IReadOnlyList<QuotaRef> wanted)
    {
        var missing = 0;
        foreach (var quota in wanted)
        {
            missing += held.Contains(quota) ? 0 : 1;
        }

        return missing;
    }

    private static decimal PerDay(CallRate? rate) =>
        rate is { } some ? (decimal)some.Calls * ScopeConstraints.PerSecondsMax / some.PerSeconds : decimal.MaxValue;

    private static Outcome<ScopeEntry> Derive(ScopeEntry entry, int index, ScopeEntry parent)
    {
        var constraints = entry.Constraints.TightenedBy(parent.Constraints);
        var quotas = Merge(entry.Quotas, parent.Quotas);
        if (quotas.Count > ScopeSet.QuotasMax)
        {
            return new Rejection(Codes.LimitReached, $"scopes[{index}].quotas", $"an entry has at most {ScopeSet.QuotasMax} quotas, inherited ones included");
        }

        return ReferenceEquals(constraints, entry.Constraints) && ReferenceEquals(quotas, entry.Quotas)
            ? entry
            : entry with { Constraints = constraints, Quotas = quotas };
    }

    private static IReadOnlyList<QuotaRef> Merge(IReadOnlyList<QuotaRef> own, IReadOnlyList<QuotaRef> inherited)
    {
        if (inherited.Count == 0)
        {
            return own;
        }

        if (own.Count == 0)
        {
            return inherited;
        }

        // The inherited form of a counter wins: a derived entry cannot restate its limit.
        var merged = new List<QuotaRef>(inherited);
        foreach (var quota in own)
        {
            if (!merged.Exists(held => held.Id == quota.Id))
            {
                merged.Add(quota);
            }
        }

        return merged.Count == own.Count && own.SequenceEqual(merged) ? own : merged.ToArray();
    }

    private static Rejection Exceeded(ScopeEntry entry, int index, string? constraint) => constraint is null
        ? new Rejection(
            Codes.ScopeExceeded, $"scopes[{index}]",
            $"entry {index} (`{entry.Tool}` / `{entry.Action}` / `{entry.Resource}`) is within no entry of the scope it is derived from")
        : new Rejection(Codes.ScopeExceeded, $"scopes[{index}].{constraint}", $"entry {index} states a wider `{constraint}` than the scope it is derived from");
}
