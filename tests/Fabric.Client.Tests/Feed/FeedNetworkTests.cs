using System.Net;
using System.Net.WebSockets;
using Fabric.Client.Edges;
using Fabric.Contracts.Feed;
using Fabric.Core.Checks;
using Fabric.Core.Common;
using Fabric.Testing;

namespace Fabric.Client.Tests.Feed;

/// <summary>The feed over real sockets, with a proxy that breaks them.</summary>
public sealed class FeedNetworkTests
{
    private static readonly TimeSpan Long = TimeSpan.FromSeconds(30);

    [Fact]
    public async Task Edges_follow_over_sockets_and_receipts_are_confirmed()
    {
        await using var host = await FeedHost.StartAsync();
        host.Revoke(30_000);
        await using var a = FeedHost.Connect(Named("a"), host.Address);
        await using var b = FeedHost.Connect(Named("b"), host.Address);
        await a.WhenLeasedAsync();
        await b.WhenLeasedAsync();
        for (var i = 0; i < 20; i++)
        {
            var receipt = await host.Hub.WaitAsync(host.Revoke(i % 2 == 0 ? 1 : 20_000), Long);
            Assert.Equal("confirmed", receipt.State);
            Assert.Equal(["edges/a", "edges/b"], receipt.Acknowledged.Order());
        }

        Assert.Equal(host.Index.Count, a.View.Index.Count);
        Assert.Equal(host.Index.Count, b.View.Index.Count);
        Assert.True((await a.CheckAsync("t", new("tool", "action", ""), null, null, 0, null, default)).Value.Allowed);
    }

    [Fact]
    [Trait("Invariant", "R1")]
    public async Task With_the_network_frozen_a_revocation_is_confirmed_only_once_the_edge_cannot_allow_any_more()
    {
        await using var host = await FeedHost.StartAsync();
        await using var proxy = new TcpProxy(host.Address.Port);
        var clock = new EdgeClock(TimeProvider.System);
        var options = new FabricEdgeOptions
        {
            Name = "frozen", ReadBound = TimeSpan.FromMilliseconds(600), WriteBound = TimeSpan.FromMilliseconds(200),
        };
        await using var edge = FeedHost.Connect(options, AddressOf(proxy));
        await edge.WhenLeasedAsync();
        proxy.Freeze();
        var revision = host.Revoke();
        var receipt = await host.Hub.WaitAsync(revision, Long);
        var stalenessMs = clock.Read().MonotonicMs - edge.View.LeaseMomentMs;

        Assert.Equal("confirmed", receipt.State);
        Assert.Equal(["edges/frozen"], receipt.RanOut);
        Assert.True(stalenessMs > options.ReadBound.TotalMilliseconds, $"confirmed while the lease was {stalenessMs} ms old");
        Assert.Equal(0, edge.View.Index.Count);

        proxy.Thaw();
        await edge.WhenAppliedAsync(revision);
        Assert.Equal(1, edge.View.Index.Count);
    }

    [Fact]
    [Trait("Invariant", "R2")]
    public async Task Frozen_in_one_direction_alone_no_lease_is_renewed()
    {
        await using var host = await FeedHost.StartAsync();
        await using var proxy = new TcpProxy(host.Address.Port);
        await using var edge = FeedHost.Connect(Named("e"), AddressOf(proxy));
        await edge.WhenLeasedAsync();

        // Records do not arrive while renewals do: the fabric grants nothing over a revocation that is not acknowledged.
        proxy.Freeze(toServer: false, toClient: true);
        var frozenMs = new EdgeClock(TimeProvider.System).SentMs;
        var revision = host.Revoke();
        var receipt = await host.Hub.WaitAsync(revision, TimeSpan.FromMilliseconds(700));
        Assert.Equal("partial", receipt.State);
        Assert.True(edge.View.LeaseMomentMs <= frozenMs);
        proxy.Thaw();
        Assert.Equal("confirmed", (await host.Hub.WaitAsync(revision, Long)).State);
    }

