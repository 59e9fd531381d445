using Fabric.Embedded.Storage.Sqlite;

namespace Fabric.Embedded.Storage;

/// <summary>
/// The journal's SQLite file: table `batch`, one row a commit, and `meta`. One connection, used by one thread at a time.
/// Exclusive locking keeps the WAL index in memory: no shared-memory file, no lock calls on the way of a commit.
/// </summary>
internal sealed class JournalFile : IDisposable
{
    public const ulong FormatVersion = 1;

    private const string AnchorSequenceKey = "anchor.sequence";
    private const string AnchorHashKey = "anchor.hash";
    private const int PageBytes = 4096;
    private const long CheckpointWhenIdleBytes = 4 << 20;
    private const long CheckpointBytes = 16 << 20;
    private const ulong CredibleSpan = 1UL << 32;
    private const int TrimRows = 64;
    private const long TrimBytes = 1 << 20;

    private readonly SqliteFile _file;
    private readonly SqliteStatement _insert;
    private readonly byte[] _lastHash = new byte[JournalBatch.HashSize];
    private long _walBytes;

    private JournalFile(SqliteFile file)
    {
        _file = file;
        Meta = new MetaTable(file);
        Meta.RequireFormat(FormatVersion, file.Path);
        _insert = file.Prepare("INSERT INTO batch(first, last, hash, data) VALUES(?1, ?2, ?3, ?4)");
        AnchorHash = Meta.Get(AnchorHashKey) ?? new byte[JournalBatch.HashSize];
        AnchorSequence = Meta.GetNumber(AnchorSequenceKey);
        Last = AnchorSequence;
        AnchorHash.CopyTo(_lastHash, 0);
    }

    public MetaTable Meta { get; }

    public string Path => _file.Path;

    /// <summary>The last sequence number that was trimmed away; the first row follows on it.</summary>
    public ulong AnchorSequence { get; private set; }

    public byte[] AnchorHash { get; private set; }

    /// <summary>The last sequence number that is stored.</summary>
    public ulong Last { get; private set; }

    public ReadOnlySpan<byte> LastHash => _lastHash;

    /// <summary>Makes a new journal. <paramref name="fill"/> writes its meta keys in the same transaction.</summary>
    public static JournalFile Create(string path, Action<MetaTable> fill)
    {
        var file = Configure(SqliteFile.Open(path), salvage: false);
        try
        {
            file.Run("BEGIN IMMEDIATE");
            file.Run(MetaTable.Create);
            file.Run("CREATE TABLE batch(first INTEGER PRIMARY KEY, last INTEGER NOT NULL, hash BLOB NOT NULL, data BLOB NOT NULL)");
            var meta = new MetaTable(file);
            meta.SetNumber(MetaTable.FormatKey, FormatVersion);
            fill(meta);
            file.Run("COMMIT");
            return new JournalFile(file);
        }
        catch (Exception)
        {
            file.Abandon();
            throw;
        }
    }

    /// <summary>
    /// Opens a journal. With <paramref name="salvage"/> SQLite reads what it can of a file that is shorter than its header says,
    /// which it otherwise refuses as a whole.
    /// </summary>
    public static JournalFile Open(string path, bool salvage = false)
    {
        var file = SqliteFile.Open(path);
        try
        {
            return new JournalFile(Configure(file, salvage));
        }
        catch (Exception)
        {
            file.Abandon();
            throw;
        }
    }

    /// <summary>Takes <see cref="Last"/> from the newest row without a check of the chain: after an error of a commit, to learn whether it landed.</summary>
    public void SeekLast()
    {
        using var newest = _file.Prepare("SELECT last, hash FROM batch ORDER BY first DESC LIMIT 1");
        if (newest.Step())
        {
            Reached((ulong)newest.Long(0), newest.Blob(1));
        }
    }

    /// <summary>The rows in order; the reader verifies them and tells <see cref="Reached"/>.</summary>
    public SqliteStatement Rows() => _file.Prepare("SELECT first, last, hash, data FROM batch ORDER BY first");

    public void Reached(ulong last, ReadOnlySpan<byte> hash)
    {
        Last = last;
        hash.CopyTo(_lastHash);
    }

