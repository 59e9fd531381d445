using Fabric.Core.Common;
using Fabric.Core.Quotas;
using Fabric.Core.Scopes;
using FsCheck.Fluent;
using Xunit.Abstractions;

namespace Fabric.Core.Tests.Scopes;

public sealed class ScopePropertyTests(ITestOutputHelper output)
{
    [Fact]
    [Trait("Invariant", "S3")]
    public void A_call_is_allowed_exactly_when_an_entry_allows_it() => Seeded.Check(output, 60, Prop.ForAll(
        ScopeModel.Sets(3, counted: false).ToArbitrary(),
        set =>
        {
            foreach (var call in ScopeModel.Calls)
            {
                foreach (var environment in ScopeModel.Environments)
                {
                    foreach (var now in ScopeModel.Moments)
                    {
                        var match = set.Match(call, environment, now);
                        var first = FirstOf(set, entry => ScopeModel.Allows(entry, call, environment, now));
                        if (match.IsAllowed ? match.EntryIndex != first : first >= 0 || !DenialIsTrue(set, call, match))
                        {
                            return false;
                        }
                    }
                }
            }

            return true;
        }));

    [Fact]
    [Trait("Invariant", "S3")]
    public void A_set_is_a_subset_exactly_when_every_call_it_allows_is_allowed()
    {
        var subsets = 0;
        Seeded.Check(output, 600, Prop.ForAll(
            ScopeModel.Pairs(counted: false).ToArbitrary(),
            pair =>
            {
                var subset = pair.Child.IsSubsetOf(pair.Parent);
                subsets += subset ? 1 : 0;
                return subset == ScopeModel.EveryCallOfIsAllowedBy(pair.Child, pair.Parent);
            }));
        Assert.True(subsets > 60, $"only {subsets} subsets were generated");
    }

    [Fact]
    [Trait("Invariant", "S3")]
    public void What_is_narrowed_is_within_the_parent_and_within_what_was_asked_and_keeps_the_quotas()
    {
        var narrowedCount = 0;
        Seeded.Check(output, 500, Prop.ForAll(
            ScopeModel.Pairs(counted: true).ToArbitrary(),
            pair =>
            {
                var outcome = pair.Child.NarrowTo(pair.Parent);
                if (!outcome.IsOk)
                {
                    return outcome.Rejection.Code == Codes.ScopeExceeded && !pair.Child.IsSubsetOf(pair.Parent);
                }

                narrowedCount++;
                var narrowed = outcome.Value;
                return narrowed.IsSubsetOf(pair.Parent)
                    && narrowed.Entries.Zip(pair.Child.Entries).All(both => IsTightened(both.First, both.Second))
                    && narrowed.Entries.All(entry => pair.Parent.Entries.Any(parent => parent.Quotas.All(entry.Quotas.Contains)))
                    && narrowed.NarrowTo(pair.Parent).Value.IsSubsetOf(pair.Parent)
                    && narrowed.Equals(pair.Child.NarrowTo(pair.Parent).Value)
                    && ScopeModel.EveryCallOfIsAllowedBy(narrowed, pair.Parent);
            }));
        Assert.True(narrowedCount > 60, $"only {narrowedCount} sets could be narrowed");
    }

    [Fact]
    public void The_journal_form_reads_back_and_any_damage_is_harmless()
    {
        var random = new Random((int)(Seeded.Seed(output) & int.MaxValue));
        Seeded.Check(output, 300, Prop.ForAll(
            ScopeModel.Sets(4, counted: true).ToArbitrary(),
            set =>
            {
                var writer = new System.Buffers.ArrayBufferWriter<byte>();
                set.Write(writer);
                var bytes = writer.WrittenSpan.ToArray();
                var back = ScopeSet.TryRead([.. bytes, 1, 2, 3], out var length);
                var same = set.Equals(back) && length == bytes.Length && back.GetHashCode() == set.GetHashCode();
                for (var cut = 0; cut < bytes.Length; cut++)
                {
                    same &= ScopeSet.TryRead(bytes.AsSpan(0, cut), out var none) is null && none == 0;
                    var damaged = bytes.ToArray();
                    damaged[cut] = (byte)random.Next(256);
                    ScopeSet.TryRead(damaged, out _);
                }

                return same;
            }));
    }

    private static bool IsTightened(ScopeEntry narrowed, ScopeEntry asked) =>
        (narrowed.Tool, narrowed.Action, narrowed.Resource) == (asked.Tool, asked.Action, asked.Resource)
        && narrowed.Constraints.WiderThan(asked.Constraints) is null
        && narrowed.Constraints.TightenedBy(asked.Constraints) == narrowed.Constraints
        && asked.Quotas.All(quota => narrowed.Quotas.Contains<QuotaRef>(quota));

    private static int FirstOf(ScopeSet set, Func<ScopeEntry, bool> predicate)
    {
        for (var i = 0; i < set.Entries.Length; i++)
        {
            if (predicate(set.Entries[i]))
            {
                return i;
            }
        }

        return -1;
    }

    private static bool DenialIsTrue(ScopeSet set, ToolCall call, ScopeMatch match)
    {
        var named = FirstOf(set, entry => ScopeModel.Named(entry, call)) >= 0;
        return named
            ? match.DenialCode!.StartsWith("constraint.", StringComparison.Ordinal) && ScopeModel.Named(set.Entries[match.EntryIndex], call)
            : match is { DenialCode: Codes.ScopeDenied, EntryIndex: -1 };
    }
}