    [Fact]
    public async Task A_half_open_connection_is_left_for_another_address()
    {
        await using var host = await FeedHost.StartAsync();
        await using var first = new TcpProxy(host.Address.Port);
        await using var second = new TcpProxy(host.Address.Port);
        await using var edge = FeedHost.Connect(Named("e"), AddressOf(first), AddressOf(second));
        await edge.WhenLeasedAsync();
        first.Freeze();
        var revision = host.Revoke();
        await edge.WhenAppliedAsync(revision);

        Assert.True(second.Accepted > 0);
        Assert.True(edge.View.IsReady);
    }

    [Fact]
    [Trait("Invariant", "R3")]
    public async Task When_an_address_is_cut_and_refuses_the_edge_resumes_over_another()
    {
        await using var host = await FeedHost.StartAsync();
        await using var first = new TcpProxy(host.Address.Port);
        await using var second = new TcpProxy(host.Address.Port);
        await using var edge = FeedHost.Connect(Named("e"), AddressOf(first), AddressOf(second));
        host.Revoke(100);
        await edge.WhenLeasedAsync();
        var index = edge.View.Index;
        first.Refuse();
        first.Cut();
        var revision = host.Revoke(100);
        Assert.Equal("confirmed", (await host.Hub.WaitAsync(revision, Long)).State);
        await edge.WhenAppliedAsync(revision);

        Assert.Same(index, edge.View.Index);
        Assert.Equal(200, index.Count);
    }

    [Fact]
    public async Task A_host_that_stops_has_its_leases_back_before_it_ends()
    {
        var host = await FeedHost.StartAsync();
        await using var edge = FeedHost.Connect(Named("e"), host.Address);
        await edge.WhenLeasedAsync();
        await host.StopAsync();

        Assert.Equal(ICheckView.NoLease, edge.View.LeaseMomentMs);
        Assert.True(await host.Hub.StopAsync(TimeSpan.Zero));
        await host.DisposeAsync();
    }

    [Fact]
    public async Task The_endpoint_wants_a_web_socket_with_its_subprotocol()
    {
        await using var host = await FeedHost.StartAsync();
        using var http = new HttpClient();
        var plain = await http.GetAsync(new Uri(host.Address, FeedLimits.Path));
        Assert.Equal(HttpStatusCode.BadRequest, plain.StatusCode);

        using var other = new ClientWebSocket();
        other.Options.CollectHttpResponseDetails = true;
        await Assert.ThrowsAsync<WebSocketException>(() => other.ConnectAsync(WsOf(host), default));
        Assert.Equal(HttpStatusCode.BadRequest, other.HttpStatusCode);
    }

    [Theory]
    [InlineData("text", Codes.MalformedRequest)]
    [InlineData("large", Codes.TooLarge)]
    [InlineData("random", Codes.MalformedRequest)]
    public async Task A_frame_that_no_edge_sends_is_answered_with_a_reason_and_a_close(string kind, string code)
    {
        await using var host = await FeedHost.StartAsync();
        using var socket = new ClientWebSocket();
        socket.Options.AddSubProtocol(FeedLimits.Subprotocol);
        await socket.ConnectAsync(WsOf(host), default);
        var bytes = kind == "large" ? new byte[FeedLimits.FrameBytesMax + 1] : [0x55, 2, 3];
        await socket.SendAsync(bytes, kind == "text" ? WebSocketMessageType.Text : WebSocketMessageType.Binary, true, default);

        var transport = new WebSocketTransport(socket);
        var closing = await transport.ReceiveAsync(default);
        Assert.Equal((FrameType.Closing, code), (closing.Type, ClosingFrame.TryRead(closing.Payload.Span)?.Code));
        Assert.Equal(ReceivedKind.Closed, (await transport.ReceiveAsync(default)).Kind);
    }

    private static FabricEdgeOptions Named(string name) => new() { Name = name };

    private static Uri AddressOf(TcpProxy proxy) => new($"http://127.0.0.1:{proxy.Port}");

    private static Uri WsOf(FeedHost host) => new UriBuilder(host.Address) { Scheme = "ws", Path = FeedLimits.Path }.Uri;
}
