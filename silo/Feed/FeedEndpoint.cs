using Fabric.Contracts.Feed;
using Fabric.Core.Common;
using Fabric.Engine;
using Fabric.Engine.Feed;
using Fabric.Silo.Api;

namespace Fabric.Silo.Feed;

/// <summary>The enforcement feed over a WebSocket: GET /v1/feed with the subprotocol `fabric.feed.v1`. Renewals are its keep-alive.</summary>
public static class FeedEndpoint
{
    private static readonly TimeSpan StopPatience = TimeSpan.FromSeconds(5);

    private static readonly Rejection NotAWebSocket = new(
        Codes.BrokenRequest, "upgrade", $"the feed is a WebSocket with the subprotocol `{FeedLimits.Subprotocol}`");

    private static readonly Rejection OtherProtocol = new(
        Codes.FeedVersion, "sec-websocket-protocol", $"the feed speaks `{FeedLimits.Subprotocol}`");

    /// <summary>Maps the feed of an engine. When the host stops, leases are asked back first.</summary>
    public static IEndpointConventionBuilder Map(IEndpointRouteBuilder routes, FeedHub hub, Func<Caller, IEdgeService> service)
    {
        var log = routes.ServiceProvider.GetRequiredService<ILoggerFactory>().CreateLogger("Fabric.Silo.Feed");
        routes.ServiceProvider.GetRequiredService<IHostApplicationLifetime>().ApplicationStopping.Register(() => _ = hub.StopAsync(StopPatience));
        return routes.MapMethods(FeedLimits.Path, [HttpMethods.Get], context => ServeAsync(context, hub, service, log))
            .RequireRoles(Role.EnforcementPoint | Role.Operator)
            .WithMetadata(new LongLived())
            .Describe("Feed", "feed", "The enforcement feed: a WebSocket with the subprotocol `fabric.feed.v1`, binary frames.");
    }

    private static async Task ServeAsync(HttpContext context, FeedHub hub, Func<Caller, IEdgeService> service, ILogger log)
    {
        if (!context.WebSockets.IsWebSocketRequest)
        {
            JsonAnswer.Refuse(context, NotAWebSocket);
            return;
        }

        if (!context.WebSockets.WebSocketRequestedProtocols.Contains(FeedLimits.Subprotocol, StringComparer.Ordinal))
        {
            JsonAnswer.Refuse(context, OtherProtocol);
            return;
        }

        var caller = context.Caller();
        var accept = new WebSocketAcceptContext { SubProtocol = FeedLimits.Subprotocol, KeepAliveInterval = Timeout.InfiniteTimeSpan };
        using var socket = await context.WebSockets.AcceptWebSocketAsync(accept);
        log.EdgeConnected(caller.Name);
        var code = await hub.ServeAsync(new WebSocketTransport(socket), service(caller), caller, context.RequestAborted);
        log.EdgeLeft(caller.Name, code);
    }
}
