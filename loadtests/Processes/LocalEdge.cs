using Fabric.Client.Edges;
using Fabric.Client.Embedded;
using Fabric.Core.Checks;
using Fabric.Core.Scopes;
using Fabric.Embedded;

namespace Fabric.LoadTests.Processes;

/// <summary>An edge in the engine's process.</summary>
internal sealed class LocalEdge : ICheckingEdge
{
    private readonly EmbeddedEngine _engine;
    private readonly Edge _edge;

    /// <summary>Starts an edge over an engine, for one tenant and audience, which remembers so many tokens.</summary>
    public LocalEdge(EmbeddedEngine engine, string tenant, int tokensMax)
    {
        _engine = engine;
        var clock = new EdgeClock(TimeProvider.System);
        var options = new FabricEdgeOptions
        {
            Name = "in-process", Tenant = tenant, Audience = engine.Options.DefaultAudience, TokensMax = tokensMax, TokenBytesMax = 4L << 30,
            UsageLinesMax = Math.Max(UsageWindow.DefaultLinesMax, 4 * tokensMax),
        };
        _edge = new Edge(new InProcessSource(engine, options.Name, clock), options, clock);
        _edge.Start();
    }

    /// <inheritdoc/>
    public EdgeState State => new(_edge.IsReady, _edge.Revision, _engine.Index.Count, _engine.Index.Bytes, 0, 0);

    /// <inheritdoc/>
    public Decision Check(string token, in ToolCall call) => _edge.Check(token, call);

    /// <inheritdoc/>
    public Decision Check(ReadOnlySpan<byte> utf8Token, in ToolCall call) => _edge.Check(utf8Token, call);

    /// <inheritdoc/>
    public ValueTask<Decision> CheckAsync(string token, ToolCall call) => _edge.CheckAsync(token, call);

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => _edge.DisposeAsync();
}
