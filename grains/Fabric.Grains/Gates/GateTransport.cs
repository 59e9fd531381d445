using System.Threading.Channels;
using Fabric.Contracts.Feed;

namespace Fabric.Grains.Gates;

/// <summary>The silo's end of a connection over Orleans: calls put frames in and take frames out.</summary>
internal sealed class GateTransport : IFrameTransport
{
    // Frames that wait (B1): a sender waits for room, and is cut off when that takes too long.
    private const int FramesMax = 16;
    private const int BytesAtOnce = 512 * 1024;

    private static readonly TimeSpan ReceiveWait = TimeSpan.FromSeconds(1);

    private readonly Channel<byte[]> _toFabric = Channel.CreateBounded<byte[]>(FramesMax);
    private readonly Channel<byte[]> _toEdge = Channel.CreateBounded<byte[]>(FramesMax);

    /// <inheritdoc/>
    public async ValueTask<ReceivedFrame> ReceiveAsync(CancellationToken cancellation)
    {
        try
        {
            var frame = await _toFabric.Reader.ReadAsync(cancellation).ConfigureAwait(false);
            return frame.Length == 0 ? new ReceivedFrame(ReceivedKind.Malformed, default)
                : frame.Length > FeedLimits.FrameBytesMax ? new ReceivedFrame(ReceivedKind.TooLarge, default)
                : new ReceivedFrame(ReceivedKind.Frame, frame);
        }
        catch (Exception error) when (error is OperationCanceledException or ChannelClosedException)
        {
            return new ReceivedFrame(ReceivedKind.Closed, default);
        }
    }

    /// <inheritdoc/>
    public async ValueTask<bool> SendAsync(ReadOnlyMemory<byte> frame, CancellationToken cancellation)
    {
        try
        {
            await _toEdge.Writer.WriteAsync(frame.ToArray(), cancellation).ConfigureAwait(false);
            return true;
        }
        catch (Exception error) when (error is OperationCanceledException or ChannelClosedException)
        {
            return false;
        }
    }

    /// <inheritdoc/>
    public ValueTask CloseAsync(CancellationToken cancellation)
    {
        _toEdge.Writer.TryComplete();
        return ValueTask.CompletedTask;
    }

    /// <inheritdoc/>
    public void Abort()
    {
        _toEdge.Writer.TryComplete();
        _toFabric.Writer.TryComplete();
    }

    /// <summary>The edge sends; false: the connection is closed.</summary>
    internal async Task<bool> PutAsync(byte[] frame)
    {
        try
        {
            await _toFabric.Writer.WriteAsync(frame);
            return true;
        }
        catch (ChannelClosedException)
        {
            return false;
        }
    }

    /// <summary>The edge sends no more.</summary>
    internal void EdgeCloses() => _toFabric.Writer.TryComplete();

    /// <summary>What there is for the edge; none after a while; null: closed, and all was taken.</summary>
    internal async Task<byte[][]?> TakeAsync()
    {
        try
        {
            if (!await _toEdge.Reader.WaitToReadAsync().AsTask().WaitAsync(ReceiveWait))
            {
                return null;
            }
        }
        catch (TimeoutException)
        {
            return [];
        }

        var frames = new List<byte[]>();
        for (var bytes = 0; bytes < BytesAtOnce && _toEdge.Reader.TryRead(out var frame); bytes += frame.Length)
        {
            frames.Add(frame);
        }

        return [.. frames];
    }
}
