using Fabric.Repo.Tests.Sources;

namespace Fabric.Repo.Tests.Rules;

public sealed class DependencyTests
{
    // One way: Core <- engines <- silo; Core <- client. A project may refer to what stands here and to nothing else.
    private static readonly Dictionary<string, string[]> Allowed = new(StringComparer.Ordinal)
    {
        ["Fabric.Core"] = [],
        ["Fabric.Contracts"] = ["Fabric.Core"],
        ["Fabric.Engine"] = ["Fabric.Core", "Fabric.Contracts"],
        ["Fabric.Embedded"] = ["Fabric.Core", "Fabric.Contracts", "Fabric.Engine"],
        ["Fabric.Contracts.Orleans"] = [],
        ["Fabric.Grains"] = ["Fabric.Core", "Fabric.Contracts", "Fabric.Contracts.Orleans", "Fabric.Engine"],
        ["Fabric.Client"] = ["Fabric.Core", "Fabric.Contracts"],
        ["Fabric.Client.Embedded"] = ["Fabric.Client", "Fabric.Embedded"],
        ["Fabric.Client.Mcp"] = ["Fabric.Client"],
        ["Fabric.Gateway"] = ["Fabric.Client", "Fabric.Client.Mcp"],
        ["Fabric.Client.Orleans"] = ["Fabric.Client", "Fabric.Contracts.Orleans"],
        ["Fabric.Silo"] = ["Fabric.Core", "Fabric.Contracts", "Fabric.Engine", "Fabric.Embedded", "Fabric.Grains", "Fabric.Client", "Fabric.Client.Embedded"],
    };

    [Fact]
    public void Product_projects_refer_only_to_what_stands_below_them() =>
        Findings.None("project references point one way (docs/ARCHITECTURE.md):",
            from project in ProjectFile.All
            where project.IsProduct
            from reference in project.Projects
            where !Allowed.TryGetValue(project.Name, out var below) || !below.Contains(reference, StringComparer.Ordinal)
            select $"{project.FilePath}: must not refer to {reference}");

    [Fact]
    public void Every_product_project_has_its_place_in_the_order() =>
        Findings.None("a product project is listed in DependencyTests with what it may refer to:",
            ProjectFile.All.Where(p => p.IsProduct && !Allowed.ContainsKey(p.Name)).Select(p => p.FilePath));

    [Fact]
    public void Load_tests_refer_to_the_product_only() =>
        Findings.None("loadtests refer to product projects only:",
            from project in ProjectFile.All
            where !project.IsProduct && !RepoFiles.IsTest(project.FilePath)
            from reference in project.Projects
            where !Allowed.ContainsKey(reference)
            select $"{project.FilePath}: must not refer to {reference}");

    [Theory]
    [InlineData("Fabric.Core")]
    [InlineData("Fabric.Contracts")]
    [InlineData("Fabric.Engine")]
    [InlineData("Fabric.Client")]
    public void These_projects_need_no_package(string name) =>
        Findings.None("this project stands on the framework alone:",
            ProjectFile.All.Where(p => p.Name == name).SelectMany(p => p.Packages.Select(package => $"{p.FilePath}: refers to {package}")));

    [Fact]
    public void Core_and_tests_have_their_banned_symbols()
    {
        var core = ProjectFile.All.Single(p => p.Name == "Fabric.Core");
        Assert.True(core.Elements("AdditionalFiles").Any(e => (string?)e.Attribute("Include") == "BannedSymbols.txt"),
            $"{core.FilePath}: BannedSymbols.txt is not among its AdditionalFiles");
        Assert.Contains("N:System.IO;", RepoFiles.Read("grains/Fabric.Core/BannedSymbols.txt"), StringComparison.Ordinal);
        Assert.Contains("P:System.DateTimeOffset.UtcNow;", RepoFiles.Read("grains/Fabric.Core/BannedSymbols.txt"), StringComparison.Ordinal);
        Assert.Contains("BannedSymbols.txt", RepoFiles.Read("tests/Directory.Build.props"), StringComparison.Ordinal);
        Assert.Contains("Task.Delay(", RepoFiles.Read("tests/BannedSymbols.txt"), StringComparison.Ordinal);
        Assert.Contains("Microsoft.CodeAnalysis.BannedApiAnalyzers", RepoFiles.Read("Directory.Build.props"), StringComparison.Ordinal);
    }

    [Fact]
    public void Every_project_is_in_the_solution()
    {
        var solution = RepoFiles.Read("Fabric.sln").Replace('\\', '/');
        Findings.None("`dotnet build` and `dotnet test` at the root take every project:",
            ProjectFile.All.Where(p => !solution.Contains($"\"{p.FilePath}\"", StringComparison.Ordinal)).Select(p => p.FilePath));
    }

    [Fact]
    public void The_host_and_the_load_tests_stand_directly_in_their_folders()
    {
        Assert.True(RepoFiles.Exists("silo/Fabric.Silo.csproj"), "silo/Fabric.Silo.csproj: `dotnet run --project silo` needs it there");
        Assert.True(RepoFiles.Exists("loadtests/Fabric.LoadTests.csproj"), "loadtests/Fabric.LoadTests.csproj: `dotnet run --project loadtests` needs it there");
    }
}
