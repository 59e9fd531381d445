using System.Diagnostics;

namespace Fabric.LoadTests.Processes;

/// <summary>Signals to processes that the load tests started.</summary>
internal static class Signals
{
    /// <summary>Sends a signal by its name: `TERM`, `STOP`, `CONT`.</summary>
    public static async Task SendAsync(Process process, string signal)
    {
        using var kill = Process.Start("kill", [$"-{signal}", $"{process.Id}"]);
        await kill.WaitForExitAsync();
    }
}
