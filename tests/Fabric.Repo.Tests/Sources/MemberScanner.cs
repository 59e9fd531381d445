using System.Text.RegularExpressions;

namespace Fabric.Repo.Tests.Sources;

/// <summary>
/// Finds types and members by their braces. It knows the style of this code base, not the whole language: that is enough
/// for lengths and names, and needs no compiler in the tests.
/// </summary>
public sealed partial class MemberScanner
{
    private readonly string _code;
    private readonly List<Member> _found = [];
    private readonly List<int> _lineStarts = [0];

    private MemberScanner(string code)
    {
        _code = code;
        for (var i = 0; i < code.Length; i++)
        {
            if (code[i] == '\n')
            {
                _lineStarts.Add(i + 1);
            }
        }
    }

    /// <summary>Every type and member, outer ones before inner ones.</summary>
    public static IReadOnlyList<Member> Scan(string source)
    {
        var scanner = new MemberScanner(CodeText.Blank(source));
        scanner.ScanBody(0, container: null);
        return scanner._found;
    }

    // Reads members from inside a body to the brace that closes it; answers the position after that brace.
    private int ScanBody(int at, string? container)
    {
        while (true)
        {
            at = SkipToMember(at);
            if (at >= _code.Length)
            {
                return at;
            }

            if (_code[at] == '}')
            {
                return at + 1;
            }

            at = ScanMember(at, container);
        }
    }

    private int SkipToMember(int at)
    {
        while (at < _code.Length)
        {
            if (_code[at] == '[')
            {
                at = AfterClosing(at);
            }
            else if (char.IsWhiteSpace(_code[at]) || _code[at] == ';')
            {
                at++;
            }
            else
            {
                break;
            }
        }

        return at;
    }

    private int ScanMember(int start, string? container)
    {
        var assigned = false;
        for (var at = start; at < _code.Length; at++)
        {
            switch (_code[at])
            {
                case '(' or '[':
                    at = AfterClosing(at) - 1;
                    break;
                case ';':
                    Add(start, HeaderEnd(start, at), at, container, block: false);
                    return at + 1;
                case '=' when !InOperatorName(start, at):
                    assigned = true;
                    break;
                case '{' when assigned:
                    at = AfterClosing(at) - 1;
                    break;
                case '{':
                    return ScanBlock(start, at, container);
            }
        }

        return _code.Length;
    }

    private int ScanBlock(int start, int brace, string? container)
    {
        var header = Words(start, brace);
        if (header.StartsWith("namespace ", StringComparison.Ordinal))
        {
            return ScanBody(brace + 1, container);
        }

        var after = AfterClosing(brace);
        var type = TypeName().Match(BeforeParameters(header));
        if (type.Success)
        {
            _found.Add(new Member(MemberKind.Type, type.Groups["name"].Value, header, container, LineOf(start), LineOf(after - 1)));
            return type.Groups["kind"].Value == "enum" ? after : ScanBody(brace + 1, type.Groups["name"].Value);
        }

        // A property may go on after its accessors: `{ get; } = value;`. The value is a table, not a body: it does not count.
        var next = after;
        while (next < _code.Length && char.IsWhiteSpace(_code[next]))
        {
            next++;
        }

        Add(start, brace, after - 1, container, block: true);
        return next < _code.Length && _code[next] == '=' ? EndOfStatement(next) + 1 : after;
    }

    private int EndOfStatement(int at)
    {
        while (at < _code.Length && _code[at] != ';')
        {
            at = _code[at] is '(' or '[' or '{' ? AfterClosing(at) : at + 1;
        }

        return Math.Min(at, _code.Length - 1);
    }

    private void Add(int start, int headerEnd, int end, string? container, bool block)
    {
        var header = Words(start, headerEnd);
        var type = TypeName().Match(BeforeParameters(header));
        var hasBody = block || (headerEnd < end && _code.AsSpan(headerEnd).StartsWith("=>"));
        var kind = type.Success ? MemberKind.Type : hasBody ? MemberKind.Body : MemberKind.Other;
        var name = type.Success ? type.Groups["name"].Value : LastWord().Match(BeforeParameters(header)).Value;
        _found.Add(new Member(kind, name, header, container, LineOf(start), LineOf(end)));
    }

    // The header ends where a value or an expression body begins.
    private int HeaderEnd(int start, int end)
    {
        for (var at = start; at < end; at++)
        {
            if (_code[at] is '(' or '[')
            {
                at = AfterClosing(at) - 1;
            }
            else if (_code[at] == '=' && !InOperatorName(start, at))
            {
                return at;
            }
        }

        return end;
    }

    private bool InOperatorName(int start, int at) =>
        OperatorEnd().IsMatch(_code.AsSpan(start, at - start)) || (at > start && _code[at - 1] is '<' or '>' or '!');

    private int AfterClosing(int opening)
    {
        var depth = 0;
        for (var at = opening; at < _code.Length; at++)
        {
            depth += _code[at] switch { '(' or '[' or '{' => 1, ')' or ']' or '}' => -1, _ => 0 };
            if (depth == 0)
            {
                return at + 1;
            }
        }

        return _code.Length;
    }

    private static string BeforeParameters(string header)
    {
        var end = header.IndexOfAny(['(', ':', '<']);
        return end < 0 ? header : header[..end];
    }

    private string Words(int from, int to) => Spaces().Replace(_code[from..to], " ").Trim();

    private int LineOf(int at)
    {
        var found = _lineStarts.BinarySearch(at);
        return found >= 0 ? found + 1 : ~found;
    }

    [GeneratedRegex(@"(^|\s)(?<kind>class|struct|interface|enum|record(\s+(class|struct))?)\s+(?<name>\w+)\s*$")]
    private static partial Regex TypeName();

    [GeneratedRegex(@"\w+\W*$")]
    private static partial Regex LastWord();

    [GeneratedRegex(@"\boperator\s*\S?$")]
    private static partial Regex OperatorEnd();

    [GeneratedRegex(@"\s+")]
    private static partial Regex Spaces();
}
