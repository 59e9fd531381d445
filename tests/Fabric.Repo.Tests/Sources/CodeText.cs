using System.Text;

namespace Fabric.Repo.Tests.Sources;

/// <summary>C# source with comments, strings, characters and preprocessor lines blanked out; every line break stays where it was.</summary>
public static class CodeText
{
    /// <summary>Blanks everything that is not code. Interpolated strings go whole: what stands in their holes is never a member.</summary>
    public static string Blank(string source)
    {
        var text = new StringBuilder(source);
        var at = 0;
        while (at < source.Length)
        {
            var end = EndOfNonCode(source, at);
            if (end > at)
            {
                BlankOut(text, at, end);
                at = end;
            }
            else
            {
                at++;
            }
        }

        return text.ToString();
    }

    private static int EndOfNonCode(string source, int at)
    {
        var c = source[at];
        var next = at + 1 < source.Length ? source[at + 1] : '\0';
        return (c, next) switch
        {
            ('/', '/') => LineEnd(source, at),
            ('/', '*') => After(source, "*/", at + 2),
            ('#', _) when StartsLine(source, at) => LineEnd(source, at),
            ('\'', _) => EndOfPlain(source, at + 1, '\''),
            ('"' or '@' or '$', _) => EndOfString(source, at),
            _ => at,
        };
    }

    private static bool StartsLine(string source, int at)
    {
        for (var i = at - 1; i >= 0 && source[i] != '\n'; i--)
        {
            if (!char.IsWhiteSpace(source[i]))
            {
                return false;
            }
        }

        return true;
    }

    private static int LineEnd(string source, int at)
    {
        var end = source.IndexOf('\n', at);
        return end < 0 ? source.Length : end;
    }

    private static int After(string source, string mark, int from)
    {
        var found = source.IndexOf(mark, Math.Min(from, source.Length), StringComparison.Ordinal);
        return found < 0 ? source.Length : found + mark.Length;
    }

    private static int EndOfString(string source, int at)
    {
        var i = at;
        int dollars = 0, verbatim = 0;
        for (; i < source.Length && source[i] is '@' or '$'; i++)
        {
            _ = source[i] == '$' ? dollars++ : verbatim++;
        }

        if (i >= source.Length || source[i] != '"')
        {
            return at;
        }

        var quotes = 0;
        while (i + quotes < source.Length && source[i + quotes] == '"')
        {
            quotes++;
        }

        if (quotes >= 3 && verbatim == 0)
        {
            return After(source, new string('"', quotes), i + quotes);
        }

        return dollars > 0 ? EndOfInterpolated(source, i + 1, verbatim > 0)
            : verbatim > 0 ? EndOfVerbatim(source, i + 1)
            : EndOfPlain(source, i + 1, '"');
    }

    private static int EndOfPlain(string source, int from, char quote)
    {
        var i = from;
        while (i < source.Length && source[i] != quote && source[i] != '\n')
        {
            i += source[i] == '\\' ? 2 : 1;
        }

        return Math.Min(i + 1, source.Length);
    }

    private static int EndOfVerbatim(string source, int from)
    {
        var i = from;
        while (i < source.Length)
        {
            if (source[i] != '"')
            {
                i++;
            }
            else if (i + 1 < source.Length && source[i + 1] == '"')
            {
                i += 2;
            }
            else
            {
                return i + 1;
            }
        }

        return source.Length;
    }

    private static int EndOfInterpolated(string source, int from, bool verbatim)
    {
        var depth = 0;
        var i = from;
        while (i < source.Length)
        {
            var c = source[i];
            var doubled = i + 1 < source.Length && source[i + 1] == c;
            if (depth == 0 && (c is '{' or '}' || (verbatim && c == '"')) && doubled)
            {
                i += 2;
            }
            else if (depth == 0 && c == '"')
            {
                return i + 1;
            }
            else if (depth == 0 && c == '\\' && !verbatim)
            {
                i += 2;
            }
            else if (depth > 0 && c is '"' or '\'' or '$' or '@')
            {
                i = Math.Max(EndOfNonCode(source, i), i + 1);
            }
            else
            {
                depth += c == '{' ? 1 : c == '}' ? -1 : 0;
                i++;
            }
        }

        return source.Length;
    }

    private static void BlankOut(StringBuilder text, int from, int to)
    {
        for (var i = from; i < to; i++)
        {
            if (text[i] is not ('\n' or '\r'))
            {
                text[i] = ' ';
            }
        }
    }
}
