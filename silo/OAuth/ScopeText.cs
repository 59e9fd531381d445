using System.Buffers;
using Fabric.Contracts.Common;
using Fabric.Core.Common;

namespace Fabric.Silo.OAuth;

/// <summary>
/// Scopes as the `scope` parameter (RFC 6749 section 3.3): tokens `TOOL`, `TOOL:ACTION` or `TOOL:ACTION:RESOURCE`, separated by one space; what is left out is `*`. Constraints, and
/// names with a colon, space, quote or backslash, need `authorization_details`.
/// </summary>
internal static class ScopeText
{
    /// <summary>The most scopes (B1), as many as a session has.</summary>
    private const int ScopesMax = 64;

    private static readonly SearchValues<char> Allowed =
        SearchValues.Create("!#$%&'()*+,-./0123456789:;<=>?@ABCDEFGHIJKLMNOPQRSTUVWXYZ[]^_`abcdefghijklmnopqrstuvwxyz{|}~");

    /// <summary>The scopes of a text; `invalid_scope` when it is none.</summary>
    public static Outcome<IReadOnlyList<ScopeDto>> Read(string text)
    {
        var tokens = text.Split(' ');
        if (tokens.Length > ScopesMax)
        {
            return Bad($"at most {ScopesMax} scopes are asked for at once");
        }
        var scopes = new ScopeDto[tokens.Length];
        for (var i = 0; i < tokens.Length; i++)
        {
            var parts = tokens[i].Split(':', 3);
            if (tokens[i].AsSpan().ContainsAnyExcept(Allowed) || parts[0].Length == 0 || (parts.Length > 1 && parts[1].Length == 0))
            {
                return Bad("a scope is TOOL, TOOL:ACTION or TOOL:ACTION:RESOURCE, and one space stands between two of them");
            }
            scopes[i] = new ScopeDto(parts[0], parts.Length > 1 ? parts[1] : "*", parts.Length > 2 ? parts[2] : "*");
        }
        return scopes;
    }

    /// <summary>The text of scopes; null when one of them has no such text: then it would say more than is so.</summary>
    public static string? Write(IReadOnlyList<ScopeDto> scopes)
    {
        var tokens = new string[scopes.Count];
        for (var i = 0; i < tokens.Length; i++)
        {
            var scope = scopes[i];
            if (scope is not { ReadOnly: false, MaxCalls: null, Rate: null, Environment: null, NotAfter: null } || scope.Tool.Contains(':', StringComparison.Ordinal)
                || scope.Action.Contains(':', StringComparison.Ordinal) || scope.Action.Length == 0)
            {
                return null;
            }
            tokens[i] = scope.Resource != "*" ? $"{scope.Tool}:{scope.Action}:{scope.Resource}" : scope.Action != "*" ? $"{scope.Tool}:{scope.Action}" : scope.Tool;
            if (tokens[i].Length == 0 || tokens[i].AsSpan().ContainsAnyExcept(Allowed))
            {
                return null;
            }
        }
        return string.Join(' ', tokens);
    }

    private static Rejection Bad(string detail) => new(OAuthErrors.InvalidScope, "scope", detail);
}
