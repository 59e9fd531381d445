using System.Threading.Channels;
using Fabric.Contracts.Feed;

namespace Fabric.Engine.Tests.Feed;

/// <summary>The fabric's end of a connection in memory; the test holds the other end.</summary>
internal sealed class MemoryTransport : IFrameTransport
{
    private readonly Channel<byte[]> _toFabric = Channel.CreateUnbounded<byte[]>();
    private readonly Channel<byte[]> _toEdge = Channel.CreateUnbounded<byte[]>();
    private readonly TaskCompletionSource _aborted = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private TaskCompletionSource _open = Opened();

    /// <summary>Whether the fabric has ended the connection.</summary>
    public bool IsAborted => _aborted.Task.IsCompleted;

    public async ValueTask<ReceivedFrame> ReceiveAsync(CancellationToken cancellation)
    {
        try
        {
            var frame = await _toFabric.Reader.ReadAsync(cancellation);
            return IsAborted ? new ReceivedFrame(ReceivedKind.Closed, default)
                : frame.Length == 0 ? new ReceivedFrame(ReceivedKind.Malformed, default) : new ReceivedFrame(ReceivedKind.Frame, frame);
        }
        catch (Exception error) when (error is OperationCanceledException or ChannelClosedException)
        {
            return new ReceivedFrame(ReceivedKind.Closed, default);
        }
    }

    public async ValueTask<bool> SendAsync(ReadOnlyMemory<byte> frame, CancellationToken cancellation)
    {
        var open = Volatile.Read(ref _open).Task;
        if (!open.IsCompleted)
        {
            await Task.WhenAny(open, _aborted.Task);
        }

        return !IsAborted && _toEdge.Writer.TryWrite(frame.ToArray());
    }

    public ValueTask CloseAsync(CancellationToken cancellation)
    {
        _toEdge.Writer.TryComplete();
        return ValueTask.CompletedTask;
    }

    public void Abort()
    {
        _aborted.TrySetResult();
        _toFabric.Writer.TryComplete();
        _toEdge.Writer.TryComplete();
    }

    /// <summary>The edge sends.</summary>
    public void Send(Action<FrameBuffer> write)
    {
        var buffer = new FrameBuffer();
        write(buffer);
        SendRaw(buffer.Written.ToArray());
    }

    /// <summary>The edge sends bytes as they are.</summary>
    public void SendRaw(params byte[] frame) => _toFabric.Writer.TryWrite(frame);

    /// <summary>The edge closes.</summary>
    public void CloseEdge() => _toFabric.Writer.TryComplete();

    /// <summary>From now on the fabric's sends hang, as when the edge's receive window is full.</summary>
    public void Stall() => Volatile.Write(ref _open, new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously));

    /// <summary>Sends go through again.</summary>
    public void Unstall() => _open.TrySetResult();

    /// <summary>What the edge receives next; null once the fabric has closed.</summary>
    public async Task<byte[]?> NextAsync()
    {
        try
        {
            return await _toEdge.Reader.ReadAsync().AsTask().WaitAsync(TimeSpan.FromSeconds(30));
        }
        catch (ChannelClosedException)
        {
            return null;
        }
    }

    /// <summary>Whether there is something to receive now.</summary>
    public bool HasFrame => _toEdge.Reader.TryPeek(out _);

    private static TaskCompletionSource Opened()
    {
        var open = new TaskCompletionSource();
        open.SetResult();
        return open;
    }
}
