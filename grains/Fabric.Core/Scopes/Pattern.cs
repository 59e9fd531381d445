using System.Text;
using Fabric.Core.Common;

namespace Fabric.Core.Scopes;

/// <summary>
/// A compiled scope pattern: literal text, in which `*` stands for any run of characters (also none, also `/`) and `\` escapes `*` and `\`.
/// Compared ordinally. Immutable.
/// </summary>
public sealed class Pattern : IEquatable<Pattern>
{
    /// <summary>The most characters a pattern has (B1).</summary>
    public const int LengthMax = 256;

    /// <summary>The most wildcards a pattern has (B1).</summary>
    public const int StarsMax = 16;

    // Stands for "some text that no pattern spells out". Control characters are refused in patterns, so that no literal equals it.
    private const char Fresh = '\0';

    // Of a glob: the literals before, between and after its wildcards; only the first and the last may be empty.
    private readonly string[]? _parts;

    private Pattern(string text, PatternKind kind, string literal, int literalLength, string[]? parts)
    {
        Text = text;
        Kind = kind;
        Literal = literal;
        LiteralLength = literalLength;
        _parts = parts;
    }

    /// <summary>The pattern as it was written.</summary>
    public string Text { get; }

    internal PatternKind Kind { get; }

    /// <summary>Of an exact pattern its text; of a prefix a text whose first <see cref="LiteralLength"/> characters are the prefix.</summary>
    internal string Literal { get; }

    internal int LiteralLength { get; }

    /// <summary>
    /// Compiles a pattern. <see cref="Codes.ScopeInvalid"/> with subject `pattern` when it is too long, has too many wildcards, escapes anything
    /// but `*` and `\`, or holds a control, format (bidi among them), line-separator or unpaired surrogate character.
    /// </summary>
    public static Outcome<Pattern> Parse(string text)
    {
        if (Fault(text) is { } fault)
        {
            return new Rejection(Codes.ScopeInvalid, "pattern", fault);
        }

        var star = text.IndexOf('*', StringComparison.Ordinal);
        if (!text.Contains('\\', StringComparison.Ordinal) && (star < 0 || star == text.Length - 1))
        {
            // The common shapes keep the text itself: no second string.
            var kind = star < 0 ? PatternKind.Exact : star == 0 ? PatternKind.Any : PatternKind.Prefix;
            return new Pattern(text, kind, text, star < 0 ? text.Length : star, null);
        }

        var parts = Split(text);
        return parts switch
        {
            [var only] => new Pattern(text, PatternKind.Exact, only, only.Length, null),
            ["", ""] => new Pattern(text, PatternKind.Any, "", 0, null),
            [var prefix, ""] => new Pattern(text, PatternKind.Prefix, prefix, prefix.Length, null),
            _ => new Pattern(text, PatternKind.Glob, "", 0, parts),
        };
    }

    /// <summary>
    /// Whether the whole text matches. No backtracking and no allocation: each position of the text is tried for one literal only, so that the
    /// time is linear in the text for a pattern of bounded length.
    /// </summary>
    public bool Matches(ReadOnlySpan<char> text) => Kind switch
    {
        PatternKind.Any => true,
        PatternKind.Exact => text.SequenceEqual(Literal),
        PatternKind.Prefix => text.StartsWith(Literal.AsSpan(0, LiteralLength)),
        _ => MatchesParts(_parts!, text),
    };

    /// <summary>
    /// Whether every text that matches this pattern matches <paramref name="other"/>. Exact: with each wildcard read as one character that
    /// <paramref name="other"/> does not spell out, a match means that only wildcards of <paramref name="other"/> took those characters, and
    /// a wildcard that takes one takes any run; no match is itself a text that tells the two apart.
    /// </summary>
    // INVARIANT S3: relied on wherever a scope is compared with the one it is derived from.
    public bool IsSubsetOf(Pattern other)
    {
        Span<char> generic = stackalloc char[LengthMax + 1];
        return other.Matches(generic[..WriteGeneric(generic)]);
    }

    /// <inheritdoc/>
    public bool Equals(Pattern? other) => other is not null && Text == other.Text;

    /// <inheritdoc/>
    public override bool Equals(object? obj) => Equals(obj as Pattern);

    /// <inheritdoc/>
    public override int GetHashCode() => StringComparer.Ordinal.GetHashCode(Text);

    /// <inheritdoc/>
    public override string ToString() => Text;

    private static bool MatchesParts(string[] parts, ReadOnlySpan<char> text)
    {
        var first = parts[0];
        var last = parts[^1];
        if (text.Length < first.Length + last.Length || !text.StartsWith(first) || !text.EndsWith(last))
        {
            return false;
        }

        // The leftmost place is the best one for each literal in turn: it leaves the most text for those that follow.
        var rest = text[first.Length..^last.Length];
        for (var i = 1; i < parts.Length - 1; i++)
        {
            var at = rest.IndexOf(parts[i]);
            if (at < 0)
            {
                return false;
            }

            rest = rest[(at + parts[i].Length)..];
        }

        return true;
    }

    private int WriteGeneric(Span<char> generic)
    {
        if (Kind != PatternKind.Glob)
        {
            Literal.AsSpan(0, LiteralLength).CopyTo(generic);
            if (Kind == PatternKind.Exact)
            {
                return LiteralLength;
            }

            generic[LiteralLength] = Fresh;
            return LiteralLength + 1;
        }

        var length = 0;
        foreach (var part in _parts!)
        {
            part.CopyTo(generic[length..]);
            length += part.Length;
            generic[length++] = Fresh;
        }

        return length - 1;
    }

    private static string[] Split(string text)
    {
        var parts = new List<string>();
        var part = new StringBuilder();
        for (var i = 0; i < text.Length; i++)
        {
            if (text[i] != '*')
            {
                part.Append(text[i] == '\\' ? text[++i] : text[i]);
                continue;
            }

            // `**` says nothing more than `*`.
            if (part.Length > 0 || parts.Count == 0)
            {
                parts.Add(part.ToString());
                part.Clear();
            }
        }

        parts.Add(part.ToString());
        return [.. parts];
    }

    private static string? Fault(string text)
    {
        if (text.Length > LengthMax)
        {
            return $"a pattern has at most {LengthMax} characters";
        }

        var stars = 0;
        for (var i = 0; i < text.Length; i++)
        {
            if (text[i] == '\\')
            {
                i++;
                if (i == text.Length || text[i] is not ('*' or '\\'))
                {
                    return "`\\` stands only before `*` or `\\`";
                }
            }
            else if (text[i] == '*')
            {
                stars++;
            }
        }

        if (stars > StarsMax)
        {
            return $"a pattern has at most {StarsMax} wildcards";
        }

        return PlainText.Is(text) ? null : "a pattern has no control, format, bidi or unpaired surrogate characters";
    }
}
