using System.Text.RegularExpressions;
using Fabric.Repo.Tests.Sources;

namespace Fabric.Repo.Tests.Rules;

public sealed partial class DocTests
{
    [Fact]
    public void Links_point_at_files_that_exist() =>
        Findings.None("a link in a document points at a file of the repository:",
            from path in RepoFiles.Ending(".md")
            from Match match in Link().Matches(RepoFiles.Read(path))
            let target = match.Groups["target"].Value
            where !target.Contains("://", StringComparison.Ordinal) && !target.StartsWith('#')
            let file = Resolve(path, target.Split('#')[0])
            where !RepoFiles.Exists(file)
            select $"{path}: {target}");

    [Fact]
    public void Decisions_have_their_four_parts() =>
        Findings.None("a decision has the headings Context, Decision, Consequences, Status, and a line in docs/decisions/README.md:",
            from path in RepoFiles.All
            where Decision().IsMatch(path)
            let text = RepoFiles.Read(path)
            from part in new[] { "## Context", "## Decision", "## Consequences", "## Status" }
            where !text.Contains(part, StringComparison.Ordinal)
                || !RepoFiles.Read("docs/decisions/README.md").Contains(Path.GetFileName(path), StringComparison.Ordinal)
            select $"{path}: {part}");

    [Fact]
    public void Lists_of_files_to_touch_have_at_most_six_steps() =>
        Findings.None("docs/CHANGING.md: at most six steps each:",
            RepoFiles.Read("docs/CHANGING.md").Split('\n').Where(line => SeventhStep().IsMatch(line)));

    [Fact]
    public void Operators_find_every_start_error_and_every_setting()
    {
        var page = RepoFiles.Read("docs/OPERATING.md");
        Findings.None("docs/OPERATING.md does not tell what to do about this start code:",
            StartCode().Matches(RepoFiles.Read("grains/Fabric.Embedded/Storage/StartCodes.cs")).Select(match => match.Groups["code"].Value)
                .Where(code => !page.Contains(code, StringComparison.Ordinal)));
        Findings.None("docs/OPERATING.md does not name this setting:",
            Setting().Matches(RepoFiles.Read("silo/Hosting/SiloOptions.cs")).Select(match => match.Groups["name"].Value)
                .Where(name => !page.Contains(name, StringComparison.Ordinal)));
    }

    [Fact]
    public void The_readme_starts_with_two_commands()
    {
        var readme = RepoFiles.Read("README.md");
        Assert.Contains("dotnet run --project silo -- demo", readme, StringComparison.Ordinal);
        Assert.Contains("dotnet test", readme, StringComparison.Ordinal);
    }

    private static string Resolve(string from, string target) =>
        Path.GetRelativePath(RepoFiles.Root, Path.GetFullPath(Path.Combine(RepoFiles.Root, Path.GetDirectoryName(from) ?? "", target))).Replace('\\', '/');

    [GeneratedRegex(@"""(?<code>start\.[a-z_]+)""")]
    private static partial Regex StartCode();

    [GeneratedRegex(@"public [\w?]+ (?<name>\w+) \{ get; set; \}")]
    private static partial Regex Setting();

    [GeneratedRegex(@"\]\((?<target>[^)\s]+)\)")]
    private static partial Regex Link();

    [GeneratedRegex(@"^docs/decisions/\d{4}-[a-z0-9-]+\.md$")]
    private static partial Regex Decision();

    [GeneratedRegex(@"^\s*([7-9]|\d\d)\. ")]
    private static partial Regex SeventhStep();
}
