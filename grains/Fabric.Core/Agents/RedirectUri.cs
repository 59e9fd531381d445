using System.Buffers;
using System.Globalization;

namespace Fabric.Core.Agents;

/// <summary>
/// Where the answer to an authorization request goes (RFC 6749 section 3.1.2, RFC 9700 section 2.1): `https`, or `http` on the loopback addresses `127.0.0.1` and `[::1]`. Read by hand and
/// strictly: what two readers could understand differently is none.
/// </summary>
public static class RedirectUri
{
    /// <summary>The most characters (B1).</summary>
    public const int LengthMax = 512;

    /// <summary>The most redirect URIs of one agent (B1).</summary>
    public const int CountMax = 16;

    private const string Https = "https://";
    private const string Http = "http://";

    // No `#` (RFC 6749 section 3.1.2), no `*`, no `\`, nothing that is not ASCII.
    private static readonly SearchValues<char> Allowed =
        SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~:/?[]@!$&'()+,;=%");

    private static readonly SearchValues<char> HostChars = SearchValues.Create("abcdefghijklmnopqrstuvwxyz0123456789-.");

    // An answer's own parameters: one that stands there already would be read in place of ours.
    private static readonly string[] Reserved = ["code", "state", "iss", "error", "error_description", "error_uri"];

    /// <summary>Whether a text may be registered.</summary>
    public static bool IsValid(string? text) => text is not null && TryParse(text, out _);

    /// <summary>
    /// Whether a URI that a request names is the registered one: the same text, but for the port of a loopback address, which an application gets from its system
    /// (RFC 8252 section 7.3).
    /// </summary>
    public static bool Matches(string registered, string presented) =>
        string.Equals(registered, presented, StringComparison.Ordinal)
        || (TryParse(registered, out var own) && own.IsLoopback && TryParse(presented, out var other) && other.IsLoopback
            && string.Equals(own.Host, other.Host, StringComparison.Ordinal) && string.Equals(own.Rest, other.Rest, StringComparison.Ordinal));

    private static bool TryParse(string text, out Parts parts)
    {
        parts = default;
        var isHttps = text.StartsWith(Https, StringComparison.Ordinal);
        if (text.Length > LengthMax || text.AsSpan().ContainsAnyExcept(Allowed) || (!isHttps && !text.StartsWith(Http, StringComparison.Ordinal)))
        {
            return false;
        }

        var after = text.AsSpan(isHttps ? Https.Length : Http.Length);
        var end = after.IndexOfAny('/', '?');
        if (end < 0 || after[end] != '/')
        {
            return false;
        }

        var authority = after[..end];
        var rest = after[end..];
        if (!TrySplit(authority, out var host, out var hasPort, out var port) || (hasPort && !IsPort(port)))
        {
            return false;
        }

        var isLoopback = !isHttps && (host is "127.0.0.1" or "[::1]");
        if ((isHttps ? !IsName(host) : !isLoopback) || !IsPath(rest))
        {
            return false;
        }

        parts = new Parts(isLoopback, host.ToString(), rest.ToString());
        return true;
    }

    // No user information: an `@` in an authority makes a host of what looks like a name.
    private static bool TrySplit(ReadOnlySpan<char> authority, out ReadOnlySpan<char> host, out bool hasPort, out ReadOnlySpan<char> port)
    {
        var start = authority is ['[', ..] ? authority.IndexOf(']') + 1 : 0;
        var colon = authority[start..].IndexOf(':');
        hasPort = colon >= 0;
        host = hasPort ? authority[..(start + colon)] : authority;
        port = hasPort ? authority[(start + colon + 1)..] : default;
        return !authority.Contains('@') && !host.IsEmpty;
    }

    private static bool IsPort(ReadOnlySpan<char> port) =>
        port.Length is >= 1 and <= 5 && port[0] != '0' && int.TryParse(port, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number <= 65_535;

    private static bool IsName(ReadOnlySpan<char> host)
    {
        if (host.Length > 253 || host.ContainsAnyExcept(HostChars))
        {
            return false;
        }

        foreach (var range in host.Split('.'))
        {
            var label = host[range];
            if (label.Length is 0 or > 63 || label[0] == '-' || label[^1] == '-')
            {
                return false;
            }
        }

        return true;
    }

    private static bool IsPath(ReadOnlySpan<char> rest)
    {
        var question = rest.IndexOf('?');
        var path = question < 0 ? rest : rest[..question];
        var query = question < 0 ? default : rest[(question + 1)..];
        if (path.Contains("//", StringComparison.Ordinal) || !IsEncoded(path, isPath: true) || !IsEncoded(query, isPath: false))
        {
            return false;
        }

        // Dot and empty segments: a browser, a proxy and an application make different paths of them.
        foreach (var range in path.Split('/'))
        {
            if (path[range] is "." or "..")
            {
                return false;
            }
        }

        return !NamesReserved(query);
    }

    private static bool NamesReserved(ReadOnlySpan<char> query)
    {
        foreach (var range in query.Split('&'))
        {
            var pair = query[range];
            var equals = pair.IndexOf('=');
            var name = equals < 0 ? pair : pair[..equals];
            if (name.Contains('%'))
            {
                return true;
            }

            foreach (var reserved in Reserved)
            {
                if (name.Equals(reserved, StringComparison.OrdinalIgnoreCase))
                {
                    return true;
                }
            }
        }

        return false;
    }

    private static bool IsEncoded(ReadOnlySpan<char> text, bool isPath)
    {
        for (var at = text.IndexOf('%'); at >= 0;)
        {
            if (at + 2 >= text.Length || !byte.TryParse(text.Slice(at + 1, 2), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var value)
                || value is < 0x20 or 0x7f || (isPath && (char)value is '/' or '\\' or '.' or '%'))
            {
                return false;
            }

            var next = text[(at + 3)..].IndexOf('%');
            at = next < 0 ? -1 : at + 3 + next;
        }

        return true;
    }

    private readonly record struct Parts(bool IsLoopback, string Host, string Rest);
}
