namespace Fabric.Cluster.Tests.Processes;

/// <summary>A test that gives each silo a network of its own; skipped, with the reason, where this process may not.</summary>
public sealed class NetworkFactAttribute : FactAttribute
{
    private static readonly Lazy<string?> Obstacle = new(Probe);

    public NetworkFactAttribute() => Skip = Obstacle.Value;

    private static string? Probe()
    {
        if (!OperatingSystem.IsLinux() || !Environment.IsPrivilegedProcess)
        {
            return "network namespaces need root on Linux";
        }

        try
        {
            // Discovery is synchronous.
            var network = SiloNetwork.MakeAsync(1).GetAwaiter().GetResult();
            network.DisposeAsync().AsTask().GetAwaiter().GetResult();
            return null;
        }
        catch (Exception e) when (e is InvalidOperationException or System.ComponentModel.Win32Exception)
        {
            return "this machine gives no network of its own to a process: " + e.Message;
        }
    }
}
