using Fabric.Repo.Tests.Sources;

namespace Fabric.Repo.Tests.Rules;

public sealed class SizeTests
{
    private const int ProductFileLinesMax = 400;
    private const int TestFileLinesMax = 600;
    private const int MethodLinesMax = 60;
    private const int ProgramLinesMax = 80;

    [Fact]
    public void Product_files_have_at_most_400_lines() => FilesUpTo(ProductFileLinesMax, RepoFiles.ProductCode);

    [Fact]
    public void Test_files_have_at_most_600_lines() => FilesUpTo(TestFileLinesMax, RepoFiles.TestCode);

    [Fact]
    public void Methods_have_at_most_60_lines() =>
        Findings.None($"a method has at most {MethodLinesMax} lines, signature to closing brace:",
            from path in RepoFiles.Ending(".cs")
            from member in MemberScanner.Scan(RepoFiles.Read(path))
            where member.Kind == MemberKind.Body && member.Lines > MethodLinesMax
            select $"{path}:{member.FirstLine}: {member.Lines} lines: {member.Header}");

    [Fact]
    public void The_hosts_program_fits_on_a_screen()
    {
        var lines = Lines("silo/Program.cs");
        Assert.True(lines < ProgramLinesMax, $"silo/Program.cs: {lines} lines; it only chooses the verb, under {ProgramLinesMax} lines");
    }

    private static void FilesUpTo(int max, IEnumerable<string> paths) =>
        Findings.None($"a file has at most {max} lines:",
            paths.Select(path => (path, lines: Lines(path))).Where(f => f.lines > max).Select(f => $"{f.path}: {f.lines} lines"));

    private static int Lines(string path) => RepoFiles.Read(path).TrimEnd('\n').Count(c => c == '\n') + 1;
}
