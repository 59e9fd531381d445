using System.Runtime.CompilerServices;
using System.Text;
using System.Text.Encodings.Web;

namespace Fabric.Silo.Pages;

/// <summary>A piece of HTML. Made of interpolated text alone, whose holes are encoded unless they are markup themselves: what somebody wrote is never a tag.</summary>
internal readonly record struct Markup(string Text)
{
    /// <summary>Nothing.</summary>
    public static Markup Empty { get; } = new("");

    /// <summary>The piece that an interpolated text is.</summary>
    public static Markup Of(Builder text) => new(text.ToString());

    /// <summary>Pieces, one after the other.</summary>
    public static Markup Join(IEnumerable<Markup> pieces) => new(string.Concat(pieces.Select(piece => piece.Text)));

    /// <inheritdoc/>
    public override string ToString() => Text;

    /// <summary>Takes an interpolated text in.</summary>
    [InterpolatedStringHandler]
    internal readonly ref struct Builder(int literalLength, int formattedCount)
    {
        private readonly StringBuilder _text = new(literalLength + (formattedCount * 32));

        public void AppendLiteral(string text) => _text.Append(text);

        public void AppendFormatted(Markup piece) => _text.Append(piece.Text);

        public void AppendFormatted(string? text) => _text.Append(HtmlEncoder.Default.Encode(text ?? ""));

        public void AppendFormatted(long number) => _text.Append(number);

        public override string ToString() => _text.ToString();
    }
}
