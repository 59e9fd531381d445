namespace Fabric.Engine.Feed;

/// <summary>Tells one in-process edge what was applied, off the engine's lock.</summary>
internal sealed class LocalEdgeLoop(FeedHub hub, ILocalEdge edge) : IDisposable
{
    private readonly PeerSignal _signal = new();
    private volatile bool _ended;

    /// <summary>The name that receipts show.</summary>
    public string Name => edge.Name;

    /// <summary>Up to where the edge has been told. Guarded by the hub's lock.</summary>
    public ulong Told { get; set; }

    /// <summary>There is something new.</summary>
    public void Signal() => _signal.Set();

    /// <summary>Runs until disposed.</summary>
    public async Task RunAsync()
    {
        while (!_ended)
        {
            await _signal.WaitAsync();
            var head = hub.Head;
            var cancelled = 0;
            try
            {
                cancelled = edge.Applied(head);
            }
#pragma warning disable CA1031 // an edge's bug must not keep receipts open: what it allows is decided by the index, not by this call
            catch (Exception)
#pragma warning restore CA1031
            {
                // It cancelled what it could.
            }

            hub.Told(this, head, cancelled);
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _ended = true;
        hub.Detach(this);
        Signal();
    }
}
