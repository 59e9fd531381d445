using FsCheck;
using FsCheck.Fluent;

namespace Fabric.Core.Tests.Scopes;

/// <summary>The plainest thinkable matcher, and small generated patterns: what the compiled one is compared with.</summary>
internal static class ReferenceGlob
{
    /// <summary>A character that no generated pattern spells out.</summary>
    public const char Fresh = '#';

    public static bool Matches(string pattern, string text)
    {
        if (pattern.Length == 0)
        {
            return text.Length == 0;
        }

        if (pattern[0] == '*')
        {
            return Matches(pattern[1..], text) || (text.Length > 0 && Matches(pattern, text[1..]));
        }

        var literal = pattern[0] == '\\' ? pattern[1] : pattern[0];
        return text.Length > 0 && text[0] == literal && Matches(pattern[(pattern[0] == '\\' ? 2 : 1)..], text[1..]);
    }

    /// <summary>All texts of at most this many characters. Holds a witness against each false claim about patterns of as many tokens.</summary>
    public static List<string> Texts(string alphabet, int lengthMax)
    {
        List<string> all = [""];
        for (int from = 0, length = 1; length <= lengthMax; length++)
        {
            var to = all.Count;
            for (; from < to; from++)
            {
                all.AddRange(alphabet.Select(c => all[from] + c).ToList());
            }
        }

        return all;
    }

    public static Gen<string> Patterns(string[] tokens, int tokensMin, int tokensMax) =>
        from count in Gen.Choose(tokensMin, tokensMax)
        from parts in Gen.ArrayOf(Gen.Elements(tokens), count)
        select string.Concat(parts);
}
