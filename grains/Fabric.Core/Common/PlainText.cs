using System.Buffers;
using System.Globalization;
using System.Text;

namespace Fabric.Core.Common;

/// <summary>Text that shows a reader all that it holds.</summary>
public static class PlainText
{
    /// <summary>
    /// Whether the text has no control, format (bidi overrides and zero-width joiners among them), line or paragraph separator and no
    /// unpaired surrogate characters.
    /// </summary>
    public static bool Is(ReadOnlySpan<char> text)
    {
        if (!text.ContainsAnyExceptInRange(' ', '~'))
        {
            return true;
        }

        while (!text.IsEmpty)
        {
            if (Rune.DecodeFromUtf16(text, out var rune, out var length) != OperationStatus.Done
                || Rune.GetUnicodeCategory(rune) is UnicodeCategory.Control or UnicodeCategory.Format
                    or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator)
            {
                return false;
            }

            text = text[length..];
        }

        return true;
    }
}
