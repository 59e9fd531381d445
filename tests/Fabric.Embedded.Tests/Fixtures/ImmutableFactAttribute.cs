using System.ComponentModel;

namespace Fabric.Embedded.Tests.Fixtures;

/// <summary>A test that makes files immutable under an open handle, as a disk that goes read-only does; skipped where that has no effect.</summary>
public sealed class ImmutableFactAttribute : FactAttribute
{
    private static readonly Lazy<string?> Obstacle = new(Probe);

    public ImmutableFactAttribute() => Skip = Obstacle.Value;

    public static void Set(string file, bool immutable) => Mount.Run("chattr", immutable ? "+i" : "-i", file);

    private static string? Probe()
    {
        if (!OperatingSystem.IsLinux() || !Environment.IsPrivilegedProcess)
        {
            return "making a file immutable needs root on Linux";
        }

        using var temp = new TempFolder();
        var path = temp.In("probe");
        using var stream = new FileStream(path, FileMode.Create, FileAccess.Write, FileShare.None, bufferSize: 0);
        try
        {
            Set(path, immutable: true);
        }
        catch (Exception e) when (e is InvalidOperationException or Win32Exception)
        {
            return "this machine has no immutable files: " + e.Message;
        }

        try
        {
            stream.Write([1]);
            return "this file system lets an open handle write to an immutable file";
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null;
        }
        finally
        {
            Set(path, immutable: false);
        }
    }
}
