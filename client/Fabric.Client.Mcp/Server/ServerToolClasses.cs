using Fabric.Client.Mcp.Http;
using Fabric.Client.Mcp.Mapping;
using Fabric.Core.Scopes;
using Microsoft.Extensions.Options;
using ModelContextProtocol.Server;

namespace Fabric.Client.Mcp.Server;

/// <summary>The classes of the tools that the server has in its collection.</summary>
internal sealed class ServerToolClasses(IOptions<McpServerOptions> server) : IToolClasses
{
    public ValueTask<ActionClass> ClassOfAsync(string name, CancellationToken cancellation) =>
        new(ToolClass.Of(server.Value.ToolCollection is { } tools && tools.TryGetPrimitive(name, out var tool) ? tool.ProtocolTool.Annotations : null));
}
