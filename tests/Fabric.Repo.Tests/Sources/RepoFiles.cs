using Fabric.Testing;

namespace Fabric.Repo.Tests.Sources;

/// <summary>The files of this repository, as relative paths with forward slashes.</summary>
public static class RepoFiles
{
    // What builds, tests and editors leave behind is not the repository.
    private static readonly string[] NotOurs = [".git", "bin", "obj", "artifacts", "TestResults", ".vs", ".idea", "data", "node_modules"];

    private static readonly Lazy<IReadOnlyList<string>> Found = new(() => [.. Walk(RepoRoot.Path, "").Order(StringComparer.Ordinal)]);

    /// <summary>The folder that holds Fabric.sln.</summary>
    public static string Root => RepoRoot.Path;

    /// <summary>Every file.</summary>
    public static IReadOnlyList<string> All => Found.Value;

    /// <summary>The files whose name ends so.</summary>
    public static IEnumerable<string> Ending(string suffix) => All.Where(path => path.EndsWith(suffix, StringComparison.Ordinal));

    /// <summary>Source files of the product: everything that is not under tests/.</summary>
    public static IEnumerable<string> ProductCode => Ending(".cs").Where(path => !IsTest(path));

    /// <summary>Source files under tests/.</summary>
    public static IEnumerable<string> TestCode => Ending(".cs").Where(IsTest);

    /// <summary>Whether a file stands under tests/.</summary>
    public static bool IsTest(string path) => path.StartsWith("tests/", StringComparison.Ordinal);

    /// <summary>The text of a file.</summary>
    public static string Read(string path) => File.ReadAllText(Path.Combine(Root, path));

    /// <summary>Whether a file or folder of this relative path exists.</summary>
    public static bool Exists(string path) => Path.Exists(Path.Combine(Root, path));

    private static IEnumerable<string> Walk(string folder, string prefix)
    {
        foreach (var file in Directory.EnumerateFiles(folder))
        {
            yield return prefix + Path.GetFileName(file);
        }

        foreach (var child in Directory.EnumerateDirectories(folder))
        {
            var name = Path.GetFileName(child);
            if (NotOurs.Contains(name, StringComparer.Ordinal))
            {
                continue;
            }

            foreach (var file in Walk(child, prefix + name + "/"))
            {
                yield return file;
            }
        }
    }
}
