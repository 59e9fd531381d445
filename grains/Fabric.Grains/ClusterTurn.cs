namespace Fabric.Grains;

/// <summary>A lock that one silo of the cluster holds at a time, held until disposed; it also goes with the silo.</summary>
internal static class ClusterTurn
{
    /// <summary>Waits for the lock, and until this silo knows all that was done under it before.</summary>
    internal static async Task<IAsyncDisposable> TakeAsync(ClusterParts parts, CancellationToken cancellation)
    {
        var held = await parts.Store.LockAsync(cancellation).ConfigureAwait(false);
        try
        {
            var (sequence, _) = await parts.Log.HeadAsync(cancellation).ConfigureAwait(false);
            await parts.Relay.WaitAsync(sequence, cancellation).ConfigureAwait(false);
            return held;
        }
        catch
        {
            await held.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }
}
