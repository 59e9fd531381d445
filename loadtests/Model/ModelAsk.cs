namespace Fabric.LoadTests.Model;

/// <summary>The fabric that is simulated.</summary>
/// <param name="Edges">Edges.</param>
/// <param name="Silos">Silos.</param>
/// <param name="Regions">Regions.</param>
/// <param name="Credentials">Credentials that are live.</param>
/// <param name="LifetimeSeconds">How long each lives.</param>
/// <param name="PerSecond">Revocations a second.</param>
/// <param name="Loss">The share of messages that the lossy run loses.</param>
internal sealed record ModelAsk(
    int Edges = 10_000, int Silos = 100, int Regions = 3, long Credentials = 1_000_000_000, int LifetimeSeconds = 900, int PerSecond = 20, double Loss = 0.001);
