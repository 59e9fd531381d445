using System.Globalization;

namespace Fabric.Engine.Commands;

/// <summary>A place in the change stream: after a transaction, and after so many events of the one that follows it.</summary>
internal readonly record struct ChangePoint(ulong Sequence, int EventsTaken = 0)
{
    /// <summary>As a cursor.</summary>
    public override string ToString() => EventsTaken == 0 ? $"c{Sequence}" : $"c{Sequence}.{EventsTaken}";

    /// <summary>The place of a cursor; null: it is none.</summary>
    internal static ChangePoint? Parse(string cursor)
    {
        var parts = cursor.StartsWith('c') ? cursor[1..].Split('.') : [];
        return parts.Length is 1 or 2
            && ulong.TryParse(parts[0], NumberStyles.None, null, out var sequence)
            && int.TryParse(parts.Length == 2 ? parts[1] : "0", NumberStyles.None, null, out var taken)
                ? new ChangePoint(sequence, taken)
                : null;
    }
}
