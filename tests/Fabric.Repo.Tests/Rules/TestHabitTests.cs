using System.Text.RegularExpressions;
using Fabric.Repo.Tests.Sources;

namespace Fabric.Repo.Tests.Rules;

public sealed partial class TestHabitTests
{
    [Fact]
    public void Tests_never_sleep() =>
        Findings.None("a test waits for the event itself, never for time to pass:",
            from path in RepoFiles.TestCode
            from hit in Hits(path, Sleeping())
            select hit);

    [Fact]
    public void Tests_are_never_skipped() =>
        Findings.None("a test that cannot run is mended or removed, not skipped:",
            from path in RepoFiles.TestCode
            from hit in Hits(path, Skipped())
            select hit);

    private static IEnumerable<string> Hits(string path, Regex pattern)
    {
        var lines = CodeText.Blank(RepoFiles.Read(path)).Split('\n');
        for (var i = 0; i < lines.Length; i++)
        {
            if (pattern.IsMatch(lines[i]))
            {
                yield return $"{path}:{i + 1}: {lines[i].Trim()}";
            }
        }
    }

    [GeneratedRegex(@"\bTask\s*\.\s*Delay\b|\bThread\s*\.\s*Sleep\b")]
    private static partial Regex Sleeping();

    [GeneratedRegex(@"\[(Fact|Theory)\(.*\bSkip\s*=")]
    private static partial Regex Skipped();
}
