using System.Text.RegularExpressions;
using Fabric.Repo.Tests.Sources;

namespace Fabric.Repo.Tests.Rules;

/// <summary>The repository speaks of the product alone: no trace of the machine or the place it was written on.</summary>
public sealed partial class TraceTests
{
    [Fact]
    public void No_file_names_a_folder_of_somebodys_machine() =>
        Findings.None("no absolute path of a machine:", Hits(MachinePath()));

    [Fact]
    public void No_file_speaks_of_how_the_work_was_organised() =>
        Findings.None("the repository speaks of the product alone:", Hits(Workplace()));

    private static IEnumerable<string> Hits(Regex pattern) =>
        from path in RepoFiles.All
        where !path.EndsWith(".bin", StringComparison.Ordinal) && !path.EndsWith(".png", StringComparison.Ordinal)
            && path != "tests/Fabric.Repo.Tests/Rules/TraceTests.cs"
        let lines = RepoFiles.Read(path).Split('\n')
        from i in Enumerable.Range(0, lines.Length)
        where pattern.IsMatch(lines[i])
        select $"{path}:{i + 1}: {lines[i].Trim()}";

    [GeneratedRegex(@"(?<![\w.}])(/work/|/home/\w|/Users/\w|[A-Z]:\\Users)")]
    private static partial Regex MachinePath();

    [GeneratedRegex(@"\bissues? (#?\d|show)|\bconventions\.md|shared/design|\bBRIEF\b|before-stop|\bTODO\b|\bFIXME\b|\bHACK\b", RegexOptions.IgnoreCase)]
    private static partial Regex Workplace();
}
