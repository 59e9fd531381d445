using Fabric.Client.Edges;
using Fabric.Core.Checks;
using Fabric.Engine;
using Fabric.Engine.Feed;

namespace Fabric.Client.Embedded;

/// <summary>The fabric in the same process as a source: its own index and keys, never stale, and no connection to lose.</summary>
public sealed class InProcessSource : IEdgeSource, ILocalEdge
{
    private readonly IFabricEngine _engine;
    private Func<ulong, int>? _applied;
    private IDisposable? _attached;

    /// <summary>A source over an engine, which stays its owner's. <paramref name="name"/> is how receipts and records name the enforcement point.</summary>
    public InProcessSource(IFabricEngine engine, string name, EdgeClock clock)
    {
        _engine = engine;
        Name = name;
        View = new AuthorityView(engine.Index, engine.Keys);
        Uplink = new InProcessUplink(engine, new Caller(Role.EnforcementPoint, null, name), clock);
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
    public int Applied(ulong revision) => _applied?.Invoke(revision) ?? 0;

    /// <inheritdoc/>
    public Task StopAsync(CancellationToken cancellation)
    {
        _attached?.Dispose();
        _attached = null;
        return Task.CompletedTask;
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync() => await StopAsync(CancellationToken.None);
}
