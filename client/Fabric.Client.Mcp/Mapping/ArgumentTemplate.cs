using System.Text;
using System.Text.Json;

namespace Fabric.Client.Mcp.Mapping;

/// <summary>
/// A resource with places for a call's arguments, like `repo/{owner}/{repo}` or `files/{*path}`. What stands in a place is data: characters that mean something in a scope pattern mean
/// nothing in it.
/// </summary>
internal sealed class ArgumentTemplate
{
    // Literals at even places, names of arguments at odd ones.
    private readonly string[] _parts;

    private ArgumentTemplate(string[] parts) => _parts = parts;

    /// <summary>Reads a template. Throws <see cref="ArgumentException"/> for a brace without its other, or an empty name.</summary>
    public static ArgumentTemplate Parse(string template)
    {
        var parts = new List<string>();
        for (var rest = template; ;)
        {
            var open = rest.IndexOf('{', StringComparison.Ordinal);
            var literal = open < 0 ? rest : rest[..open];
            var close = open < 0 ? -1 : rest.IndexOf('}', open);
            if (literal.Contains('}', StringComparison.Ordinal) || (open >= 0 && (close <= open + 1 || rest[(open + 1)..close] is "*" || rest[(open + 1)..close].Contains('{', StringComparison.Ordinal))))
            {
                throw new ArgumentException($"`{template}` is no resource template: each place is an argument's name in braces", nameof(template));
            }

            parts.Add(literal);
            if (open < 0)
            {
                return new ArgumentTemplate([.. parts]);
            }

            parts.Add(rest[(open + 1)..close]);
            rest = rest[(close + 1)..];
        }
    }

    /// <summary>The resource of a call with these arguments; null when one that it names is missing or not clear.</summary>
    public string? Fill(IReadOnlyDictionary<string, JsonElement> arguments)
    {
        if (_parts.Length == 1)
        {
            return _parts[0];
        }

        var text = new StringBuilder(_parts[0]);
        for (var i = 1; i < _parts.Length; i += 2)
        {
            var isRest = _parts[i][0] == '*';
            var name = isRest ? _parts[i][1..] : _parts[i];
            if (ValueOf(arguments, name) is not { } value || !(isRest ? ClearText.IsPath(value) : ClearText.IsSegment(value)))
            {
                return null;
            }

            text.Append(value).Append(_parts[i + 1]);
        }

        return text.ToString();
    }

    // A name in another spelling is the same argument for some servers, also with letters and signs that only look or fold like those of ASCII.
    private static string? ValueOf(IReadOnlyDictionary<string, JsonElement> arguments, string name)
    {
        foreach (var key in arguments.Keys)
        {
            if (key.AsSpan().ContainsAnyExceptInRange(' ', '~') || (key != name && string.Equals(key, name, StringComparison.OrdinalIgnoreCase)))
            {
                return null;
            }
        }

        return arguments.TryGetValue(name, out var value) ? ClearText.Of(value) : null;
    }
}
