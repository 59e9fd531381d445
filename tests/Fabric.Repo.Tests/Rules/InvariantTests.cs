using System.Text.RegularExpressions;
using Fabric.Repo.Tests.Sources;

namespace Fabric.Repo.Tests.Rules;

public sealed partial class InvariantTests
{
    private static readonly string[] Known = ["R1", "R2", "R3", "R4", "R5", "S1", "S2", "S3", "A1", "T1", "D1", "E1", "B1"];

    // Until the whole of the product stands in one place.
    private static readonly string[] Untested = ["A1", "E1"];
    private static readonly string[] Unnamed = ["B1", "R5", "S1", "S2", "E1"];

    public static readonly TheoryData<string> Tested = [.. Known.Except(Untested, StringComparer.Ordinal)];
    public static readonly TheoryData<string> Named = [.. Known.Except(Unnamed, StringComparer.Ordinal)];

    [Theory]
    [MemberData(nameof(Tested))]
    public void An_invariant_has_a_test_that_carries_its_id(string id) =>
        Assert.True(RepoFiles.TestCode.Any(path => RepoFiles.Read(path).Contains($"[Trait(\"Invariant\", \"{id}\")]", StringComparison.Ordinal)),
            $"no test under tests/ carries [Trait(\"Invariant\", \"{id}\")]");

    [Theory]
    [MemberData(nameof(Named))]
    public void An_invariant_is_named_where_the_product_establishes_it(string id) =>
        Assert.True(RepoFiles.ProductCode.Any(path => Comment(id).IsMatch(RepoFiles.Read(path))),
            $"no product file holds a comment `// INVARIANT {id}: ...`");

    [Fact]
    public void Comments_and_traits_name_known_invariants() =>
        Findings.None("docs/INVARIANTS.md does not know this invariant:",
            from path in RepoFiles.Ending(".cs")
            from Match match in Mention().Matches(RepoFiles.Read(path))
            where !Known.Contains(match.Groups["id"].Value, StringComparer.Ordinal)
            select $"{path}: {match.Value}");

    private static Regex Comment(string id) => new($@"//.*\bINVARIANT\b[^:\n]*\b{id}\b", RegexOptions.CultureInvariant, TimeSpan.FromSeconds(5));

    [GeneratedRegex(@"(\bINVARIANT |Trait\(""Invariant"", "")(?<id>[A-Z]\d+)")]
    private static partial Regex Mention();
}
