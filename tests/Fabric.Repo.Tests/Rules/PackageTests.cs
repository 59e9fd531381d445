using System.Text.RegularExpressions;
using System.Xml.Linq;
using Fabric.Repo.Tests.Sources;

namespace Fabric.Repo.Tests.Rules;

public sealed partial class PackageTests
{
    [Fact]
    public void Package_versions_are_exact_and_central() =>
        Findings.None("Directory.Packages.props pins exact versions: no range, no wildcard:",
            from package in XDocument.Parse(RepoFiles.Read("Directory.Packages.props")).Descendants("PackageVersion")
            let version = (string?)package.Attribute("Version") ?? ""
            where !Exact().IsMatch(version)
            select $"Directory.Packages.props: {(string?)package.Attribute("Include")} has version '{version}'");

    [Fact]
    public void No_project_names_a_package_version_itself() =>
        Findings.None("versions stand in Directory.Packages.props alone:",
            from path in RepoFiles.All
            where path.EndsWith(".csproj", StringComparison.Ordinal) || path.EndsWith(".targets", StringComparison.Ordinal)
                || (path.EndsWith(".props", StringComparison.Ordinal) && path != "Directory.Packages.props")
            from reference in XDocument.Parse(RepoFiles.Read(path)).Descendants("PackageReference")
            where reference.Attribute("Version") is not null || reference.Attribute("VersionOverride") is not null || reference.Element("Version") is not null
            select $"{path}: {(string?)reference.Attribute("Include")} names a version");

    [Fact]
    public void The_sources_of_packages_are_the_machines() =>
        Findings.None("no NuGet.config in the repository:",
            RepoFiles.All.Where(path => Path.GetFileName(path).Equals("nuget.config", StringComparison.OrdinalIgnoreCase)));

    [Theory]
    [InlineData("<TreatWarningsAsErrors>true</TreatWarningsAsErrors>")]
    [InlineData("<Nullable>enable</Nullable>")]
    [InlineData("<Deterministic>true</Deterministic>")]
    [InlineData("<EnforceCodeStyleInBuild>true</EnforceCodeStyleInBuild>")]
    [InlineData("<AnalysisLevel>10.0-recommended</AnalysisLevel>")]
    public void The_build_is_strict(string setting)
    {
        Assert.Contains(setting, RepoFiles.Read("Directory.Build.props"), StringComparison.Ordinal);
        Findings.None("no project softens the build:",
            ProjectFile.All.Where(p => p.Elements("TreatWarningsAsErrors").Any() || p.Elements("Nullable").Any()).Select(p => p.FilePath));
    }

    [GeneratedRegex(@"^\d+\.\d+\.\d+(\.\d+)?(-[0-9A-Za-z.-]+)?$")]
    private static partial Regex Exact();
}
