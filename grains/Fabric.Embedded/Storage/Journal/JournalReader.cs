using Fabric.Embedded.Storage.Sqlite;

namespace Fabric.Embedded.Storage;

/// <summary>Reads a journal from its anchor on, verifies the chain, and says where it breaks.</summary>
internal static class JournalReader
{
    /// <summary>
    /// Delivers the records above <paramref name="after"/> up to the first damage, which is returned. Null: the journal is whole.
    /// <paramref name="covered"/> is where the state checkpoint stands, <paramref name="acknowledged"/> what the head file knows to be committed.
    /// </summary>
    public static JournalDamage? Read(JournalFile file, ulong after, ulong covered, ulong acknowledged, JournalVisitor visitor)
    {
        var lostThrough = Math.Max(acknowledged, covered);
        string reason;
        try
        {
            using var rows = file.Rows();
            while (rows.Step())
            {
                if (Take(file, rows, after, visitor) is { } wrong)
                {
                    var row = rows.Long(0);
                    return new JournalDamage(file.Last + 1, row, LostThrough(file, lostThrough), wrong);
                }
            }

            if (file.Last >= lostThrough)
            {
                return null;
            }

            reason = covered > acknowledged
                ? $"the journal ends here, but the state checkpoint covers it up to {covered}"
                : $"the journal ends here, but records up to {acknowledged} were committed";
        }
        catch (StorageException e) when (e.IsDamage)
        {
            lostThrough = LostThrough(file, lostThrough);
            reason = e.Message;
        }

        return new JournalDamage(file.Last + 1, (long)file.Last + 1, lostThrough, reason);
    }

    /// <summary>What the head file or the checkpoint knows goes before what a row behind the damage says.</summary>
    private static ulong LostThrough(JournalFile file, ulong known) => known > file.Last ? known : file.NewestReadable();

    private static string? Take(JournalFile file, SqliteStatement rows, ulong after, JournalVisitor visitor)
    {
        var (first, last) = ((ulong)rows.Long(0), (ulong)rows.Long(1));
        var hash = rows.Blob(2);
        var data = rows.Blob(3);
        if (JournalRow.Verify(file.Last, file.LastHash, first, last, hash, data) is { } wrong)
        {
            return wrong;
        }

        JournalRow.Deliver(first, data, after, visitor);
        file.Reached(last, hash);
        return null;
    }
}
