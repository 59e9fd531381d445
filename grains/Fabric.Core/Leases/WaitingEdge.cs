namespace Fabric.Core.Leases;

/// <summary>An edge that a receipt waits for.</summary>
/// <param name="Edge">The id it said hello with.</param>
/// <param name="Connected">Whether it has a connection now.</param>
/// <param name="Acknowledged">The last revision that it said it has applied.</param>
/// <param name="Since">When its last renewal, or the check behind its last answer, arrived; monotonic.</param>
/// <param name="Until">When the last class closes without it, unless it acknowledges first; monotonic.</param>
public readonly record struct WaitingEdge(string Edge, bool Connected, ulong Acknowledged, TimeSpan Since, TimeSpan Until);
