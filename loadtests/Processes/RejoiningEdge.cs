using Fabric.Core.Checks;
using Fabric.Core.Scopes;

namespace Fabric.LoadTests.Processes;

/// <summary>An edge that can hand its lease back and follow again later, in a process that goes on. In between it denies, as any edge that has stopped.</summary>
internal sealed class RejoiningEdge(Func<ICheckingEdge> start) : ICheckingEdge
{
    private readonly SemaphoreSlim _turn = new(1);
    private volatile ICheckingEdge _edge = start();
    private bool _isAway;

    /// <inheritdoc/>
    public EdgeState State => _edge.State;

    /// <summary>Hands the lease back. Once it is away, nothing happens.</summary>
    public async Task LeaveAsync()
    {
        await _turn.WaitAsync();
        try
        {
            if (!_isAway)
            {
                _isAway = true;
                await _edge.DisposeAsync();
            }
        }
        finally
        {
            _turn.Release();
        }
    }

    /// <summary>Begins to follow again; <see cref="EdgeState.IsReady"/> says when there is a lease. Unless it is away, nothing happens.</summary>
    public async Task JoinAsync()
    {
        await _turn.WaitAsync();
        try
        {
            if (_isAway)
            {
                (_edge, _isAway) = (start(), false);
            }
        }
        finally
        {
            _turn.Release();
        }
    }

    /// <inheritdoc/>
    public IReadOnlyList<AppliedMark> TakeApplied() => _edge.TakeApplied();

    /// <inheritdoc/>
    public Decision Check(string token, in ToolCall call) => _edge.Check(token, call);

    /// <inheritdoc/>
    public Decision Check(ReadOnlySpan<byte> utf8Token, in ToolCall call) => _edge.Check(utf8Token, call);

    /// <inheritdoc/>
    public ValueTask<Decision> CheckAsync(string token, ToolCall call) => _edge.CheckAsync(token, call);

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await LeaveAsync();
        _turn.Dispose();
    }
}
