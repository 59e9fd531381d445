using System.Text.RegularExpressions;
using Fabric.Repo.Tests.Sources;

namespace Fabric.Repo.Tests.Rules;

public sealed partial class InvariantTests
{
    private static readonly string[] Known = ["R1", "R2", "R3", "R4", "R5", "S1", "S2", "S3", "A1", "T1", "D1", "E1", "B1"];

    public static readonly TheoryData<string> Ids = [.. Known];

    [Theory]
    [MemberData(nameof(Ids))]
    public void An_invariant_has_a_test_that_carries_its_id(string id) =>
        Assert.True(RepoFiles.TestCode.Any(path => RepoFiles.Read(path).Contains($"[Trait(\"Invariant\", \"{id}\")]", StringComparison.Ordinal)),
            $"no test under tests/ carries [Trait(\"Invariant\", \"{id}\")]");

    [Theory]
    [MemberData(nameof(Ids))]
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

    [Fact]
    public void The_document_has_a_row_for_each_and_its_tests_exist()
    {
        var rows = RepoFiles.Read("docs/INVARIANTS.md").Split('\n').Where(line => Row().IsMatch(line)).ToList();
        Assert.Equal(Known, rows.Select(row => Row().Match(row).Groups["id"].Value), StringComparer.Ordinal);
        Findings.None("docs/INVARIANTS.md: no such test class, or it does not carry the invariant's trait:",
            from row in rows
            let id = Row().Match(row).Groups["id"].Value
            from Match match in TestClass().Matches(row)
            let path = RepoFiles.TestCode.FirstOrDefault(path => path.EndsWith("/" + match.Groups["name"].Value + ".cs", StringComparison.Ordinal))
            where path is null || !RepoFiles.Read(path).Contains($"\"Invariant\", \"{id}\"", StringComparison.Ordinal)
            select $"{id}: {match.Groups["name"].Value}");
    }

    private static Regex Comment(string id) => new($@"//.*\bINVARIANT\b[^:\n]*\b{id}\b", RegexOptions.CultureInvariant, TimeSpan.FromSeconds(5));

    [GeneratedRegex(@"^\| (?<id>[A-Z]\d) \|")]
    private static partial Regex Row();

    [GeneratedRegex(@"`(?<name>\w+(Tests|Suite))`")]
    private static partial Regex TestClass();

    [GeneratedRegex(@"(\bINVARIANT |Trait\(""Invariant"", "")(?<id>[A-Z]\d+)")]
    private static partial Regex Mention();
}