    /// <summary>The last sequence number that the newest row states, also behind a damage; 0 when it is not readable or not credible.</summary>
    public ulong NewestReadable()
    {
        try
        {
            var newest = (ulong)_file.ReadLong("SELECT last FROM batch ORDER BY first DESC LIMIT 1");
            return newest > Last && newest - Last < CredibleSpan ? newest : 0;
        }
        catch (StorageException)
        {
            return 0;
        }
    }

    /// <summary>One row, one transaction: on disk when this returns.</summary>
    public void Insert(JournalBatch batch)
    {
        Span<byte> hash = stackalloc byte[JournalBatch.HashSize];
        batch.Hash(_lastHash, hash);
        InsertRow(batch.First, batch.Last, hash, batch.Data);
        Reached(batch.Last, hash);
    }

    public void InsertRow(ulong first, ulong last, ReadOnlySpan<byte> hash, ReadOnlySpan<byte> data)
    {
        _insert.Bind(1, (long)first);
        _insert.Bind(2, (long)last);
        _insert.Bind(3, hash);
        _insert.Bind(4, data);
        _insert.Execute();
        _walBytes += PageBytes + data.Length + (data.Length / 64);
    }

    /// <summary>Deletes some of the rows that end at or before <paramref name="upTo"/>; false when none is left.</summary>
    public bool TrimChunk(ulong upTo)
    {
        ulong last = 0;
        byte[] hash = [];
        long bytes = 0;
        var rows = 0;
        using (var select = _file.Prepare("SELECT last, hash, length(data) FROM batch WHERE first <= ?1 ORDER BY first"))
        {
            select.Bind(1, (long)upTo);
            while (rows < TrimRows && bytes < TrimBytes && select.Step() && (ulong)select.Long(0) <= upTo)
            {
                last = (ulong)select.Long(0);
                hash = select.Blob(1).ToArray();
                bytes += select.Long(2);
                rows++;
            }
        }

        if (rows == 0)
        {
            return false;
        }

        // The anchor moves in the same transaction: the chain never starts at a row that is gone.
        _file.Run("BEGIN IMMEDIATE");
        _file.Run($"DELETE FROM batch WHERE first <= {last}");
        Meta.SetNumber(AnchorSequenceKey, last);
        Meta.Set(AnchorHashKey, hash);
        _file.Run("COMMIT");
        (AnchorSequence, AnchorHash) = (last, hash);
        _walBytes += PageBytes * (rows + 4L);
        return true;
    }

    /// <summary>Moves the WAL into the file when it is long; when idle, earlier. Nobody waits for a commit meanwhile unless it is very long.</summary>
    public void CheckpointIfDue(bool idle)
    {
        if (_walBytes >= (idle ? CheckpointWhenIdleBytes : CheckpointBytes))
        {
            _file.Run("PRAGMA wal_checkpoint(PASSIVE)");
            _walBytes = 0;
        }
    }

    public bool CheckpointDueWhenIdle => _walBytes >= CheckpointWhenIdleBytes;

    /// <summary>Moves all of the WAL into the file and empties it. Throws <see cref="StorageException"/> when that is not possible.</summary>
    public void CheckpointAll()
    {
        _file.Run("PRAGMA wal_checkpoint(TRUNCATE)");
        _walBytes = 0;
    }

    public void Abandon() => _file.Abandon();

    public void Dispose() => _file.Dispose();

    private static SqliteFile Configure(SqliteFile file, bool salvage)
    {
        file.Run("PRAGMA locking_mode = EXCLUSIVE");
        if (salvage)
        {
            file.Run("PRAGMA writable_schema = ON");
        }
        else
        {
            file.Run("PRAGMA journal_mode = WAL");
        }

        // D1: FULL syncs the WAL at each commit. Checkpoints are made between commits, never by one that somebody waits for.
        file.Run("PRAGMA synchronous = FULL");
        file.Run("PRAGMA wal_autocheckpoint = 0");
        file.Run("PRAGMA cache_size = -4096");
        file.Run("PRAGMA cell_size_check = ON");
        return file;
    }
}
