using Fabric.Client.Edges;
using Fabric.Core.Checks;
using Fabric.Engine;
using Fabric.Engine.Feed;

namespace Fabric.Client.Embedded;

/// <summary>
/// The view of an enforcement point in the engine's own process: it reads the engine's index itself, so it is never stale and needs no lease. It takes part
/// in receipts with the calls that it had begun.
/// </summary>
public sealed class EngineEdgeSource : IEdgeSource, ILocalEdge
{
    private readonly IFabricEngine _engine;
    private IDisposable? _attached;
    private Func<ulong, int>? _applied;

    /// <summary>A source over an engine. <paramref name="name"/>: how receipts name the enforcement point. The engine is not disposed with it.</summary>
    public EngineEdgeSource(IFabricEngine engine, string name, EdgeClock clock)
    {
        (_engine, Name) = (engine, name);
        View = new AuthorityView(engine.Index, engine.Keys);
        Uplink = new EngineUplink(engine, name, clock);
    }

    /// <inheritdoc/>
    public string Name { get; }

    /// <inheritdoc/>
    public ICheckView View { get; }

    /// <inheritdoc/>
    public IEdgeUplink Uplink { get; }

    /// <inheritdoc/>
    public void Start(Func<ulong, int> applied)
    {
        _applied = applied;
        _attached = _engine.Feed.Attach(this);
    }

    /// <inheritdoc/>
    public int Applied(ulong revision) => _applied!(revision);

    /// <inheritdoc/>
    public Task StopAsync(CancellationToken cancellation)
    {
        Interlocked.Exchange(ref _attached, null)?.Dispose();
        return Task.CompletedTask;
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync() => await StopAsync(CancellationToken.None).ConfigureAwait(false);
}
