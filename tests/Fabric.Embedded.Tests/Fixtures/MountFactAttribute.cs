namespace Fabric.Embedded.Tests.Fixtures;

/// <summary>A test that mounts a small file system; skipped where this process may not.</summary>
public sealed class MountFactAttribute : FactAttribute
{
    private static readonly Lazy<string?> Obstacle = new(Probe);

    public MountFactAttribute() => Skip = Obstacle.Value;

    private static string? Probe()
    {
        if (!OperatingSystem.IsLinux() || !Environment.IsPrivilegedProcess)
        {
            return "mounting a file system needs root on Linux";
        }

        try
        {
            using var mount = new Mount(64);
            return null;
        }
        catch (Exception e) when (e is InvalidOperationException or System.ComponentModel.Win32Exception)
        {
            return "this machine does not let root mount a file system: " + e.Message;
        }
    }
}
