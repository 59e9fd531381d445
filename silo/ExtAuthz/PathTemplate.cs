namespace Fabric.Silo.ExtAuthz;

/// <summary>A rule's path: literal segments, `{NAME}` for one segment, and at the end `{*NAME}` for one or more. Compared ordinally.</summary>
internal sealed class PathTemplate
{
    private const string Method = "method";

    private readonly string?[] _literals;
    private readonly bool _hasRest;
    private readonly bool _endsInSlash;

    private PathTemplate(string?[] literals, List<(string Name, int Segment)> places, bool hasRest, bool endsInSlash) =>
        (_literals, Places, _hasRest, _endsInSlash) = (literals, places, hasRest, endsInSlash);

    /// <summary>The named places, with the segment that each stands for; that of the rest comes last.</summary>
    public IReadOnlyList<(string Name, int Segment)> Places { get; }

    /// <summary>Reads a template; else what is wrong with it.</summary>
    public static (PathTemplate? Template, string? Fault) Parse(string text)
    {
        if (text == "/")
        {
            return (new PathTemplate([], [], hasRest: false, endsInSlash: true), null);
        }
        if (text.Length is < 2 or > 512 || text[0] != '/')
        {
            return (null, "a path begins with `/` and has at most 512 characters");
        }
        var endsInSlash = text[^1] == '/';
        var parts = text[1..(endsInSlash ? ^1 : ^0)].Split('/');
        var (literals, places, hasRest) = (new string?[parts.Length], new List<(string Name, int Segment)>(), false);
        for (var i = 0; i < parts.Length; i++)
        {
            if (parts[i] is not ['{', .., '}'])
            {
                if (OriginalTarget.Read("/" + parts[i]) is not { Segments: [var literal], EndsInSlash: false } || parts[i].AsSpan().ContainsAny("*{}?"))
                {
                    return (null, $"`{parts[i]}` is no segment: plain characters, percent-encoded where needed, or `{{NAME}}`");
                }
                literals[i] = literal;
                continue;
            }
            var isRest = parts[i][1] == '*';
            var name = parts[i][(isRest ? 2 : 1)..^1];
            if (!IsName(name) || name == Method || places.Exists(place => place.Name == name))
            {
                return (null, $"`{parts[i]}`: a name has letters only, is not `{Method}`, and stands there once");
            }
            if (isRest && (i != parts.Length - 1 || endsInSlash))
            {
                return (null, $"`{parts[i]}` stands at the end");
            }
            hasRest |= isRest;
            places.Add((name, i));
        }
        return (new PathTemplate(literals, places, hasRest, endsInSlash), null);
    }

    /// <summary>Whether a target's path is one of these.</summary>
    public bool Matches(OriginalTarget target)
    {
        var segments = target.Segments;
        if (_hasRest ? segments.Length < _literals.Length : segments.Length != _literals.Length || target.EndsInSlash != _endsInSlash)
        {
            return false;
        }
        for (var i = 0; i < _literals.Length; i++)
        {
            if (_literals[i] is { } literal && literal != segments[i])
            {
                return false;
            }
        }
        return true;
    }

    /// <summary>What a matching target has in a place.</summary>
    public string ValueOf(OriginalTarget target, int place)
    {
        var segment = Places[place].Segment;
        return _hasRest && segment == _literals.Length - 1 ? target.From(segment) : target.Segments[segment];
    }

    internal static bool IsName(string text) => text.Length is >= 1 and <= 32 && text.All(char.IsAsciiLetter);
}
