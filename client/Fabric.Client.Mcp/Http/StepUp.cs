using System.Buffers;
using Fabric.Core.Scopes;

namespace Fabric.Client.Mcp.Http;

/// <summary>The scope that a call needs, as a challenge names it (RFC 6750 section 3): `TOOL:ACTION:RESOURCE`, as the token endpoint takes it.</summary>
internal static class StepUp
{
    // RFC 6749 section 3.3 without the colon, and without the wildcard of a scope: a resource with a `*` in its name would read as more than it is.
    private static readonly SearchValues<char> Plain =
        SearchValues.Create("!#$%&'()+,-./0123456789;<=>?@ABCDEFGHIJKLMNOPQRSTUVWXYZ[]^_`abcdefghijklmnopqrstuvwxyz{|}~");

    /// <summary>The scopes of calls; null when one of them cannot be said in a challenge.</summary>
    public static string? ScopeOf(IEnumerable<ToolCall> calls)
    {
        var scopes = new List<string>();
        foreach (var call in calls)
        {
            // A resource may have colons: the third part is all the rest.
            if (!IsPlain(call.Tool) || !IsPlain(call.Action) || call.Resource.Replace(":", "", StringComparison.Ordinal).AsSpan().ContainsAnyExcept(Plain))
            {
                return null;
            }

            scopes.Add($"{call.Tool}:{call.Action}:{call.Resource}");
        }

        return scopes.Count is 0 or > 16 ? null : string.Join(' ', scopes);
    }

    private static bool IsPlain(string text) => text.Length > 0 && !text.AsSpan().ContainsAnyExcept(Plain);
}
