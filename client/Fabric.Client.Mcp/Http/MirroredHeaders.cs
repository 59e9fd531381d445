using System.Text;
using Fabric.Client.Mcp.Messages;
using Microsoft.AspNetCore.Http;

namespace Fabric.Client.Mcp.Http;

/// <summary>
/// The headers that mirror a message (MCP 2026-07-28, streamable HTTP, request metadata): where one is there, it says what the body says, so that nobody behind can go by a header that the guard did not go by.
/// That they are there is for the server to ask.
/// </summary>
internal static class MirroredHeaders
{
    /// <summary>The error of a header that says something else (`HeaderMismatch`).</summary>
    public const int Mismatch = -32020;

    private const string Prefix = "=?base64?";
    private const string Suffix = "?=";

    /// <summary>Whether `Mcp-Method` and `Mcp-Name` say what the message says, each at most once.</summary>
    public static bool Match(IHeaderDictionary headers, McpMessage message) =>
        Matches(headers, "Mcp-Method", message.Method) && Matches(headers, "Mcp-Name", message.Text("name") ?? message.Text("uri"));

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
