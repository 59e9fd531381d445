using System.Runtime.CompilerServices;

namespace Fabric.Core.Checks;

/// <summary>
/// A text of up to <see cref="LengthMax"/> characters, held in place: comparing with it reads no other place in memory. Resources differ from token to
/// token, so that their strings are in no cache.
/// </summary>
internal struct ShortText
{
    /// <summary>The most characters.</summary>
    public const int LengthMax = 24;

    /// <summary>The length that stands for a text with more characters, which is not held.</summary>
    public const byte Long = byte.MaxValue;

    private Characters _characters;

    /// <summary>Its characters, or <see cref="Long"/>.</summary>
    public byte Length { get; private set; }

    public static ShortText Of(string text)
    {
        var held = new ShortText { Length = Long };
        if (text.Length <= LengthMax)
        {
            held.Length = (byte)text.Length;
            text.CopyTo(held._characters);
        }

        return held;
    }

    /// <summary>Whether a text is the one that is held; never so when none is.</summary>
    public readonly bool Is(string text) => text.Length == Length && text.Length <= LengthMax && text.AsSpan().SequenceEqual(((ReadOnlySpan<char>)_characters)[..text.Length]);

    [InlineArray(LengthMax)]
    private struct Characters
    {
        private char _first;
    }
}
