namespace Fabric.Silo.Signals;

/// <summary>Keeps streams. What was written is there after a crash (D1). Throws <see cref="Api.StoreAwayException"/> when the store does not answer.</summary>
internal interface ISignalStore
{
    /// <summary>A stream; null: there is none.</summary>
    ValueTask<SignalStream?> FindAsync(string tenant, string id, CancellationToken cancellation);

    /// <summary>All streams of a tenant.</summary>
    ValueTask<IReadOnlyList<SignalStream>> ListAsync(string tenant, CancellationToken cancellation);

    /// <summary>Writes a new stream; returns once it is durable.</summary>
    ValueTask AddAsync(SignalStream stream, CancellationToken cancellation);

    /// <summary>Changes a stream, one change after the other; returns it once it is durable. Null: it is gone.</summary>
    ValueTask<SignalStream?> UpdateAsync(string tenant, string id, Func<SignalStream, SignalStream> change, CancellationToken cancellation);

    /// <summary>Forgets a stream.</summary>
    ValueTask RemoveAsync(SignalStream stream, CancellationToken cancellation);
}
