using Fabric.Client.Edges;
using Fabric.Client.Feed;
using Fabric.Core.Checks;
using Fabric.Core.Scopes;

namespace Fabric.LoadTests.Processes;

/// <summary>An edge over the feed of a host.</summary>
internal sealed partial class RemoteEdge : ICheckingEdge
{
    private readonly FeedConnection _feed;
    private readonly Edge _edge;
    private readonly AppliedMarks _applied;

    private readonly IAsyncDisposable? _link;

    private RemoteEdge(FeedConnection feed, Edge edge, AppliedMarks applied, IAsyncDisposable? link) => (_feed, _edge, _applied, _link) = (feed, edge, applied, link);

    /// <inheritdoc/>
    public EdgeState State => new(_edge.IsReady, _edge.Revision, _feed.View.Index.Count, _feed.View.Index.Bytes, 0, 0);

    /// <summary>
    /// Begins to follow a host, or (`orleans://GATEWAY:PORT`, in the build with the cluster engine) a cluster through its Orleans client; ready once there is a lease.
    /// </summary>
    public static ICheckingEdge Start(string name, Uri fabric, string secret)
    {
        var clock = new EdgeClock(TimeProvider.System);
        var options = new FabricEdgeOptions { Name = name, Timeout = TimeSpan.FromSeconds(10) };
        FeedConnection? feed = null;
        IAsyncDisposable? link = null;
        ConnectCluster(fabric, secret, options, clock, ref feed, ref link);
        feed ??= new FeedConnection(new FeedConnectionOptions { Addresses = [fabric], Secret = secret }, options, clock);
        var applied = new AppliedMarks(feed);
        var edge = new Edge(applied, options, clock);
        edge.Start();
        return new RemoteEdge(feed, edge, applied, link);
    }

    static partial void ConnectCluster(
        Uri fabric, string secret, FabricEdgeOptions options, EdgeClock clock, ref FeedConnection? feed, ref IAsyncDisposable? link);

    /// <inheritdoc/>
    public IReadOnlyList<AppliedMark> TakeApplied() => _applied.Take();

    /// <inheritdoc/>
    public Decision Check(string token, in ToolCall call) => _edge.Check(token, call);

    /// <inheritdoc/>
    public Decision Check(ReadOnlySpan<byte> utf8Token, in ToolCall call) => _edge.Check(utf8Token, call);

    /// <inheritdoc/>
    public ValueTask<Decision> CheckAsync(string token, ToolCall call) => _edge.CheckAsync(token, call);

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await _edge.DisposeAsync();
        if (_link is not null)
        {
            await _link.DisposeAsync();
        }
    }
}
