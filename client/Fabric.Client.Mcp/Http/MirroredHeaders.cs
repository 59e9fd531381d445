using System.Text;
using Fabric.Client.Mcp.Mapping;
using Fabric.Client.Mcp.Messages;
using Microsoft.AspNetCore.Http;

namespace Fabric.Client.Mcp.Http;

/// <summary>
/// The headers that mirror a message (MCP 2026-07-28, streamable HTTP, request metadata): where one is there, it says what the body says, so that nobody behind can go by a header that the guard did not go by.
/// That they are there is for the server to ask: for the gateway, where the server behind has no headers.
/// </summary>
internal static class MirroredHeaders
{
    /// <summary>The error of a header that says something else (`HeaderMismatch`).</summary>
    public const int Mismatch = -32020;

    private const string MethodHeader = "Mcp-Method";
    private const string NameHeader = "Mcp-Name";
    private const string TaskMethods = "tasks/";
    private const string Prefix = "=?base64?";
    private const string Suffix = "?=";

    /// <summary>Whether `Mcp-Method`, `Mcp-Name` and `MCP-Protocol-Version` say what the message says, each at most once. A message up to 2025-11-25 does not say its revision.</summary>
    public static bool Match(IHeaderDictionary headers, McpMessage message) =>
        Matches(headers, MethodHeader, message.Method) && Matches(headers, NameHeader, NameOf(message))
        && headers[Revisions.Header] is var revision && (revision.Count == 0 || (revision.Count == 1 && (!message.NamesRevision || revision[0] == message.Revision)));

    /// <summary>Whether the headers are there that a request of 2026-07-28 has to have.</summary>
    public static bool AreThere(IHeaderDictionary headers, McpMessage message) =>
        headers[Revisions.Header].Count == 1 && headers[MethodHeader].Count == 1 && (headers[NameHeader].Count == 1 || !HasName(message.Method));

    private static bool HasName(string? method) => method is CallMapper.CallTool or CallMapper.ReadResource or CallMapper.GetPrompt;

    private static string? NameOf(McpMessage message) =>
        message.Method?.StartsWith(TaskMethods, StringComparison.Ordinal) == true ? message.Text("taskId") : message.Text("name") ?? message.Text("uri");

    private static bool Matches(IHeaderDictionary headers, string name, string? stated) => headers[name] switch
    {
        { Count: 0 } => true,
        { Count: 1 } one => stated is not null && Decode(one[0] ?? "") == stated,
        _ => false,
    };

    private static string? Decode(string value)
    {
        if (!value.StartsWith(Prefix, StringComparison.Ordinal) || !value.EndsWith(Suffix, StringComparison.Ordinal) || value.Length < Prefix.Length + Suffix.Length)
        {
            return value;
        }

        var bytes = new byte[value.Length];
        return Convert.TryFromBase64String(value[Prefix.Length..^Suffix.Length], bytes, out var length) ? Encoding.UTF8.GetString(bytes, 0, length) : null;
    }
}
