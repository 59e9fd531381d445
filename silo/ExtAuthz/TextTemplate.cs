namespace Fabric.Silo.ExtAuthz;

/// <summary>A rule's text with places: `{NAME}` for what the path has there, `{method}` for the method in lower case.</summary>
internal sealed class TextTemplate
{
    private const int MethodPlace = -1;
    private const int LiteralPlace = -2;

    private readonly List<(string Text, int Place)> _parts = [];

    private TextTemplate()
    {
    }

    /// <summary>Reads a text whose places a path has; else what is wrong with it.</summary>
    public static (TextTemplate? Template, string? Fault) Parse(string text, PathTemplate path)
    {
        var template = new TextTemplate();
        var rest = text;
        while (rest.Length > 0)
        {
            var open = rest.IndexOf('{', StringComparison.Ordinal);
            var literal = open < 0 ? rest : rest[..open];
            if (literal.Contains('}', StringComparison.Ordinal))
            {
                return (null, "a `}` stands there without its `{`");
            }
            if (literal.Length > 0)
            {
                template._parts.Add((literal, LiteralPlace));
            }
            if (open < 0)
            {
                break;
            }
            var close = rest.IndexOf('}', open);
            var name = close < 0 ? "" : rest[(open + 1)..close];
            var place = name == "method" ? MethodPlace : path.Places.ToList().FindIndex(each => each.Name == name);
            if (close < 0 || (place < 0 && name != "method"))
            {
                return (null, $"the path has no place `{{{name}}}`");
            }
            template._parts.Add((name, place));
            rest = rest[(close + 1)..];
        }
        return (template, null);
    }

    /// <summary>The text of a request.</summary>
    public string Fill(string method, OriginalTarget target, PathTemplate path) => _parts switch
    {
        [] => "",
        [var only] => TextOf(only, method, target, path),
        _ => string.Concat(_parts.Select(part => TextOf(part, method, target, path))),
    };

    private static string TextOf((string Text, int Place) part, string method, OriginalTarget target, PathTemplate path) => part.Place switch
    {
        LiteralPlace => part.Text,
        MethodPlace => method.ToLowerInvariant(),
        _ => path.ValueOf(target, part.Place),
    };
}
