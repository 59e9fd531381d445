using System.Reflection;
using Fabric.Repo.Tests.Sources;

namespace Fabric.Repo.Tests.Rules;

/// <summary>A change of the public API is seen in review: it shows in Api/*.txt in the same commit.</summary>
public sealed class PublicApiTests
{
    private const string WriteVariable = "FABRIC_WRITE_API";

    public static readonly TheoryData<string> Packages = [.. ProjectFile.All.Where(p => p.IsPackable).Select(p => p.Name)];

    [Theory]
    [MemberData(nameof(Packages))]
    public void The_public_api_is_the_one_that_was_reviewed(string package)
    {
        var actual = ApiText.Of(Assembly.Load(package));
        var path = $"tests/Fabric.Repo.Tests/Api/{package}.txt";
        if (Environment.GetEnvironmentVariable(WriteVariable) == "1")
        {
            File.WriteAllText(Path.Combine(RepoFiles.Root, path), actual);
            return;
        }

        Assert.True(RepoFiles.Exists(path), $"{path}: missing; {WriteVariable}=1 dotnet test tests/Fabric.Repo.Tests writes it");
        var expected = RepoFiles.Read(path);
        var added = actual.Split('\n').Except(expected.Split('\n'), StringComparer.Ordinal).Select(line => "+ " + line.Trim());
        var removed = expected.Split('\n').Except(actual.Split('\n'), StringComparer.Ordinal).Select(line => "- " + line.Trim());
        Findings.None($"{path}: the public API of {package} has changed; when it is meant, {WriteVariable}=1 dotnet test tests/Fabric.Repo.Tests rewrites the text:",
            removed.Concat(added));
        Assert.True(actual == expected, $"{path}: the order of lines has changed; rewrite it with {WriteVariable}=1");
    }

    [Theory]
    [MemberData(nameof(Packages))]
    public void Public_classes_are_sealed(string package) =>
        Findings.None("a public class is sealed, static or abstract:",
            Assembly.Load(package).GetExportedTypes()
                .Where(type => type.IsClass && !type.IsSealed && !type.IsAbstract)
                .Select(type => $"{package}: {type.FullName}"));

    [Theory]
    [MemberData(nameof(Packages))]
    public void A_package_has_a_readme_with_an_example(string package)
    {
        var path = $"docs/packages/{package}.md";
        Assert.True(RepoFiles.Exists(path), $"{path}: missing; it becomes the package's readme");
        Assert.True(RepoFiles.Read(path).Contains("```csharp", StringComparison.Ordinal), $"{path}: holds no example");
    }
}
