using System.Buffers;
using Fabric.Core.Common;
using Fabric.Core.Lineages;
using Fabric.Core.Quotas;
using Fabric.Core.Scopes;

namespace Fabric.Core.Tests.Scopes;

public sealed class ScopeSetTests
{
    private static readonly Instant Now = new(1_000_000);
    private static readonly QuotaRef ParentQuota = new(new Handle(1, 2), 100, 0);
    private static readonly QuotaRef OwnQuota = new(new Handle(3, 4), 5, 60_000);

    [Fact]
    public void The_first_entry_that_allows_decides_and_the_next_can_be_asked_for()
    {
        var set = Set(new ScopeEntry("files", "read", "a*"), new ScopeEntry("files", "read", "*"), new ScopeEntry("mail", "send", ""));
        var call = new ToolCall("files", "read", "a/b", ActionClass.Read);
        Assert.Equal(new ScopeMatch(0, null), set.Match(call, null, Now));
        Assert.Equal(new ScopeMatch(1, null), set.Match(call, null, Now, 1));
        Assert.Equal(new ScopeMatch(-1, Codes.ScopeDenied), set.Match(call, null, Now, 2));
        Assert.Equal(new ScopeMatch(2, null), set.Match(new ToolCall("mail", "send", ""), null, Now));
    }

    [Fact]
    public void The_denial_is_that_of_the_entry_that_came_closest()
    {
        var readOnly = Set(With(new(ReadOnly: true)));
        Assert.Equal(Codes.ReadOnly, readOnly.Match(Call(ActionClass.Write), null, Now).DenialCode);
        Assert.Equal(Codes.ReadOnly, readOnly.Match(new ToolCall("t", "a", "r"), null, Now).DenialCode);
        Assert.True(readOnly.Match(Call(ActionClass.Read), null, Now).IsAllowed);

        var two = Set(With(new(Environment: "prod")), With(new(NotAfter: Now)));
        Assert.Equal(new ScopeMatch(1, null), two.Match(Call(ActionClass.Write), null, Now));
        Assert.Equal(new ScopeMatch(1, Codes.NotAfter), two.Match(Call(ActionClass.Write), null, new Instant(Now.UnixMs + 1)));
        Assert.Equal(new ScopeMatch(0, null), two.Match(Call(ActionClass.Write), "prod", new Instant(Now.UnixMs + 1)));

        var environment = Set(With(new(ReadOnly: true)), With(new(Environment: "prod")));
        Assert.Equal(new ScopeMatch(1, Codes.WrongEnvironment), environment.Match(Call(ActionClass.Write), "test", Now));
        Assert.Equal(new ScopeMatch(1, Codes.WrongEnvironment), environment.Match(Call(ActionClass.Write), null, Now));
    }

    [Fact]
    public void A_text_longer_than_any_length_field_is_still_another_text()
    {
        var set = Set(new ScopeEntry("t", "a", "r"));
        var call = new ToolCall("t", "a", new string('r', (1 << 21) + 1));
        Assert.Equal(Codes.ScopeDenied, set.Match(call, null, Now).DenialCode);
        Assert.True(Set(new ScopeEntry("t", "a", "r*")).Match(call, null, Now).IsAllowed);
    }

    [Fact]
    public void Matching_allocates_nothing()
    {
        var set = Set(
            new ScopeEntry("files", "read", "*"), new ScopeEntry("files", "write", "home/*"), new ScopeEntry("*mail*", "send", "*@example.org"),
            With(new(Environment: "prod", NotAfter: Now)));
        ToolCall[] calls = [new("files", "write", "home/x"), new("gmail2", "send", "a@example.org"), new("t", "a", "r"), new("none", "of", "these")];
        foreach (var call in calls)
        {
            set.Match(call, "test", Now);
        }

        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var i = 0; i < 10_000; i++)
        {
            set.Match(calls[i % calls.Length], "test", Now);
        }

