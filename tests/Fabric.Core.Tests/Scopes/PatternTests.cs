using Fabric.Core.Common;
using Fabric.Core.Scopes;
using FsCheck.Fluent;
using Xunit.Abstractions;

namespace Fabric.Core.Tests.Scopes;

public sealed class PatternTests(ITestOutputHelper output)
{
    private static readonly string[] Tokens = ["a", "b", "*", "*", "\\*", "\\\\"];
    private static readonly List<string> Universe = ReferenceGlob.Texts("ab*\\" + ReferenceGlob.Fresh, 5);

    [Theory]
    [InlineData("pay", "pay", true)]
    [InlineData("pay", "Pay", false)]
    [InlineData("pay", "pays", false)]
    [InlineData("", "", true)]
    [InlineData("", "x", false)]
    [InlineData("*", "", true)]
    [InlineData("*", "a/b/c", true)]
    [InlineData("pay*", "pay", true)]
    [InlineData("pay*", "payments/7", true)]
    [InlineData("pay*", "pa", false)]
    [InlineData("*.read", "files.read", true)]
    [InlineData("*.read", "files.reads", false)]
    [InlineData("a*a", "a", false)]
    [InlineData("a*a", "aa", true)]
    [InlineData("a*b*c", "aXbYc", true)]
    [InlineData("a*b*c", "acb", false)]
    [InlineData("**", "anything", true)]
    [InlineData("a**", "ab", true)]
    [InlineData("a**b", "ab", true)]
    [InlineData("\\*", "*", true)]
    [InlineData("\\*", "x", false)]
    [InlineData("a\\\\b", "a\\b", true)]
    [InlineData("\\**", "*x", true)]
    [InlineData("😀*é", "😀 - é", true)]
    public void A_pattern_matches_the_whole_text(string pattern, string text, bool matches) => Assert.Equal(matches, Parse(pattern).Matches(text));

    [Theory]
    [InlineData("a\\")]
    [InlineData("a\\b")]
    [InlineData("a\nb")]
    [InlineData("a\u0000b")]
    [InlineData("a\u202Eb")]
    [InlineData("a\u2066b")]
    [InlineData("a\u200Db")]
    [InlineData("a\uFEFFb")]
    [InlineData("a\u2028b")]
    [InlineData("a\u007F")]
    [InlineData("\U000E0041")]
    public void A_bad_pattern_is_refused(string pattern) => Assert.Equal(Codes.ScopeInvalid, Pattern.Parse(pattern).Rejection?.Code);

    [Fact]
    public void An_unpaired_surrogate_is_refused()
    {
        Assert.False(Pattern.Parse("a" + (char)0xD83D).IsOk);
        Assert.False(Pattern.Parse((char)0xDE00 + "*").IsOk);
        Assert.False(Pattern.Parse("" + (char)0xD83D + '*' + (char)0xDE00).IsOk);
    }

    [Fact]
    public void Limits_are_as_stated()
    {
        Assert.True(Pattern.Parse(new string('a', Pattern.LengthMax)).IsOk);
        Assert.False(Pattern.Parse(new string('a', Pattern.LengthMax + 1)).IsOk);
        Assert.True(Pattern.Parse(string.Concat(Enumerable.Repeat("a*", Pattern.StarsMax))).IsOk);
        Assert.False(Pattern.Parse(string.Concat(Enumerable.Repeat("a*", Pattern.StarsMax + 1))).IsOk);
        Assert.True(Pattern.Parse(string.Concat(Enumerable.Repeat("\\*", Pattern.StarsMax + 1))).IsOk);
    }

    [Fact]
    public void The_longest_patterns_compare()
    {
        var glob = Parse("*" + new string('a', Pattern.LengthMax - 2) + "*");
        var prefix = Parse(new string('a', Pattern.LengthMax - 1) + "*");
        Assert.True(prefix.IsSubsetOf(glob));
        Assert.False(glob.IsSubsetOf(prefix));
        Assert.True(glob.IsSubsetOf(glob));
    }

    [Fact]
    public void Matching_equals_the_reference() => Seeded.Check(output, 500, Prop.ForAll(
        ReferenceGlob.Patterns(Tokens, 0, 6).ToArbitrary(),
        text =>
        {
            var pattern = Parse(text);
            return Universe.TrueForAll(one => pattern.Matches(one) == ReferenceGlob.Matches(text, one));
        }));

    [Fact]
    [Trait("Invariant", "S3")]
    public void A_pattern_is_a_subset_exactly_when_every_text_it_matches_is_matched() => Seeded.Check(output, 3000, Prop.ForAll(
        ReferenceGlob.Patterns(Tokens, 0, 5).ToArbitrary(),
        ReferenceGlob.Patterns(Tokens, 0, 5).ToArbitrary(),
        (inner, outer) => Parse(inner).IsSubsetOf(Parse(outer))
            == Universe.TrueForAll(one => !ReferenceGlob.Matches(inner, one) || ReferenceGlob.Matches(outer, one))));

    [Fact]
    public void Matching_allocates_nothing_and_does_not_backtrack()
    {
        var pattern = Parse(string.Concat(Enumerable.Repeat("*a", 15)) + "*b");
        var text = new string('a', 100_000);
        Assert.False(pattern.Matches(text));
        Assert.True(pattern.Matches(text + "b"));
        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var i = 0; i < 1000; i++)
        {
            pattern.Matches(text);
        }

        Assert.Equal(before, GC.GetAllocatedBytesForCurrentThread());
    }

    private static Pattern Parse(string text) => Pattern.Parse(text).Value;
}
