using System.Text.Json;
using Fabric.Client.AspNetCore;
using Fabric.Client.Mcp.Mapping;
using Fabric.Client.Mcp.Messages;
using Fabric.Core.Common;
using Fabric.Core.Scopes;
using Microsoft.AspNetCore.Http;

namespace Fabric.Client.Mcp.Http;

/// <summary>
/// What a denied request is answered. What a client can cure by another token is a challenge (401, or 403 with the scope that is needed; MCP, authorization); any other denial of a tool call is the
/// tool's result, since it is the model that has to read it.
/// </summary>
internal sealed class McpAnswers(ResourceMetadata metadata)
{
    // JSON-RPC: the method is not there.
    private const int MethodNotFound = -32601;

    /// <summary>No token, two of them, or no place for one: the challenge names no error.</summary>
    public Task WriteNoTokenAsync(HttpContext context)
    {
        context.Response.Headers.WWWAuthenticate = TokenChallenge.ForNoToken(("resource_metadata", metadata.Url));
        return WriteAsync(context, StatusCodes.Status401Unauthorized, Denials.ErrorResponse(null, Denials.ErrorCode, Denials.TextOf(Codes.Unauthenticated), Codes.Unauthenticated));
    }

    /// <summary>A denial with this code; <paramref name="needed"/>: the calls that the message makes.</summary>
    public Task WriteDeniedAsync(HttpContext context, McpMessage? message, string code, bool isDpop, IReadOnlyList<ToolCall> needed)
    {
        if (code == Codes.RequestNoRule && message is { IsRequest: true } && Revisions.IsWithoutSessions(context.Request.Headers, message))
        {
            // MCP 2026-07-28, streamable HTTP: so is a method answered that is not implemented. Before, 404 is the end of a session.
            return WriteAsync(context, StatusCodes.Status404NotFound, Denials.ErrorResponse(message.Id, MethodNotFound, Denials.TextOf(code), code));
        }

        var status = TokenChallenge.StatusOf(code);
        var isChallenge = status == StatusCodes.Status401Unauthorized || code == Codes.ScopeDenied;
        if (!isChallenge && message is { Method: CallMapper.CallTool, IsRequest: true })
        {
            return WriteAsync(context, StatusCodes.Status200OK, Denials.ToolResponse(message.Id, code));
        }

        if (isChallenge)
        {
            var scope = code == Codes.ScopeDenied ? StepUp.ScopeOf(needed) : null;
            context.Response.Headers.WWWAuthenticate = TokenChallenge.For(code, isDpop, ("scope", scope), ("resource_metadata", metadata.Url));
        }

        return WriteAsync(context, status, Denials.ErrorResponse(IdOf(message), Denials.ErrorCode, Denials.TextOf(code), code));
    }

    /// <summary>A request that is not of MCP, or that cannot be served; <paramref name="request"/>: its message, where it could be read.</summary>
    public static Task WriteRefusedAsync(HttpContext context, int status, int errorCode, string text, McpMessage? request = null) =>
        WriteAsync(context, status, Denials.ErrorResponse(IdOf(request), errorCode, text));

    /// <summary>An answer in JSON.</summary>
    public static async Task WriteAsync(HttpContext context, int status, ReadOnlyMemory<byte> json)
    {
        if (context.Response.HasStarted)
        {
            context.Abort();
            return;
        }

        context.Response.StatusCode = status;
        context.Response.ContentType = "application/json";
        context.Response.Headers.CacheControl = "no-store";
        await context.Response.Body.WriteAsync(json, context.RequestAborted);
    }

    private static JsonElement? IdOf(McpMessage? message) => message is { IsRequest: true } ? message.Id : null;
}
