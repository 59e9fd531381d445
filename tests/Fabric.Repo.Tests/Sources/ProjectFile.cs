using System.Xml.Linq;

namespace Fabric.Repo.Tests.Sources;

/// <summary>A project file: where it stands and what it refers to.</summary>
public sealed class ProjectFile
{
    private readonly XDocument _xml;

    private ProjectFile(string path)
    {
        FilePath = path;
        _xml = XDocument.Parse(RepoFiles.Read(path));
    }

    /// <summary>Every project of the repository.</summary>
    public static IReadOnlyList<ProjectFile> All { get; } = [.. RepoFiles.Ending(".csproj").Select(path => new ProjectFile(path))];

    /// <summary>Its relative path.</summary>
    public string FilePath { get; }

    /// <summary>Its file name without the extension.</summary>
    public string Name => Path.GetFileNameWithoutExtension(FilePath);

    /// <summary>Whether it belongs to the product: neither under tests/ nor loadtests/.</summary>
    public bool IsProduct => !RepoFiles.IsTest(FilePath) && !FilePath.StartsWith("loadtests/", StringComparison.Ordinal);

    /// <summary>Whether it becomes a package.</summary>
    public bool IsPackable => _xml.Descendants("IsPackable").Any(e => e.Value == "true" && e.Attribute("Condition") is null);

    /// <summary>The names of the projects that it refers to.</summary>
    public IReadOnlyList<string> Projects => [.. Includes("ProjectReference").Select(include => Path.GetFileNameWithoutExtension(include))];

    /// <summary>The packages that it refers to.</summary>
    public IReadOnlyList<string> Packages => [.. Includes("PackageReference")];

    /// <summary>The elements of a name.</summary>
    public IEnumerable<XElement> Elements(string name) => _xml.Descendants(name);

    private IEnumerable<string> Includes(string element) =>
        _xml.Descendants(element).Select(e => (string?)e.Attribute("Include")).OfType<string>();
}
