using Fabric.Core.Checks;

namespace Fabric.Client.Edges;

/// <summary>Where an enforcement point gets its view from: a connection to the fabric, or the fabric in the same process.</summary>
public interface IEdgeSource : IAsyncDisposable
{
    /// <summary>The view; the same object from the start.</summary>
    ICheckView View { get; }

    /// <summary>The way to the fabric.</summary>
    IEdgeUplink Uplink { get; }

    /// <summary>
    /// Begins to follow the fabric, once; returns at once. <paramref name="applied"/> is called after each change of the view, one call at a time, with
    /// the revision that it reached; it answers how many calls in flight it cancelled since it was last asked, which goes to the fabric with the
    /// acknowledgement. It must not be called while anything that it may wait for is locked.
    /// </summary>
    void Start(Func<ulong, int> applied);

    /// <summary>Hands the lease back and ends the connection. Nothing is allowed after it.</summary>
    Task StopAsync(CancellationToken cancellation);
}
