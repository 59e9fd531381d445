using System.Net.WebSockets;

namespace Fabric.Contracts.Feed;

/// <summary>Frames over a WebSocket, at either end: one binary message is one frame. Does not own the socket.</summary>
public sealed class WebSocketTransport(WebSocket socket) : IFrameTransport
{
    private const int SmallBuffer = 4 * 1024;
    private const int KeptBufferMax = 128 * 1024;

    private byte[] _received = new byte[SmallBuffer];

    /// <inheritdoc/>
    public async ValueTask<ReceivedFrame> ReceiveAsync(CancellationToken cancellation)
    {
        if (_received.Length > KeptBufferMax)
        {
            // Ten thousand connections that each sent one large report would hold on to ten gigabytes.
            _received = new byte[SmallBuffer];
        }

        try
        {
            for (var length = 0; ;)
            {
                var part = await socket.ReceiveAsync(_received.AsMemory(length), cancellation);
                length += part.Count;
                if (part.MessageType != WebSocketMessageType.Binary)
                {
                    return new ReceivedFrame(part.MessageType == WebSocketMessageType.Close ? ReceivedKind.Closed : ReceivedKind.Malformed, default);
                }

                if (part.EndOfMessage)
                {
                    return length == 0
                        ? new ReceivedFrame(ReceivedKind.Malformed, default)
                        : new ReceivedFrame(ReceivedKind.Frame, _received.AsMemory(0, length));
                }

                if (length == FeedLimits.FrameBytesMax)
                {
                    return new ReceivedFrame(ReceivedKind.TooLarge, default);
                }

                if (length == _received.Length)
                {
                    Array.Resize(ref _received, Math.Min(FeedLimits.FrameBytesMax, length * 4));
                }
            }
        }
        catch (Exception error) when (IsBroken(error))
        {
            return new ReceivedFrame(ReceivedKind.Closed, default);
        }
    }

    /// <inheritdoc/>
    public async ValueTask<bool> SendAsync(ReadOnlyMemory<byte> frame, CancellationToken cancellation)
    {
        try
        {
            await socket.SendAsync(frame, WebSocketMessageType.Binary, endOfMessage: true, cancellation);
            return true;
        }
        catch (Exception error) when (IsBroken(error))
        {
            return false;
        }
    }

    /// <inheritdoc/>
    public async ValueTask CloseAsync(CancellationToken cancellation)
    {
        try
        {
            await socket.CloseOutputAsync(WebSocketCloseStatus.NormalClosure, statusDescription: null, cancellation);
        }
        catch (Exception error) when (IsBroken(error))
        {
            // It is closed, then.
        }
    }

    /// <inheritdoc/>
    public void Abort() => socket.Abort();

    // What a socket throws when the other end, the network or our own abort ended it: all of these are "closed", none is news.
    private static bool IsBroken(Exception error) =>
        error is WebSocketException or OperationCanceledException or IOException or ObjectDisposedException or InvalidOperationException;
}
