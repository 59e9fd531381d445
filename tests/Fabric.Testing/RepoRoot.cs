namespace Fabric.Testing;

/// <summary>Where this repository stands, for tests that read its files: the folder that holds Fabric.sln, above the test's own.</summary>
public static class RepoRoot
{
    private static readonly Lazy<string> Found = new(Find);

    /// <summary>The folder's full path.</summary>
    public static string Path => Found.Value;

    private static string Find()
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            if (File.Exists(System.IO.Path.Combine(folder.FullName, "Fabric.sln")))
            {
                return folder.FullName;
            }
        }

        throw new InvalidOperationException("no Fabric.sln above " + AppContext.BaseDirectory);
    }
}
