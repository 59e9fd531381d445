using System.Threading.Channels;

namespace Fabric.Grains.Storage.InMemory;

/// <summary>A lock that one silo of the process holds at a time.</summary>
internal sealed class MemoryTurn
{
    // Holds the one turn while nobody has it.
    private readonly Channel<bool> _free = Channel.CreateBounded<bool>(1);

    internal MemoryTurn() => _free.Writer.TryWrite(true);

    /// <summary>Waits for it.</summary>
    internal async Task<IAsyncDisposable> TakeAsync(CancellationToken cancellation)
    {
        await _free.Reader.ReadAsync(cancellation).ConfigureAwait(false);
        return new Held(_free.Writer);
    }

    /// <summary>Null: another one has it.</summary>
    internal IAsyncDisposable? TryTake() => _free.Reader.TryRead(out _) ? new Held(_free.Writer) : null;

    private sealed class Held(ChannelWriter<bool> free) : IAsyncDisposable
    {
        private int _given;

        public ValueTask DisposeAsync()
        {
            if (Interlocked.Exchange(ref _given, 1) == 0)
            {
                free.TryWrite(true);
            }

            return ValueTask.CompletedTask;
        }
    }
}
