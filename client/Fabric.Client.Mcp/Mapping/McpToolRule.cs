using Fabric.Core.Scopes;

namespace Fabric.Client.Mcp;

/// <summary>What a call of one MCP tool is for Fabric, where it is not what the options say of all tools.</summary>
/// <param name="Resource">
/// The resource, as a template over the call's arguments: `{name}` is one segment, `{*name}` several. Null: the options' template. An argument that is missing, is no text, whole number
/// or boolean, or could mean two things denies the call (`request.unclear`).
/// </param>
/// <param name="Class">How much harm the call can do; null: what the tool's annotations say.</param>
/// <param name="Action">The action; null: the MCP tool's name.</param>
/// <param name="Tool">Fabric's tool; null: the options' tool.</param>
public sealed record McpToolRule(string? Resource = null, ActionClass? Class = null, string? Action = null, string? Tool = null);
