using Fabric.Core.Common;
using Fabric.Core.Lineages;
using Fabric.Core.Quotas;
using Fabric.Core.Scopes;
using FsCheck;
using FsCheck.Fluent;

namespace Fabric.Core.Tests.Scopes;

/// <summary>Small generated scope sets, all calls that tell them apart, and what the plainest evaluator says of a call.</summary>
internal static class ScopeModel
{
    public static readonly string?[] Environments = [null, "prod", "test", "elsewhere"];

    /// <summary>Before, at and after each generated `not_after`.</summary>
    public static readonly Instant[] Moments = [new(1000), new(1001), new(2000), new(2001)];

    private static readonly string[] Tokens = ["a", "b", "*"];

    public static readonly List<ToolCall> Calls = AllCalls();

    public static Gen<ScopeSet> Sets(int entriesMax, bool counted) =>
        from count in Gen.Choose(1, entriesMax)
        from entries in Gen.ArrayOf(Entries(counted), count)
        select ScopeSet.Create(entries).Value;

    /// <summary>Pairs, half of them of a child that is made from its parent, so that many are subsets or nearly.</summary>
    public static Gen<(ScopeSet Child, ScopeSet Parent)> Pairs(bool counted) =>
        from parent in Sets(4, counted)
        from stranger in Sets(2, counted)
        from count in Gen.Choose(1, 2)
        from relatives in Gen.ArrayOf(Relatives(parent, counted), count)
        from related in Gen.Elements(true, false)
        select (related ? ScopeSet.Create(relatives).Value : stranger, parent);

    public static bool Allows(ScopeEntry entry, in ToolCall call, string? environment, Instant now) =>
        Named(entry, call)
        && (!entry.Constraints.ReadOnly || call.Class == ActionClass.Read)
        && (entry.Constraints.Environment is null || entry.Constraints.Environment == environment)
        && (entry.Constraints.NotAfter is not { } end || now <= end);

    public static bool Named(ScopeEntry entry, in ToolCall call) =>
        ReferenceGlob.Matches(entry.Tool, call.Tool) && ReferenceGlob.Matches(entry.Action, call.Action) && ReferenceGlob.Matches(entry.Resource, call.Resource);

    /// <summary>Whether every call that the child allows, the parent allows; by trying them all.</summary>
    public static bool EveryCallOfIsAllowedBy(ScopeSet child, ScopeSet parent)
    {
        foreach (var call in Calls)
        {
            foreach (var environment in Environments)
            {
                foreach (var now in Moments)
                {
                    if (child.Match(call, environment, now).IsAllowed && !parent.Match(call, environment, now).IsAllowed)
                    {
                        return false;
                    }
                }
            }
        }

        return true;
    }

    private static Gen<ScopeEntry> Entries(bool counted) =>
        from tool in ReferenceGlob.Patterns(Tokens, 1, 2)
        from action in Gen.Elements("a", "*")
        from resource in ReferenceGlob.Patterns(Tokens, 0, 2)
        from constraints in Constraints(counted)
        from quotas in counted ? Quotas() : Gen.Constant(Array.Empty<QuotaRef>())
        select new ScopeEntry(tool, action, resource, constraints, quotas);

    private static Gen<ScopeEntry> Relatives(ScopeSet parent, bool counted) =>
        from index in Gen.Choose(0, parent.Entries.Length - 1)
        from star in Gen.Elements("a", "b", "*")
        from constraints in Constraints(counted)
        from keep in Gen.Elements(true, true, false)
        let entry = parent.Entries[index]
        select entry with
        {
            Tool = entry.Tool.Replace("*", star, StringComparison.Ordinal),
            Resource = entry.Resource.Replace("*", star, StringComparison.Ordinal),
            Constraints = keep ? entry.Constraints : constraints,
        };

    private static Gen<ScopeConstraints> Constraints(bool counted) =>
        from readOnly in Gen.Elements(false, false, true)
        from environment in Gen.Elements<string?>(null, null, "prod", "test")
        from end in Gen.Elements<Instant?>(null, null, new Instant(1000), new Instant(2000))
        from calls in counted ? Gen.Elements<long?>(null, 5, 10) : Gen.Constant<long?>(null)
        from rate in counted ? Gen.Elements<CallRate?>(null, new CallRate(5, 60), new CallRate(10, 60), new CallRate(5, 1)) : Gen.Constant<CallRate?>(null)
        select new ScopeConstraints(readOnly, calls, rate, environment, end);

    private static Gen<QuotaRef[]> Quotas() =>
        from mask in Gen.Choose(0, 7)
        select Enumerable.Range(0, 3).Where(bit => (mask & (1 << bit)) != 0).Select(bit => new QuotaRef(new Handle(7, (ulong)bit + 1), 10 + bit, 0)).ToArray();

    private static List<ToolCall> AllCalls()
    {
        var texts = ReferenceGlob.Texts("ab" + ReferenceGlob.Fresh, 2);
        return (from tool in texts
                from action in new[] { "a", "#" }
                from resource in texts
                from kind in new[] { ActionClass.Read, ActionClass.Write, ActionClass.Destructive }
                select new ToolCall(tool, action, resource, kind)).ToList();
    }
}
