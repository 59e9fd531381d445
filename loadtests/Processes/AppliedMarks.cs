using Fabric.Client.Edges;
using Fabric.Core.Checks;
using Fabric.LoadTests.Measure;

namespace Fabric.LoadTests.Processes;

/// <summary>Notes when an edge has applied which revision: what the feed says passes through it on its way to the edge. One call at a time writes, any thread reads.</summary>
internal sealed class AppliedMarks(IEdgeSource source) : IEdgeSource
{
    /// <summary>Marks that are kept; older ones are forgotten.</summary>
    public const int Max = 4_096;

    private readonly Lock _gate = new();
    private readonly Queue<AppliedMark> _marks = new();

    /// <inheritdoc/>
    public ICheckView View => source.View;

    /// <inheritdoc/>
    public IEdgeUplink Uplink => source.Uplink;

    /// <summary>Those since this was last asked, oldest first.</summary>
    public IReadOnlyList<AppliedMark> Take()
    {
        lock (_gate)
        {
            AppliedMark[] taken = [.. _marks];
            _marks.Clear();
            return taken;
        }
    }

    /// <inheritdoc/>
    public void Start(Func<ulong, int> applied) => source.Start(revision =>
    {
        var cancelled = applied(revision);
        lock (_gate)
        {
            _marks.Enqueue(new AppliedMark(revision, Clock.NowNs));
            if (_marks.Count > Max)
            {
                _ = _marks.Dequeue();
            }
        }

        return cancelled;
    });

    /// <inheritdoc/>
    public Task StopAsync(CancellationToken cancellation) => source.StopAsync(cancellation);

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => source.DisposeAsync();
}
