using System.Globalization;
using System.Text;
using Microsoft.AspNetCore.Routing;

namespace Fabric.Client.AspNetCore;

/// <summary>
/// A resource with places for route values, like `reservation/{id}`. What stands in a place is data: characters that mean something in a scope pattern mean
/// nothing in it.
/// </summary>
internal sealed class ResourceTemplate
{
    // Literals at even places, names of route values at odd ones.
    private readonly string[] _parts;

    private ResourceTemplate(string[] parts) => _parts = parts;

    /// <summary>Reads a template. Throws <see cref="ArgumentException"/> for a brace without its other, or an empty name.</summary>
    public static ResourceTemplate Parse(string template)
    {
        var parts = new List<string>();
        for (var rest = template; ;)
        {
            var open = rest.IndexOf('{', StringComparison.Ordinal);
            var literal = open < 0 ? rest : rest[..open];
            var close = open < 0 ? -1 : rest.IndexOf('}', open);
            if (literal.Contains('}', StringComparison.Ordinal) || (open >= 0 && (close <= open + 1 || rest[(open + 1)..close].Contains('{', StringComparison.Ordinal))))
            {
                throw new ArgumentException($"`{template}` is no resource template: each place is a name in braces", nameof(template));
            }

            parts.Add(literal);
            if (open < 0)
            {
                return new ResourceTemplate([.. parts]);
            }

            parts.Add(rest[(open + 1)..close]);
            rest = rest[(close + 1)..];
        }
    }

    /// <summary>
    /// The resource of a request, with the route's values as the endpoint sees them: decoded once, by routing, and never again, so that guard and endpoint
    /// mean the same thing. A value that the route does not have is empty.
    /// </summary>
    public string Fill(RouteValueDictionary values)
    {
        if (_parts.Length == 1)
        {
            return _parts[0];
        }

        var text = new StringBuilder(_parts[0]);
        for (var i = 1; i < _parts.Length; i += 2)
        {
            text.Append(Convert.ToString(values.GetValueOrDefault(_parts[i]), CultureInfo.InvariantCulture)).Append(_parts[i + 1]);
        }

        return text.ToString();
    }
}
