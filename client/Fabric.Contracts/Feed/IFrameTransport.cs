namespace Fabric.Contracts.Feed;

/// <summary>
/// Carries frames both ways, in order. One receiver and one sender at a time. Nothing here throws for what a network does: a broken
/// connection is <see cref="ReceivedKind.Closed"/> to the receiver and false to the sender.
/// </summary>
public interface IFrameTransport
{
    /// <summary>The next frame. Its bytes are valid until the next call. Never throws but for a bug.</summary>
    ValueTask<ReceivedFrame> ReceiveAsync(CancellationToken cancellation);

    /// <summary>Sends one frame; false when the connection is gone. The bytes are not read after this has completed.</summary>
    ValueTask<bool> SendAsync(ReadOnlyMemory<byte> frame, CancellationToken cancellation);

    /// <summary>Says that no more frames come from this end; does not wait for the other. Never throws.</summary>
    ValueTask CloseAsync(CancellationToken cancellation);

    /// <summary>Ends both directions at once: pending calls complete. Any thread, several times.</summary>
    void Abort();
}
