namespace Fabric.LoadTests.Processes;

/// <summary>An edge over the feed of a host.</summary>
internal static class RemoteEdge
{
    /// <summary>Connects an edge; it is ready once it holds a lease.</summary>
    public static Task<ICheckingEdge> StartAsync(string name, Uri fabric, string secret) =>
        throw new LoadException($"{name}: there is no client of the feed at {fabric} yet ({secret.Length})");
}
