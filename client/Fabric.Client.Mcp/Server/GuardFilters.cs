using Fabric.Client.Edges;
using Fabric.Client.Mcp.Http;
using Fabric.Client.Mcp.Mapping;
using Fabric.Client.Mcp.Messages;
using Fabric.Core.Common;
using Fabric.Core.Scopes;
using ModelContextProtocol;
using ModelContextProtocol.Protocol;
using ModelContextProtocol.Server;

namespace Fabric.Client.Mcp.Server;

/// <summary>
/// The guard inside of the MCP server, on parameters as the server has read them: what runs is what was decided, whatever the guard in front made of the bytes. Whoever did not come through that guard has no
/// token, but for a server over stdio.
/// </summary>
internal sealed class GuardFilters(FabricMcpOptions options, string? tenant, Edge edge, CallMapper mapper)
{
    /// <summary>Guards the calls of tools.</summary>
    public McpRequestHandler<CallToolRequestParams, CallToolResult> Tools(McpRequestHandler<CallToolRequestParams, CallToolResult> next) => async (context, cancellation) =>
    {
        var call = mapper.OfTool(context.Params.Name, Arguments(context.Params), ToolClass.Of((context.MatchedPrimitive as McpServerTool)?.ProtocolTool.Annotations));
        var outcome = await RunAsync(context, call, next, cancellation);
        return outcome.IsOk ? outcome.Value : Denials.ToolResult(outcome.Rejection.Code);
    };

    /// <summary>Guards reading resources.</summary>
    public McpRequestHandler<ReadResourceRequestParams, ReadResourceResult> Resources(McpRequestHandler<ReadResourceRequestParams, ReadResourceResult> next) => async (context, cancellation) =>
        OrThrow(await RunAsync(context, mapper.OfResource(context.Params.Uri), next, cancellation));

    /// <summary>Guards subscriptions to resources, by whether they may be read.</summary>
    public McpRequestHandler<SubscribeRequestParams, EmptyResult> Subscriptions(McpRequestHandler<SubscribeRequestParams, EmptyResult> next) => async (context, cancellation) =>
        OrThrow(await RunAsync(context, mapper.OfResource(context.Params.Uri), next, cancellation));

    /// <summary>Guards getting prompts.</summary>
    public McpRequestHandler<GetPromptRequestParams, GetPromptResult> Prompts(McpRequestHandler<GetPromptRequestParams, GetPromptResult> next) => async (context, cancellation) =>
        OrThrow(await RunAsync(context, mapper.OfPrompt(context.Params.Name) is { } call ? (Outcome<ToolCall>?)call : null, next, cancellation));

    /// <summary>Leaves out of a list the tools that the token names in no way.</summary>
    public McpRequestHandler<ListToolsRequestParams, ListToolsResult> Lists(McpRequestHandler<ListToolsRequestParams, ListToolsResult> next) => async (context, cancellation) =>
    {
        var result = await next(context, cancellation);
        if (!options.FiltersTools || FabricIdentity.RequestOf(context.User) is not { } request)
        {
            return result;
        }

        result.Tools = [.. result.Tools.Where(tool => ToolFilter.Names(request.Claims.Scopes, mapper.NamesOf(tool.Name)))];
        result.CacheScope = CacheScope.Private;
        return result;
    };

    private async ValueTask<Outcome<TResult>> RunAsync<TParams, TResult>(
        RequestContext<TParams> context, Outcome<ToolCall>? call, McpRequestHandler<TParams, TResult> next, CancellationToken cancellation)
    {
        if (call is { IsOk: false } unclear)
        {
            return unclear.Rejection;
        }

        using var handle = await BeginAsync(context, call?.Value, cancellation);
        if (handle is null)
        {
            return new Rejection(Codes.Unauthenticated, "token", "there is no token");
        }

        if (!handle.Decision.Allowed)
        {
            return new Rejection(handle.Decision.Code!, "call", "the call was denied");
        }

        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellation, handle.CancellationToken);
        var running = next(context, either.Token).AsTask();
        try
        {
            // INVARIANT R1: a tool that does not heed the cancellation goes on, and nobody gets to see what comes out of it.
            return await running.WaitAsync(either.Token);
        }
        catch (OperationCanceledException) when (handle.CancelledBy is not null && !cancellation.IsCancellationRequested)
        {
            _ = running.ContinueWith(static task => _ = task.Exception, CancellationToken.None, TaskContinuationOptions.OnlyOnFaulted, TaskScheduler.Default);
            return new Rejection(handle.CancelledBy!, "call", "the call's authority has ended");
        }
    }

    // Null: there is no token. Without a call a token that stands is enough.
    private async ValueTask<CallHandle?> BeginAsync(MessageContext context, ToolCall? call, CancellationToken cancellation)
    {
        if (FabricIdentity.RequestOf(context.User) is { } request)
        {
            return call is not { } made ? await edge.AdmitAsync(request.Token, request.Options, cancellation)
                : request.TryTake(made) ?? await edge.BeginAsync(request.Token, made, request.Options, cancellation);
        }

        // Over HTTP there is always a principal: the token of the process is never lent to a caller from elsewhere.
        if (context.User is not null || context.JsonRpcMessage.Context?.RelatedTransport is not null || options.StdioToken?.Invoke() is not { } token)
        {
            return null;
        }

        var checks = new CheckOptions(Audience: options.Resource);
        var admitted = await edge.AdmitAsync(token, checks, cancellation);
        if (call is not { } one || !admitted.Decision.Allowed)
        {
            return admitted;
        }

        admitted.Dispose();
        return options.WhyNotOurs(tenant, admitted.Decision.Claims!) is null ? await edge.BeginAsync(token, one, checks, cancellation) : null;
    }

    private static Dictionary<string, System.Text.Json.JsonElement> Arguments(CallToolRequestParams parameters) =>
        parameters.Arguments?.ToDictionary(pair => pair.Key, pair => pair.Value, StringComparer.Ordinal) ?? [];

    private static TResult OrThrow<TResult>(Outcome<TResult> outcome) =>
        outcome.IsOk ? outcome.Value : throw new McpProtocolException(Denials.TextOf(outcome.Rejection.Code), (McpErrorCode)Denials.ErrorCode);
}
