namespace Fabric.LoadTests.Processes;

/// <summary>A folder that is gone after the run.</summary>
internal sealed class TempFolder(bool keep) : IDisposable
{
    /// <summary>Its path.</summary>
    public string Path { get; } = Directory.CreateTempSubdirectory("fabric-load-").FullName;

    /// <inheritdoc/>
    public void Dispose()
    {
        if (keep)
        {
            Console.WriteLine($"data kept in {Path}");
            return;
        }

        try
        {
            Directory.Delete(Path, recursive: true);
        }
        catch (IOException)
        {
            // A process that is just ending may still hold a file: the system's own cleaning takes the rest.
        }
    }
}
