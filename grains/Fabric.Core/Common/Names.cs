using System.Buffers;
using System.Buffers.Binary;
using System.Globalization;

namespace Fabric.Core.Common;

/// <summary>Checks of what commands carry: ids, texts for people, 128-bit ids as hex.</summary>
public static class Names
{
    private static readonly SearchValues<char> LowerHex = SearchValues.Create("0123456789abcdef");

    /// <summary>Null when <paramref name="value"/> is an id (<see cref="IdText"/>), else `request.invalid_field`.</summary>
    public static Rejection? CheckId(string field, string? value) => IdText.Check(value, field);

    /// <summary>
    /// Null when <paramref name="value"/> is plain (<see cref="PlainText"/>) and at most 512 characters; else `request.invalid_field`.
    /// Null or empty passes unless <paramref name="required"/>.
    /// </summary>
    public static Rejection? CheckText(string field, string? value, bool required = false)
    {
        if (string.IsNullOrWhiteSpace(value))
        {
            return required ? new Rejection(Codes.InvalidField, field, "a text is required") : null;
        }

        if (value.Length > Limits.TextCharsMax)
        {
            return new Rejection(Codes.InvalidField, field, $"a text has at most {Limits.TextCharsMax} characters");
        }

        return PlainText.Is(value)
            ? null
            : new Rejection(Codes.InvalidField, field, "a text has no control, direction or unpaired characters");
    }

    /// <summary>The 128-bit id of 32 lower-case hex digits; null for anything else, and for zero.</summary>
    public static UInt128? ParseId(string? text)
    {
        if (text is not { Length: 32 } || text.AsSpan().ContainsAnyExcept(LowerHex))
        {
            return null;
        }

        Span<byte> bytes = stackalloc byte[16];
        _ = Convert.FromHexString(text, bytes, out _, out _);
        var id = BinaryPrimitives.ReadUInt128BigEndian(bytes);
        return id == UInt128.Zero ? null : id;
    }

    /// <summary>32 lower-case hex digits.</summary>
    public static string FormatId(UInt128 id) => id.ToString("x32", CultureInfo.InvariantCulture);
}
