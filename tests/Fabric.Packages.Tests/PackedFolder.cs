using Fabric.Testing;

namespace Fabric.Packages.Tests;

/// <summary>All packages of this repository, packed once into a temporary folder from what is built.</summary>
public sealed class PackedFolder : IAsyncLifetime
{
    private static readonly string[] Projects =
    [
        "grains/Fabric.Core", "grains/Fabric.Engine", "grains/Fabric.Embedded", "client/Fabric.Contracts", "client/Fabric.Client", "client/Fabric.Client.Embedded",
        "client/Fabric.Client.Mcp",
    ];

    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("fabric-packages-");

    /// <summary>Names of the packages.</summary>
    public static IEnumerable<string> Names => Projects.Select(project => project[(project.LastIndexOf('/') + 1)..]);

    /// <summary>A folder for one test, beside the packages and away from the repository's build settings.</summary>
    public string Folder => _folder.FullName;

    /// <summary>Where the packages lie.</summary>
    public string Packages => Path.Combine(Folder, "packages");

    /// <summary>The file of a package.</summary>
    public string FileOf(string name, string extension) => Directory.GetFiles(Packages, $"{name}.*{extension}").Single(file => IsOf(file, name));

    public async Task InitializeAsync()
    {
        var root = RepoRoot.Path;
        var items = string.Concat(Projects.Select(project => $"<Each Include=\"{root}/{project}/{project[(project.LastIndexOf('/') + 1)..]}.csproj\" />"));
        var properties = $"Configuration={Configuration()};NoBuild=true;PackageOutputPath={Packages}";
        var file = Path.Combine(Folder, "pack.proj");
        await File.WriteAllTextAsync(file,
            $"<Project><ItemGroup>{items}</ItemGroup><Target Name=\"Pack\"><MSBuild Projects=\"@(Each)\" Targets=\"Pack\" Properties=\"{properties}\" /></Target></Project>");
        await Dotnet.RunAsync(Folder, "msbuild", file, "-t:Pack", "-v:q");
    }

    public Task DisposeAsync()
    {
        _folder.Delete(recursive: true);
        return Task.CompletedTask;
    }

    // Fabric.Client.0.1.0 is of Fabric.Client, Fabric.Client.Embedded.0.1.0 is not.
    private static bool IsOf(string file, string name) => char.IsAsciiDigit(Path.GetFileName(file)[name.Length + 1]);

    private static string Configuration() => new DirectoryInfo(AppContext.BaseDirectory).Parent!.Name;
}
