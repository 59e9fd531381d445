using Fabric.Core.Lineages;
using Fabric.Embedded.Storage.Sqlite;

namespace Fabric.Embedded.Storage;

/// <summary>Tells a new journal from a lost one, and a damaged one from a disk that takes no writes.</summary>
internal static class JournalOpening
{
    public static (JournalFile File, bool IsNew, bool Truncated) Open(DataFolder folder, Action<MetaTable> fill)
    {
        var path = folder.JournalFile;
        if (Length(path) + Length(path + "-wal") == 0)
        {
            RequireNoOtherData(folder);
            return (Guard(path, () => JournalFile.Create(path, fill)), true, false);
        }

        try
        {
            var file = JournalFile.Open(path);
            return HasIdentity(file) ? (file, false, false) : throw NoIdentity(file);
        }
        catch (StorageException e) when (e.IsDamage || e.PrimaryCode == SQLitePCL.raw.SQLITE_ERROR)
        {
            // SQLITE_ERROR: a table is not there, so the schema, or the WAL that it is still in, is gone.
            return (Salvage(path, e), false, true);
        }
        catch (StorageException e)
        {
            throw StoreFile.Unavailable(path, e);
        }
    }

    /// <summary>Turns what storage throws at start into a start error.</summary>
    public static T Guard<T>(string path, Func<T> action)
    {
        try
        {
            return action();
        }
        catch (StorageException e) when (e.IsDamage)
        {
            throw BeyondRepair(path, e);
        }
        catch (Exception e) when (e is StorageException or IOException or UnauthorizedAccessException)
        {
            throw StoreFile.Unavailable(path, e);
        }
    }

    /// <inheritdoc cref="Guard{T}"/>
    public static void Guard(string path, Action action) => Guard(path, () =>
    {
        action();
        return true;
    });

    private static bool HasIdentity(JournalFile file) =>
        file.Meta.Get(MetaTable.FabricKey) is { Length: 16 } && file.Meta.Get(Journal.SaltKey) is { Length: HandleSpace.SaltSize };

    private static StorageException NoIdentity(JournalFile file)
    {
        file.Abandon();
        return new StorageException(SQLitePCL.raw.SQLITE_CORRUPT, "`journal.db`: the fabric's id or salt is gone from table meta");
    }

    private static JournalFile Salvage(string path, StorageException reason)
    {
        JournalFile? file = null;
        try
        {
            file = JournalFile.Open(path, salvage: true);
            if (HasIdentity(file))
            {
                return file;
            }
        }
        catch (StorageException)
        {
            // Reported below, with the first reason.
        }

        file?.Abandon();
        throw BeyondRepair(path, reason);
    }

    private static void RequireNoOtherData(DataFolder folder)
    {
        foreach (var other in (string[])[folder.JournalHeadFile, folder.StateFile, folder.AuditFile])
        {
            if (Length(other) > 0)
            {
                throw new FabricStartException(StartCodes.JournalMissing,
                    $"`{folder.JournalFile}` is missing or empty, but `{other}` is there; restore the journal from a backup, or choose an empty folder");
            }
        }
    }

    private static long Length(string path) => new FileInfo(path) is { Exists: true } file ? file.Length : 0;

    private static FabricStartException BeyondRepair(string path, Exception reason) => new(StartCodes.JournalDamaged,
        $"the journal `{path}` is damaged in its header or its table meta, without which no record can be used ({reason.Message}); "
        + "restore the data folder from a backup", reason);
}
