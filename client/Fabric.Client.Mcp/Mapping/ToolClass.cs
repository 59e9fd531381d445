using Fabric.Core.Scopes;
using ModelContextProtocol.Protocol;

namespace Fabric.Client.Mcp.Mapping;

/// <summary>How much harm a tool can do, by its annotations.</summary>
internal static class ToolClass
{
    /// <summary>
    /// `readOnlyHint` true: read; else `destructiveHint` false: write; else destructive, which is also what is not annotated or not known (MCP, tools: what is left out counts as destructive).
    /// </summary>
    public static ActionClass Of(ToolAnnotations? annotations) =>
        annotations?.ReadOnlyHint == true ? ActionClass.Read : annotations?.DestructiveHint == false ? ActionClass.Write : ActionClass.Destructive;
}
