using System.Buffers;

namespace Fabric.Core.Common;

/// <summary>
/// The text of a tenant's, user's, agent's or environment's id: 1 to <see cref="LengthMax"/> ASCII letters, digits and `._-@:+`, compared
/// ordinally; not `.` or `..`, which would be no names in a path. Such a text needs no escaping in JSON, and cannot hide a control, bidi or look-alike
/// character from a reader.
/// </summary>
public static class IdText
{
    /// <summary>The most characters an id has (B1).</summary>
    public const int LengthMax = 128;

    private static readonly SearchValues<char> Allowed =
        SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-@:+");

    /// <summary>Whether the text is an id.</summary>
    public static bool IsValid(ReadOnlySpan<char> text) =>
        text.Length is >= 1 and <= LengthMax && !text.ContainsAnyExcept(Allowed) && text is not ("." or "..");

    /// <summary>Null when the text is an id, else <see cref="Codes.InvalidField"/> naming <paramref name="field"/>. The text itself is not repeated.</summary>
    public static Rejection? Check(string? text, string field) =>
        IsValid(text) ? null : new Rejection(Codes.InvalidField, field, $"an id has 1 to {LengthMax} letters, digits and `._-@:+`, and is not `.` or `..`");
}
