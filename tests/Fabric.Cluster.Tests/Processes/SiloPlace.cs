using System.Net;

namespace Fabric.Cluster.Tests.Processes;

/// <summary>Where a silo runs: its address, and the network namespace that has it; null: this process's own.</summary>
internal sealed record SiloPlace(IPAddress Address, string? Namespace = null)
{
    internal static SiloPlace Loopback { get; } = new(IPAddress.Loopback);
}
