using System.Buffers.Binary;
using Fabric.Embedded.Storage.Sqlite;

namespace Fabric.Embedded.Storage.Audit;

/// <summary>
/// The writing connection to the audit file, used by the writer's thread. After an error it is abandoned and opened anew: whatever is held
/// here in memory is read again from the file.
/// </summary>
internal sealed class AuditFile : IDisposable
{
    private const string PositionKey = "position";
    private const int PositionSize = 3 * sizeof(long);
    private const int BusyMs = 1_000;

    private readonly SqliteFile _file;
    private readonly MetaTable _meta;
    private readonly AuditRows _rows;

    private AuditFile(SqliteFile file)
    {
        _file = file;
        _meta = new MetaTable(file);
        var position = _meta.Get(PositionKey) is { Length: PositionSize } bytes ? bytes : new byte[PositionSize];
        Commits = BinaryPrimitives.ReadInt64LittleEndian(position);
        Through = BinaryPrimitives.ReadInt64LittleEndian(position.AsSpan(8));
        _rows = new AuditRows(file, BinaryPrimitives.ReadInt64LittleEndian(position.AsSpan(16)));
        Retention = new AuditRetention(file);
    }

    /// <summary>How many batches were committed: tells after an error whether the last one landed.</summary>
    public long Commits { get; private set; }

    /// <summary>All records of the journal up to this sequence number are committed.</summary>
    public long Through { get; private set; }

    public AuditRetention Retention { get; }

    /// <summary>Opens or makes the file. Throws <see cref="StorageException"/> or <see cref="FabricStartException"/>.</summary>
    public static AuditFile Open(string path, UInt128 fabricId)
    {
        var file = SqliteFile.Open(path);
        try
        {
            Configure(file);
            AuditSchema.Prepare(file, fabricId);
            return new AuditFile(file);
        }
        catch (Exception)
        {
            file.Abandon();
            throw;
        }
    }

    /// <summary>Commits the batch. <paramref name="nowMs"/> bounds what an enforcement point's clock may say.</summary>
    public void Write(AuditBatch batch, long nowMs)
    {
        _file.Run("BEGIN IMMEDIATE");
        foreach (var record in batch.Records)
        {
            _rows.Insert(record, nowMs);
        }

        _rows.FinishBatch();
        var through = Math.Max(Through, batch.Through);
        var position = new byte[PositionSize];
        BinaryPrimitives.WriteInt64LittleEndian(position, Commits + 1);
        BinaryPrimitives.WriteInt64LittleEndian(position.AsSpan(8), through);
        BinaryPrimitives.WriteInt64LittleEndian(position.AsSpan(16), _rows.LastId);
        _meta.Set(PositionKey, position);
        _file.Run("COMMIT");
        (Commits, Through) = (Commits + 1, through);
    }

    public void Abandon() => _file.Abandon();

    public void Dispose() => _file.Dispose();

    private static void Configure(SqliteFile file)
    {
        file.Run($"PRAGMA busy_timeout = {BusyMs}");
        file.Run("PRAGMA journal_mode = WAL");

        // NORMAL: a commit survives the death of the process but is not synced. A power cut may take the last commits, together with the
        // position that says how far the journal has been taken: the journal, which is synced, is the truth, and feeds them again.
        // Usage that was counted in the last moments before a power cut is the one thing that is then lost.
        file.Run("PRAGMA synchronous = NORMAL");
        file.Run("PRAGMA wal_autocheckpoint = 8000");
        file.Run("PRAGMA journal_size_limit = 67108864");
        file.Run("PRAGMA cache_size = -32768");
        file.Run("PRAGMA cell_size_check = ON");
    }
}
