using Fabric.Client.Mcp.Http;
using ModelContextProtocol.Client;

namespace Fabric.Gateway.Upstreams;

/// <summary>The MCP server behind the gateway. The token of a caller never reaches it (MCP, authorization, security considerations: token passthrough is forbidden).</summary>
internal interface IUpstream : IAsyncDisposable
{
    /// <summary>Answers a request that the guard let through.</summary>
    Task ForwardAsync(HttpContext context, GuardedRequest request);

    /// <summary>A way to the server of the gateway's own, to learn its tools.</summary>
    IClientTransport MakeTransport();
}
