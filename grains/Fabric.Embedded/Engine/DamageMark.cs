using System.Text;
using Fabric.Embedded.Storage;

namespace Fabric.Embedded.Engine;

/// <summary>
/// Says that the journal was cut off and that what was issued before is not revoked yet (R1). Left before the repair, taken away once that is durable:
/// a start that ends in between is made good by the next one.
/// </summary>
internal static class DamageMark
{
    internal static void Leave(DataFolder folder, JournalDamage damage)
    {
        using var file = new FileStream(MarkIn(folder), FileMode.Create, FileAccess.Write, FileShare.None);
        file.Write(Encoding.UTF8.GetBytes(damage.ToString()));
        file.Flush(flushToDisk: true);
    }

    /// <summary>What was damaged; null: nothing, or it was made good.</summary>
    internal static string? Read(DataFolder folder) => File.Exists(MarkIn(folder)) ? File.ReadAllText(MarkIn(folder)) : null;

    internal static void Clear(DataFolder folder) => File.Delete(MarkIn(folder));

    private static string MarkIn(DataFolder folder) => Path.Combine(folder.Path, "journal.damaged");
}
