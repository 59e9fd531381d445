using System.Buffers.Binary;

namespace Fabric.Embedded.Storage.Sqlite;

/// <summary>What the state and the audit file have in common: settings, format and the fabric that they belong to.</summary>
internal static class StoreFile
{
    public static void Configure(SqliteFile file, int cacheKib)
    {
        file.Run("PRAGMA journal_mode = WAL");
        file.Run("PRAGMA synchronous = FULL");
        file.Run("PRAGMA wal_autocheckpoint = 4000");
        file.Run("PRAGMA journal_size_limit = 67108864");
        file.Run($"PRAGMA cache_size = -{cacheKib}");
        file.Run("PRAGMA cell_size_check = ON");
    }

    /// <summary>Makes the tables of a new file; of an old one, checks format and owner. Throws <see cref="FabricStartException"/>.</summary>
    public static void Prepare(SqliteFile file, ulong format, UInt128 fabricId, params ReadOnlySpan<string> tables)
    {
        if (file.ReadLong("SELECT count(*) FROM sqlite_schema") == 0)
        {
            file.Run("BEGIN IMMEDIATE");
            file.Run(MetaTable.Create);
            foreach (var table in tables)
            {
                file.Run(table);
            }

            var fresh = new MetaTable(file);
            fresh.SetNumber(MetaTable.FormatKey, format);
            var id = new byte[16];
            BinaryPrimitives.WriteUInt128BigEndian(id, fabricId);
            fresh.Set(MetaTable.FabricKey, id);
            file.Run("COMMIT");
            return;
        }

        var meta = new MetaTable(file);
        meta.RequireFormat(format, file.Path);
        if (meta.Get(MetaTable.FabricKey) is not { Length: 16 } owner || BinaryPrimitives.ReadUInt128BigEndian(owner) != fabricId)
        {
            throw new FabricStartException(StartCodes.ForeignFile,
                $"`{file.Path}` belongs to another fabric than the journal beside it; restore all files of the folder from the same backup");
        }
    }

    public static FabricStartException Unavailable(string path, Exception inner) => new(StartCodes.StorageUnavailable,
        $"`{path}` cannot be opened for writing: {inner.Message}; free space on the disk or correct the rights, then start again", inner);
}
