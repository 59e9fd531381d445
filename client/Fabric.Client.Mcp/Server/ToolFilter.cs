using Fabric.Core.Scopes;

namespace Fabric.Client.Mcp.Server;

/// <summary>Whether a scope names a tool at all, for lists: whatever the resource and the constraints.</summary>
internal static class ToolFilter
{
    /// <summary>Whether an entry's patterns match this tool and action.</summary>
    public static bool Names(ScopeSet scopes, (string Tool, string Action) names)
    {
        foreach (var entry in scopes.Entries)
        {
            if (Matches(entry.Tool, names.Tool) && Matches(entry.Action, names.Action))
            {
                return true;
            }
        }

        return false;
    }

    private static bool Matches(string pattern, string text) => Pattern.Parse(pattern) is { IsOk: true } parsed && parsed.Value.Matches(text);
}