        Assert.Equal(before, GC.GetAllocatedBytesForCurrentThread());
    }

    [Fact]
    public void Each_bad_entry_is_refused_by_its_index_and_field()
    {
        var good = new ScopeEntry("t", "a", "r");
        AssertInvalid("scopes[1].tool", good, new ScopeEntry("", "a", "r"));
        AssertInvalid("scopes[0].tool", new ScopeEntry("a\\b", "a", "r"));
        AssertInvalid("scopes[0].action", new ScopeEntry("t", "", "r"));
        AssertInvalid("scopes[0].resource", new ScopeEntry("t", "a", "\u202Egpj"));
        AssertInvalid("scopes[0].resource", new ScopeEntry("t", "a", null!));
        AssertInvalid("scopes[1].max_calls", good, With(new(MaxCalls: 0)));
        AssertInvalid("scopes[0].max_calls", With(new(MaxCalls: ScopeConstraints.CallsMax + 1)));
        AssertInvalid("scopes[0].rate", With(new(Rate: new CallRate(1, 0))));
        AssertInvalid("scopes[0].rate", With(new(Rate: new CallRate(0, 1))));
        AssertInvalid("scopes[0].rate", With(new(Rate: new CallRate(1, ScopeConstraints.PerSecondsMax + 1))));
        AssertInvalid("scopes[0].environment", With(new(Environment: "two words")));
        AssertInvalid("scopes[0].environment", With(new(Environment: "")));
        AssertInvalid("scopes[0].not_after", With(new(NotAfter: new Instant(-1))));
        AssertInvalid("scopes[0].not_after", With(new(NotAfter: Instant.Never)));
        AssertInvalid("scopes[0].quotas", good with { Quotas = [default] });
        AssertInvalid("scopes[0].quotas", good with { Quotas = [OwnQuota, OwnQuota] });
        AssertInvalid("scopes[0]", [null!]);
        AssertInvalid("scopes");
        AssertInvalid("scopes", [.. Enumerable.Repeat(good, ScopeSet.EntriesMax + 1)]);
    }

    [Fact]
    public void A_set_that_is_too_large_for_a_token_is_refused()
    {
        var large = new ScopeEntry(new string('t', 256), new string('a', 256), new string('r', 256));
        Assert.True(ScopeSet.Create([.. Enumerable.Repeat(large, 9)]).IsOk);
        Assert.Equal(Codes.LimitReached, ScopeSet.Create([.. Enumerable.Repeat(large, 10)]).Rejection?.Code);
    }

    [Fact]
    public void Equal_sets_are_equal_and_hash_alike_and_own_their_content()
    {
        var quotas = new List<QuotaRef> { OwnQuota };
        var entries = new List<ScopeEntry> { With(new(MaxCalls: 5)) with { Quotas = quotas } };
        var one = ScopeSet.Create(entries).Value;
        var other = Set(With(new(MaxCalls: 5)) with { Quotas = [OwnQuota] });
        Assert.Equal(other, one);
        Assert.Equal(other.GetHashCode(), one.GetHashCode());
        quotas.Clear();
        entries.Clear();
        Assert.Equal(other, one);
        Assert.Equal([OwnQuota], one.QuotasOf(0).ToArray());
        Assert.NotEqual(other, Set(With(new(MaxCalls: 6)) with { Quotas = [OwnQuota] }));
        Assert.NotEqual(other, Set(With(new(MaxCalls: 5))));
    }

    [Fact]
    [Trait("Invariant", "S3")]
    public void Narrowing_inherits_what_is_left_out_and_all_quotas()
    {
        var parent = Set(new ScopeEntry("t*", "*", "*", new(true, 100, new CallRate(10, 60), "prod", Now), [ParentQuota]));
        var child = Set(With(new(MaxCalls: 5)) with { Quotas = [OwnQuota] });
        var entry = Assert.Single(child.NarrowTo(parent).Value.Entries);
        Assert.Equal(new ScopeConstraints(true, 5, new CallRate(10, 60), "prod", Now), entry.Constraints);
        Assert.Equal([ParentQuota, OwnQuota], entry.Quotas);
        Assert.Equal("t", entry.Tool);
    }

    [Fact]
    [Trait("Invariant", "S3")]
    public void A_wider_pattern_or_constraint_is_refused_by_name()
    {
        var parent = Set(new ScopeEntry("t", "*", "*", new(false, 100, new CallRate(10, 60), "prod", Now), []));
        AssertExceeded("scopes[1]", parent, With(new()), new ScopeEntry("*", "a", "r"));
        AssertExceeded("scopes[0].max_calls", parent, With(new(MaxCalls: 101)));
        AssertExceeded("scopes[0].rate", parent, With(new(Rate: new CallRate(11, 60))));
        AssertExceeded("scopes[0].rate", parent, With(new(Rate: new CallRate(1, 30))));
        AssertExceeded("scopes[0].environment", parent, With(new(Environment: "test")));
        AssertExceeded("scopes[0].not_after", parent, With(new(NotAfter: new Instant(Now.UnixMs + 1))));
    }

    [Fact]
    public void Of_several_parent_entries_the_one_that_tightens_least_is_taken()
    {
        var tight = new ScopeEntry("t", "a", "r", new(ReadOnly: true, MaxCalls: 3), []);
        var quoted = new ScopeEntry("t", "a", "*", ScopeConstraints.None, [ParentQuota]);
        var free = new ScopeEntry("t", "*", "*");
        Assert.Equal(With(new()), NarrowOne(With(new()), tight, quoted, free));
        Assert.Equal([ParentQuota], NarrowOne(With(new()), tight, quoted).Quotas);
        Assert.Equal(3, NarrowOne(With(new()), tight).Constraints.MaxCalls);
        Assert.Equal(9, NarrowOne(With(new()), With(new(MaxCalls: 7)), With(new(MaxCalls: 9)), With(new(MaxCalls: 8))).Constraints.MaxCalls);
        Assert.Equal(Now, NarrowOne(With(new()), With(new(NotAfter: new Instant(5))), With(new(NotAfter: Now))).Constraints.NotAfter);
        Assert.Equal(
            new CallRate(100, 60), NarrowOne(With(new()), With(new(Rate: new CallRate(1, 1))), With(new(Rate: new CallRate(100, 60)))).Constraints.Rate);

        // A constraint that the child states needs no tightening; a parent entry that it exceeds is passed over.
        Assert.Equal("test", NarrowOne(With(new(Environment: "test")), With(new(Environment: "prod")), With(new(Environment: "test"))).Constraints.Environment);
    }

    [Fact]
    public void Narrowing_to_itself_or_without_change_gives_the_same_object()
    {
        var parent = Set(new ScopeEntry("*", "*", "*"));
        var child = Set(With(new(ReadOnly: true)));
        Assert.Same(child, child.NarrowTo(parent).Value);
        Assert.Same(parent, Set(new ScopeEntry("*", "*", "*")).NarrowTo(parent).Value);
    }

    [Fact]
    public void Quotas_past_the_limit_are_refused_when_narrowing()
    {
        QuotaRef[] Quotas(ulong from) => [.. Enumerable.Range(0, 20).Select(i => new QuotaRef(new Handle(from, (ulong)i), 1, 0))];
        var parent = Set(With(new()) with { Quotas = Quotas(1) });
        var child = Set(With(new()) with { Quotas = Quotas(2) });
        Assert.Equal(Codes.LimitReached, child.NarrowTo(parent).Rejection?.Code);
    }

    [Fact]
    public void A_subset_carries_the_parents_quotas()
    {
        var parent = Set(new ScopeEntry("*", "*", "*", ScopeConstraints.None, [ParentQuota]));
        Assert.False(Set(With(new())).IsSubsetOf(parent));
        Assert.True(Set(With(new()) with { Quotas = [OwnQuota, ParentQuota] }).IsSubsetOf(parent));
    }

    [Fact]
    public void The_journal_form_is_the_golden_one()
    {
        const string Golden =
            "010203" + "70C3A9" + "0361646D" + "022F2A" + "3F" + "05" + "E807" + "3C" + "0470726F64" + "80D095FFBC31" + "01"
            + "0000000000000003" + "0000000000000004" + "05" + "E0D403" + "0174" + "012A" + "00" + "00";
        var set = Set(
            new ScopeEntry("pé", "adm", "/*", new(true, 5, new CallRate(1000, 60), "prod", new Instant(1_700_000_000_000)), [OwnQuota]),
            new ScopeEntry("t", "*", ""));
        var writer = new ArrayBufferWriter<byte>();
        set.Write(writer);
        Assert.Equal(Golden, Convert.ToHexString(writer.WrittenSpan));
        Assert.Equal(set, ScopeSet.TryRead(Convert.FromHexString(Golden), out var length));
        Assert.Equal(Golden.Length / 2, length);
    }

    private static ScopeSet Set(params ScopeEntry[] entries) => ScopeSet.Create(entries).Value;

    private static ScopeEntry With(ScopeConstraints constraints) => new("t", "a", "r", constraints, []);

    private static ScopeEntry NarrowOne(ScopeEntry child, params ScopeEntry[] parents) => Set(child).NarrowTo(Set(parents)).Value.Entries[0];

    private static ToolCall Call(ActionClass kind) => new("t", "a", "r", kind);

    private static void AssertInvalid(string subject, params ScopeEntry[] entries)
    {
        var rejection = ScopeSet.Create(entries).Rejection;
        Assert.Equal((Codes.ScopeInvalid, subject), (rejection?.Code, rejection?.Subject));
    }

    private static void AssertExceeded(string subject, ScopeSet parent, params ScopeEntry[] entries)
    {
        var rejection = Set(entries).NarrowTo(parent).Rejection;
        Assert.Equal((Codes.ScopeExceeded, subject), (rejection?.Code, rejection?.Subject));
    }
}
