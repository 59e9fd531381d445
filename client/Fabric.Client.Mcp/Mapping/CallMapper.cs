using System.Text.Json;
using Fabric.Core.Common;
using Fabric.Core.Scopes;

namespace Fabric.Client.Mcp.Mapping;

/// <summary>What requests of MCP are as calls of Fabric.</summary>
internal sealed class CallMapper
{
    public const string CallTool = "tools/call";
    public const string ReadResource = "resources/read";
    public const string GetPrompt = "prompts/get";

    private static readonly McpToolRule NoRule = new();

    private readonly FabricMcpOptions _options;
    private readonly string _tool;
    private readonly ArgumentTemplate _template;
    private readonly Dictionary<string, (McpToolRule Rule, ArgumentTemplate Template)> _rules;

    /// <summary>A mapper of a server with this name. Throws <see cref="ArgumentException"/> for a template that is not well-formed.</summary>
    public CallMapper(FabricMcpOptions options, string serverName)
    {
        _options = options;
        _tool = options.Tool ?? serverName;
        _template = ArgumentTemplate.Parse(options.ResourceTemplate);
        _rules = options.Tools.ToDictionary(
            pair => pair.Key, pair => (pair.Value, pair.Value.Resource is { } resource ? ArgumentTemplate.Parse(resource) : _template), StringComparer.Ordinal);
    }

    /// <summary>The call of a tool with these arguments. `request.unclear`: an argument that names the resource is missing or not clear. <paramref name="annotated"/>: the class by its annotations.</summary>
    public Outcome<ToolCall> OfTool(string name, IReadOnlyDictionary<string, JsonElement> arguments, ActionClass annotated)
    {
        var (rule, template) = _rules.TryGetValue(name, out var known) ? known : (NoRule, _template);
        return template.Fill(arguments) is { } resource
            ? new ToolCall(rule.Tool ?? _tool, rule.Action ?? name, resource, rule.Class ?? annotated)
            : new Rejection(Codes.RequestUnclear, "arguments", "an argument that names the resource is missing or not clear");
    }

    /// <summary>The tool and action of calls of an MCP tool.</summary>
    public (string Tool, string Action) NamesOf(string name)
    {
        var rule = _rules.TryGetValue(name, out var known) ? known.Rule : NoRule;
        return (rule.Tool ?? _tool, rule.Action ?? name);
    }

    /// <summary>The call of reading a resource; null: none is asked.</summary>
    public Outcome<ToolCall>? OfResource(string uri) =>
        !_options.GuardsResources ? null
        : ClearText.IsUri(uri) ? new ToolCall(_tool, ReadResource, uri, ActionClass.Read)
        : new Rejection(Codes.RequestUnclear, "uri", "the URI is not clear");

    /// <summary>The call of getting a prompt; null: none is asked.</summary>
    public ToolCall? OfPrompt(string name) => _options.GuardsPrompts ? new ToolCall(_tool, GetPrompt, name, ActionClass.Read) : null;
}
