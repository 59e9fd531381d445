namespace Fabric.LoadTests.Processes;

/// <summary>The edges of a run.</summary>
internal sealed class EdgeFleet(IReadOnlyList<EdgeProcess> edges) : IAsyncDisposable
{
    /// <summary>All of them.</summary>
    public IReadOnlyList<EdgeProcess> Edges => edges;

    /// <summary>Sends one command to all at once.</summary>
    public Task<EdgeReply[]> SendAsync(string op, string? group = null, IReadOnlyList<EdgeCall>? calls = null, int perSecond = 0, long sinceBucket = 0) =>
        Task.WhenAll(edges.Select(edge => edge.SendAsync(op, group, calls, perSecond, sinceBucket)));

    /// <summary>Waits until all have applied a revision.</summary>
    public Task WaitRevisionAsync(ulong revision, TimeSpan atMost) => Task.WhenAll(edges.Select(edge => edge.WaitRevisionAsync(revision, atMost)));

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        foreach (var edge in edges)
        {
            await edge.DisposeAsync();
        }
    }
}
