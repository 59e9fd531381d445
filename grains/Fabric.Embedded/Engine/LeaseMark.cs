using System.Buffers.Binary;
using Fabric.Core.Leases;
using Fabric.Embedded.Storage;

namespace Fabric.Embedded.Engine;

/// <summary>
/// What a start must know of the leases of the run before (R1): a file that says that all were back at its end, taken away before anything
/// is served, so that it never speaks for a run that crashed; and one with the longest bounds that any edge was given, where those are not the default.
/// </summary>
internal static class LeaseMark
{
    internal static void Leave(DataFolder folder) => Write(MarkIn(folder), []);

    internal static bool Take(DataFolder folder)
    {
        var path = MarkIn(folder);
        if (!File.Exists(path))
        {
            return false;
        }

        File.Delete(path);
        return true;
    }

    /// <summary>Notes longer bounds, on disk on return: an edge is served with them only then.</summary>
    internal static void NoteBounds(DataFolder folder, ClassBounds bounds)
    {
        var longest = ClassBounds.Longest(bounds, Bounds(folder));
        var bytes = new byte[16];
        BinaryPrimitives.WriteInt64BigEndian(bytes, (long)longest.Read.TotalMilliseconds);
        BinaryPrimitives.WriteInt64BigEndian(bytes.AsSpan(8), (long)longest.Write.TotalMilliseconds);
        Write(BoundsIn(folder), bytes);
    }

    /// <summary>The longest bounds that were noted; an unreadable note counts as the longest that there are.</summary>
    internal static ClassBounds Bounds(DataFolder folder)
    {
        var path = BoundsIn(folder);
        if (!File.Exists(path))
        {
            return ClassBounds.Default;
        }

        var bytes = File.ReadAllBytes(path);
        return bytes.Length == 16
            ? new ClassBounds(
                TimeSpan.FromMilliseconds(BinaryPrimitives.ReadInt64BigEndian(bytes)),
                TimeSpan.FromMilliseconds(BinaryPrimitives.ReadInt64BigEndian(bytes.AsSpan(8))))
            : new ClassBounds(ClassBounds.BestEffortReadMax, ClassBounds.WriteMax);
    }

    internal static void ForgetBounds(DataFolder folder) => File.Delete(BoundsIn(folder));

    private static void Write(string path, byte[] bytes)
    {
        using var file = new FileStream(path, FileMode.Create, FileAccess.Write, FileShare.None);
        file.Write(bytes);
        file.Flush(flushToDisk: true);
    }

    private static string MarkIn(DataFolder folder) => Path.Combine(folder.Path, "leases.returned");

    private static string BoundsIn(DataFolder folder) => Path.Combine(folder.Path, "leases.bounds");
}
