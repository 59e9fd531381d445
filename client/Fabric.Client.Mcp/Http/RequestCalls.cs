using System.Collections.Frozen;
using System.Text.Json;
using Fabric.Client.Mcp.Mapping;
using Fabric.Client.Mcp.Messages;
using Fabric.Core.Common;
using Fabric.Core.Scopes;

namespace Fabric.Client.Mcp.Http;

/// <summary>The calls that a message makes: none for most, one for a tool, a resource or a prompt, several for a subscription.</summary>
internal sealed class RequestCalls(CallMapper mapper, IToolClasses classes)
{
    /// <summary>The most resources that one subscription names (B1).</summary>
    public const int SubscriptionsMax = 64;

    // What any live token may ask for: it runs nothing.
    private static readonly FrozenSet<string> WithoutCalls = FrozenSet.ToFrozenSet(
        ["initialize", "ping", "server/discover", "tools/list", "resources/list", "resources/templates/list", "resources/unsubscribe", "prompts/list", "completion/complete", "logging/setLevel",
         "tasks/get", "tasks/list", "tasks/cancel", "tasks/result", "tasks/update"], StringComparer.Ordinal);

    // A method that this guard does not know may do anything: no token's scope covers it.
    private static readonly Rejection NoMethod = new(Codes.RequestNoRule, "method", "the guard knows no such method");

    private static readonly Rejection Unclear = new(Codes.RequestUnclear, "params", "the request does not clearly name what it is about");

    /// <summary>The calls; `request.unclear` when they cannot be told, and `request.too_large` past the bound.</summary>
    public async ValueTask<Outcome<IReadOnlyList<ToolCall>>> OfAsync(McpMessage message, CancellationToken cancellation) => message.Method switch
    {
        // Messages that name their revision are of one that has `subscriptions/listen` instead.
        "resources/subscribe" when message.NamesRevision => NoMethod,
        CallMapper.CallTool => await OfToolAsync(message, cancellation),
        CallMapper.ReadResource or "resources/subscribe" => message.Text("uri") is { } uri ? Listed(mapper.OfResource(uri)) : Unclear,
        CallMapper.GetPrompt => message.Text("name") is { } prompt ? mapper.OfPrompt(prompt) is { } call ? new ToolCall[] { call } : Array.Empty<ToolCall>() : Unclear,
        "subscriptions/listen" => OfSubscription(message),
        null => Array.Empty<ToolCall>(),
        { } method when WithoutCalls.Contains(method) || method.StartsWith("notifications/", StringComparison.Ordinal) => Array.Empty<ToolCall>(),
        _ => NoMethod,
    };

    private async ValueTask<Outcome<IReadOnlyList<ToolCall>>> OfToolAsync(McpMessage message, CancellationToken cancellation) =>
        message.IsRequest && message.Text("name") is { Length: > 0 and <= 1024 } name && message.Arguments() is { } arguments
            ? Listed(mapper.OfTool(name, arguments, await classes.ClassOfAsync(name, cancellation)))
            : Unclear;

    private Outcome<IReadOnlyList<ToolCall>> OfSubscription(McpMessage message)
    {
        var calls = new List<ToolCall>();
        if (message.Params is not { } parameters || !parameters.TryGetProperty("notifications", out var wanted) || wanted.ValueKind != JsonValueKind.Object)
        {
            return calls;
        }

        foreach (var member in wanted.EnumerateObject())
        {
            if (member.Name.AsSpan().ContainsAnyExceptInRange('!', '~'))
            {
                return Unclear;
            }

            if (!string.Equals(member.Name, "resourceSubscriptions", StringComparison.OrdinalIgnoreCase) || member.Value.ValueKind == JsonValueKind.Null)
            {
                continue;
            }

            if (member.Value.ValueKind != JsonValueKind.Array || member.Value.GetArrayLength() > SubscriptionsMax)
            {
                return new Rejection(Codes.TooLarge, "resourceSubscriptions", $"one subscription names at most {SubscriptionsMax} resources");
            }

            foreach (var item in member.Value.EnumerateArray())
            {
                if (ClearText.Of(item) is not { } uri)
                {
                    return Unclear;
                }

                if (mapper.OfResource(uri) is not { } made)
                {
                    continue;
                }

                if (!made.IsOk)
                {
                    return made.Rejection;
                }

                calls.Add(made.Value);
            }
        }

        return calls;
    }

    private static Outcome<IReadOnlyList<ToolCall>> Listed(Outcome<ToolCall>? call) =>
        call is null ? Array.Empty<ToolCall>() : call.Value.IsOk ? new ToolCall[] { call.Value.Value } : call.Value.Rejection;
}
