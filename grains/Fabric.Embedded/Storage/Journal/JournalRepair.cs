namespace Fabric.Embedded.Storage;

/// <summary>Cuts a damaged journal off at the damage. The damaged files are kept aside as they are.</summary>
internal static class JournalRepair
{
    /// <summary>
    /// Copies the journal to `journal.db.damaged-N`, then puts a new file in its place that holds the rows before the damage. The old
    /// file stays in place until the new one is complete, so a crash on the way leaves one or the other.
    /// </summary>
    public static JournalFile KeepPrefix(JournalFile damaged, JournalDamage damage)
    {
        var path = damaged.Path;
        damaged.Abandon();
        CopyAside(path);
        var rebuilt = path + ".rebuilt";
        foreach (var leftover in (string[])[rebuilt, rebuilt + "-wal"])
        {
            File.Delete(leftover);
        }

        using (var from = JournalFile.Open(path, salvage: true))
        {
            using (var to = JournalFile.Create(rebuilt, meta => from.Meta.CopyTo(meta)))
            {
                CopyRows(from, to, damage.Sequence);
                SkipTo(to, damage.LostThrough);
                to.CheckpointAll();
            }

            // Empties the old WAL: a WAL left beside the new file would be played into it.
            from.CheckpointAll();
        }

        File.Move(rebuilt, path, overwrite: true);
        File.Delete(path + "-wal");
        FolderSync.Run(Path.GetDirectoryName(path)!);
        var file = JournalFile.Open(path);
        file.SeekLast();
        return file;
    }

    /// <summary>
    /// Makes numbering go on after <paramref name="sequence"/>, by a row without data that stands for the lost records. Numbers that were
    /// handed out once are not used for something else.
    /// </summary>
    public static void SkipTo(JournalFile file, ulong sequence)
    {
        if (sequence > file.Last)
        {
            file.Insert(JournalBatch.Lost(file.Last + 1, sequence));
        }
    }

    private static void CopyRows(JournalFile from, JournalFile to, ulong before)
    {
        using var rows = from.Rows();
        while (to.Last + 1 < before && rows.Step())
        {
            to.InsertRow((ulong)rows.Long(0), (ulong)rows.Long(1), rows.Blob(2), rows.Blob(3));
            to.Reached((ulong)rows.Long(1), rows.Blob(2));
            to.CheckpointIfDue(idle: false);
        }
    }

    private static void CopyAside(string path)
    {
        var n = 1;
        while (File.Exists($"{path}.damaged-{n}"))
        {
            n++;
        }

        File.Copy(path, $"{path}.damaged-{n}");
        if (File.Exists(path + "-wal"))
        {
            File.Copy(path + "-wal", $"{path}.damaged-{n}-wal");
        }
    }
}
