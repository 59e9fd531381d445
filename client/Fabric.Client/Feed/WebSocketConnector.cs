using System.Net;
using System.Net.WebSockets;
using Fabric.Contracts.Feed;
using Fabric.Core.Common;

namespace Fabric.Client.Feed;

/// <summary>Connects over WebSockets.</summary>
internal sealed class WebSocketConnector(string secret) : IFeedConnector
{
    /// <inheritdoc/>
    public async ValueTask<(IFrameTransport? Transport, string? Failure)> ConnectAsync(Uri address, CancellationToken cancellation)
    {
        var socket = new ClientWebSocket();
        socket.Options.AddSubProtocol(FeedLimits.Subprotocol);
        socket.Options.SetRequestHeader("Authorization", $"Bearer {secret}");
        socket.Options.CollectHttpResponseDetails = true;

        // Renewals are the keep-alive, and grants the answer to it.
        socket.Options.KeepAliveInterval = Timeout.InfiniteTimeSpan;
        try
        {
            await socket.ConnectAsync(FeedUri(address), cancellation);
            return (new OwnedTransport(socket), null);
        }
        catch (Exception error) when (error is WebSocketException or HttpRequestException or OperationCanceledException or IOException)
        {
            var failure = socket.HttpStatusCode switch
            {
                HttpStatusCode.Unauthorized => Codes.Unauthenticated,
                HttpStatusCode.Forbidden => Codes.Forbidden,
                _ => Codes.Unreachable,
            };
            socket.Dispose();
            return (null, failure);
        }
    }

    private static Uri FeedUri(Uri address) => new UriBuilder(address)
    {
        Scheme = address.Scheme is "https" or "wss" ? "wss" : "ws",
        Path = address.AbsolutePath.TrimEnd('/') + FeedLimits.Path,
    }.Uri;

    /// <summary>A transport that takes its socket along when it ends.</summary>
    private sealed class OwnedTransport(ClientWebSocket socket) : IFrameTransport
    {
        private readonly WebSocketTransport _frames = new(socket);

        public ValueTask<ReceivedFrame> ReceiveAsync(CancellationToken cancellation) => _frames.ReceiveAsync(cancellation);

        public ValueTask<bool> SendAsync(ReadOnlyMemory<byte> frame, CancellationToken cancellation) => _frames.SendAsync(frame, cancellation);

        public ValueTask CloseAsync(CancellationToken cancellation) => _frames.CloseAsync(cancellation);

        public void Abort()
        {
            socket.Abort();
            socket.Dispose();
        }
    }
}
