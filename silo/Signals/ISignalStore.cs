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

    /// <summary>
    /// Claims streams that may have something to push and that nobody has claimed, at most so many, for a time; and answers those that the holder has claimed and somebody else has changed since
    /// the holder looked. One holder has a claim at a time (R3: what is pushed comes in order); one that died loses it.
    /// </summary>
    ValueTask<IReadOnlyList<SignalStream>> ClaimAsync(string holder, TimeSpan lease, int most, CancellationToken cancellation);

    /// <summary>Changes a stream that the holder has claimed, and claims it for as long again; returns it once it is durable. Null: it is gone, or the claim is.</summary>
    ValueTask<SignalStream?> UpdateClaimedAsync(SignalStream stream, string holder, TimeSpan lease, Func<SignalStream, SignalStream> change, CancellationToken cancellation);

    /// <summary>Gives a claim back.</summary>
    ValueTask ReleaseAsync(SignalStream stream, string holder, CancellationToken cancellation);
}
