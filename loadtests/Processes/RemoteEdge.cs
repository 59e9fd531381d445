using Fabric.Client.Edges;
using Fabric.Client.Feed;
using Fabric.Core.Checks;
using Fabric.Core.Scopes;

namespace Fabric.LoadTests.Processes;

/// <summary>An edge over the feed of a host.</summary>
internal sealed class RemoteEdge : ICheckingEdge
{
    private readonly FeedConnection _feed;
    private readonly Edge _edge;

    private RemoteEdge(FeedConnection feed, Edge edge) => (_feed, _edge) = (feed, edge);

    /// <inheritdoc/>
    public EdgeState State => new(_edge.IsReady, _edge.Revision, _feed.View.Index.Count, _feed.View.Index.Bytes, 0, 0);

    /// <summary>Begins to follow a host; ready once there is a lease.</summary>
    public static ICheckingEdge Start(string name, Uri fabric, string secret)
    {
        var clock = new EdgeClock(TimeProvider.System);
        var options = new FabricEdgeOptions { Name = name, Timeout = TimeSpan.FromSeconds(10) };
        var feed = new FeedConnection(new FeedConnectionOptions { Addresses = [fabric], Secret = secret }, options, clock);
        var edge = new Edge(feed, options, clock);
        edge.Start();
        return new RemoteEdge(feed, edge);
    }

    /// <inheritdoc/>
    public Decision Check(string token, in ToolCall call) => _edge.Check(token, call);

    /// <inheritdoc/>
    public Decision Check(ReadOnlySpan<byte> utf8Token, in ToolCall call) => _edge.Check(utf8Token, call);

    /// <inheritdoc/>
    public ValueTask<Decision> CheckAsync(string token, ToolCall call) => _edge.CheckAsync(token, call);

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => _edge.DisposeAsync();
}
