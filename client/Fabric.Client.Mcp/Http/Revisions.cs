using Fabric.Client.Mcp.Messages;
using Microsoft.AspNetCore.Http;

namespace Fabric.Client.Mcp.Http;

/// <summary>Which revisions of the protocol a request may be of: from 2026-07-28 on there are no sessions, and each request describes itself.</summary>
internal static class Revisions
{
    /// <summary>The header that names the revision.</summary>
    public const string Header = "MCP-Protocol-Version";

    private const string FirstWithoutSessions = "2026-07-28";

    /// <summary>Whether a request is of a revision without sessions, as its header or its message has it.</summary>
    public static bool IsWithoutSessions(IHeaderDictionary headers, McpMessage message) =>
        string.CompareOrdinal(headers[Header].ToString(), FirstWithoutSessions) >= 0 || message.NamesRevision;
}
