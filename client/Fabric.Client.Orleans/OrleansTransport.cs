using Fabric.Contracts.Feed;
using Fabric.Contracts.Orleans;

namespace Fabric.Client.Orleans;

/// <summary>Frames of the feed as calls of one gate. Whatever fails ends the connection: the next one begins where this one's frames were applied.</summary>
internal sealed class OrleansTransport(IEdgeGateGrain gate) : IFrameTransport
{
    // The gate answers within a second, with what there is. One that does not is on a silo that is gone or stands still, or behind such a gateway: Orleans would have
    // the caller wait for half a minute.
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(3);

    private readonly Queue<byte[]> _received = new();
    private readonly TaskCompletionSource _aborted = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <inheritdoc/>
    public async ValueTask<ReceivedFrame> ReceiveAsync(CancellationToken cancellation)
    {
        try
        {
            while (_received.Count == 0)
            {
                if (await UnlessAbortedAsync(gate.ReceiveAsync(), cancellation) is not { } frames)
                {
                    return new ReceivedFrame(ReceivedKind.Closed, default);
                }

                Array.ForEach(frames, _received.Enqueue);
            }

            var frame = _received.Dequeue();
            return new ReceivedFrame(
                frame.Length == 0 ? ReceivedKind.Malformed : frame.Length > FeedLimits.FrameBytesMax ? ReceivedKind.TooLarge : ReceivedKind.Frame, frame);
        }
#pragma warning disable CA1031 // a silo went away, a call took too long, our own abort: all of these are "closed", none is news
        catch (Exception)
#pragma warning restore CA1031
        {
            return new ReceivedFrame(ReceivedKind.Closed, default);
        }
    }

    /// <inheritdoc/>
    public async ValueTask<bool> SendAsync(ReadOnlyMemory<byte> frame, CancellationToken cancellation)
    {
        try
        {
            return await UnlessAbortedAsync(gate.SendAsync(frame.ToArray()), cancellation);
        }
#pragma warning disable CA1031 // see above
        catch (Exception)
#pragma warning restore CA1031
        {
            return false;
        }
    }

    /// <inheritdoc/>
    public async ValueTask CloseAsync(CancellationToken cancellation)
    {
        try
        {
            await gate.CloseAsync().WaitAsync(cancellation);
        }
#pragma warning disable CA1031 // it is closed, then
        catch (Exception)
#pragma warning restore CA1031
        {
            // See above.
        }
    }

    /// <inheritdoc/>
    public void Abort()
    {
        if (_aborted.TrySetResult())
        {
            _ = CloseAsync(CancellationToken.None).AsTask();
        }
    }

    private async Task<T> UnlessAbortedAsync<T>(Task<T> call, CancellationToken cancellation)
    {
        await Task.WhenAny(call, _aborted.Task).WaitAsync(Patience, cancellation);
        return _aborted.Task.IsCompleted ? throw new OperationCanceledException() : await call;
    }
}
