using System.Threading.Channels;
using Fabric.Contracts.Feed;

namespace Fabric.Client.Tests.Feed;

/// <summary>A connection in memory with two ends. A test can look at what passes, stop it, and cut it.</summary>
internal sealed class MemoryLink
{
    private readonly Channel<byte[]> _up = Channel.CreateUnbounded<byte[]>();
    private readonly Channel<byte[]> _down = Channel.CreateUnbounded<byte[]>();
    private readonly TaskCompletionSource _cut = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public MemoryLink(Func<byte[], byte[]?>? filterDown = null)
    {
        Edge = new End(this, _down.Reader, _up.Writer, null);
        Fabric = new End(this, _up.Reader, _down.Writer, filterDown);
    }

    public IFrameTransport Edge { get; }

    public IFrameTransport Fabric { get; }

    /// <summary>Ends both directions; what is under way is lost.</summary>
    public void Cut()
    {
        _cut.TrySetResult();
        Close();
    }

    private void Close()
    {
        _up.Writer.TryComplete();
        _down.Writer.TryComplete();
    }

    private sealed class End(MemoryLink link, ChannelReader<byte[]> reader, ChannelWriter<byte[]> writer, Func<byte[], byte[]?>? filter) : IFrameTransport
    {
        public async ValueTask<ReceivedFrame> ReceiveAsync(CancellationToken cancellation)
        {
            try
            {
                var frame = await reader.ReadAsync(cancellation);
                return link._cut.Task.IsCompleted ? default : new ReceivedFrame(ReceivedKind.Frame, frame);
            }
            catch (Exception error) when (error is OperationCanceledException or ChannelClosedException)
            {
                return default;
            }
        }

        public ValueTask<bool> SendAsync(ReadOnlyMemory<byte> frame, CancellationToken cancellation)
        {
            var passes = filter is null ? frame.ToArray() : filter(frame.ToArray());
            return new ValueTask<bool>(!link._cut.Task.IsCompleted && (passes is null || writer.TryWrite(passes)));
        }

        public ValueTask CloseAsync(CancellationToken cancellation)
        {
            writer.TryComplete();
            return ValueTask.CompletedTask;
        }

        // The other end still gets what was sent before, as over a socket.
        public void Abort() => link.Close();
    }
}
