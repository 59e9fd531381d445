using Fabric.Repo.Tests.Sources;

namespace Fabric.Repo.Tests.Rules;

public sealed class NamingTests
{
    private static readonly string[] BannedSuffixes = ["Manager", "Helper", "Helpers", "Util", "Utils", "Utility", "Utilities", "Common"];

    // A closed family reads best in one piece.
    private static readonly string[] FamilySuffixes = ["Events.cs", "Commands.cs", "Dtos.cs", "Frames.cs", "Decider.cs"];

    // Files with several public types, and why they are one thing.
    private static readonly Dictionary<string, string> Families = new(StringComparer.Ordinal)
    {
        ["grains/Fabric.Engine/EngineHealth.cs"] = "the health of the engine is the list of its parts",
        ["grains/Fabric.Core/Checks/ICheckClock.cs"] = "the clock and the moment that it gives",
        ["silo/Api/EndpointRoles.cs"] = "the roles of an endpoint and the way to state them",
    };

    [Fact]
    public void Type_names_say_what_the_type_is() =>
        Findings.None("no type is named " + string.Join(", ", BannedSuffixes) + ":",
            from path in RepoFiles.Ending(".cs")
            from member in MemberScanner.Scan(RepoFiles.Read(path))
            where member.Kind == MemberKind.Type && BannedSuffixes.Any(suffix => member.Name.EndsWith(suffix, StringComparison.Ordinal))
            select $"{path}:{member.FirstLine}: {member.Name}");

    [Fact]
    public void A_file_holds_one_public_type() =>
        Findings.None("one public type a file; closed families end in " + string.Join(", ", FamilySuffixes) + " or are listed in NamingTests with their reason:",
            from path in RepoFiles.ProductCode
            where !FamilySuffixes.Any(suffix => path.EndsWith(suffix, StringComparison.Ordinal)) && !Families.ContainsKey(path)
            let types = PublicTypes(path)
            where types.Count > 1
            select $"{path}: {string.Join(", ", types)}");

    [Fact]
    public void The_public_type_has_the_name_of_its_file() =>
        Findings.None("a file is named after its public type:",
            from path in RepoFiles.ProductCode
            where !FamilySuffixes.Any(suffix => path.EndsWith(suffix, StringComparison.Ordinal)) && !Families.ContainsKey(path)
            let types = PublicTypes(path)
            where types.Count == 1
            let file = Path.GetFileName(path)
            where !file.StartsWith(types[0] + ".", StringComparison.Ordinal)
            select $"{path}: holds {types[0]}");

    [Fact]
    public void Listed_families_still_need_their_exception() =>
        Findings.None("remove this entry from NamingTests.Families:",
            Families.Keys.Where(path => !RepoFiles.Exists(path) || PublicTypes(path).Count < 2));

    [Fact]
    public void Test_names_are_sentences() =>
        Findings.None("a test's name is a sentence with underscores:",
            from path in RepoFiles.TestCode
            let text = RepoFiles.Read(path)
            where text.Contains("[Fact", StringComparison.Ordinal) || text.Contains("[Theory", StringComparison.Ordinal)
            let lines = text.Split('\n')
            from member in MemberScanner.Scan(text)
            where member.Kind == MemberKind.Body && member.IsPublic && IsTestMethod(lines, member.FirstLine)
                && !member.Header[..Math.Max(0, member.Header.IndexOf('(', StringComparison.Ordinal))].Contains('_', StringComparison.Ordinal)
            select $"{path}:{member.FirstLine}: {member.Header}");

    private static List<string> PublicTypes(string path) =>
        [.. MemberScanner.Scan(RepoFiles.Read(path))
            .Where(m => m.Kind == MemberKind.Type && m.IsPublic && m.Container is null)
            .Select(m => m.Name).Distinct(StringComparer.Ordinal)];

    // Attributes stand on the lines right above the signature.
    private static bool IsTestMethod(string[] lines, int firstLine)
    {
        for (var i = firstLine - 2; i >= 0 && lines[i].TrimStart().StartsWith('['); i--)
        {
            if (lines[i].Contains("[Fact", StringComparison.Ordinal) || lines[i].Contains("[Theory", StringComparison.Ordinal))
            {
                return true;
            }
        }

        return false;
    }
}
