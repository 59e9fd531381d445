using System.Text.Json;
using System.Text.Json.Nodes;
using Fabric.Core.Common;
using ModelContextProtocol.Protocol;

namespace Fabric.Client.Mcp.Messages;

/// <summary>
/// Denials as MCP says them. A model is told the stable code and what it can do about it; nothing of what exists beside the call, of other callers, or of other tenants.
/// </summary>
internal static class Denials
{
    /// <summary>The key in `_meta` under which the code stands.</summary>
    public const string MetaKey = "fabric/code";

    /// <summary>The code of a JSON-RPC error for a denial: from the range that implementations define.</summary>
    public const int ErrorCode = -32010;

    /// <summary>What a denied caller reads.</summary>
    public static string TextOf(string code) => $"Denied by the authorization layer ({code}): {AdviceOf(code)}";

    /// <summary>A denial as a tool's result (`isError`).</summary>
    public static CallToolResult ToolResult(string code) => new()
    {
        IsError = true,
        Content = [new TextContentBlock { Text = TextOf(code) }],
        Meta = new JsonObject { [MetaKey] = code },
    };

    /// <summary>The same as JSON-RPC, for a client of any revision.</summary>
    public static byte[] ToolResponse(JsonElement? id, string code) => Write(id, writer =>
    {
        writer.WriteStartObject("result"u8);
        writer.WriteString("resultType"u8, "complete"u8);
        writer.WriteStartArray("content"u8);
        writer.WriteStartObject();
        writer.WriteString("type"u8, "text"u8);
        writer.WriteString("text"u8, TextOf(code));
        writer.WriteEndObject();
        writer.WriteEndArray();
        writer.WriteBoolean("isError"u8, true);
        writer.WriteStartObject("_meta"u8);
        writer.WriteString(MetaKey, code);
        writer.WriteEndObject();
        writer.WriteEndObject();
    });

    /// <summary>A JSON-RPC error.</summary>
    public static byte[] ErrorResponse(JsonElement? id, int errorCode, string message, string? code = null) => Write(id, writer =>
    {
        writer.WriteStartObject("error"u8);
        writer.WriteNumber("code"u8, errorCode);
        writer.WriteString("message"u8, message);
        if (code is not null)
        {
            writer.WriteStartObject("data"u8);
            writer.WriteString("code"u8, code);
            writer.WriteEndObject();
        }

        writer.WriteEndObject();
    });

    private static byte[] Write(JsonElement? id, Action<Utf8JsonWriter> rest)
    {
        using var stream = new MemoryStream();
        using (var writer = new Utf8JsonWriter(stream))
        {
            writer.WriteStartObject();
            writer.WriteString("jsonrpc"u8, "2.0"u8);
            if (id is { } value)
            {
                writer.WritePropertyName("id"u8);
                value.WriteTo(writer);
            }
            else
            {
                writer.WriteNull("id"u8);
            }

            rest(writer);
            writer.WriteEndObject();
        }

        return stream.ToArray();
    }

    private static string AdviceOf(string code) => code switch
    {
        Codes.ScopeDenied => "the token's scope does not cover this call. Ask for a token that does, or do without.",
        Codes.RequestUnclear => "the arguments do not clearly name one resource. Use a plain name or relative path, without `..`, empty parts or encoded characters.",
        Codes.TooLarge => "the arguments that name the resource are too long.",
        Codes.RateExceeded => "the rate that was granted is used up for now. Try again later.",
        Codes.QuotaExhausted => "the number of calls that was granted is used up. Do not try again.",
        Codes.ReadOnly => "the token is for reading only.",
        Codes.WrongEnvironment or Codes.NotAfter => "the token's constraints do not admit this call here and now.",
        Codes.Unauthenticated => "there is no token.",
        Codes.LimitReached or Codes.CheckStale or Codes.CheckNotReady or Codes.CheckUnavailable or Codes.CheckBehindRevision or Codes.Stopping or Codes.AuditSpoolFull
            => "whether the call may be made cannot be told now. Try again later.",
        _ when code.EndsWith(".revoked", StringComparison.Ordinal) => "the authority of this task was taken back. Stop, and do not try again.",
        _ when code.EndsWith(".locked", StringComparison.Ordinal) => "the authority of this task is suspended. Stop until a person says otherwise.",
        _ when code.StartsWith("token.", StringComparison.Ordinal) => "the token is not valid here. Get a new one.",
        _ => "the call may not be made.",
    };
}
