using Fabric.Embedded.Storage.Sqlite;

namespace Fabric.Embedded.Storage;

/// <summary>
/// The checkpointed entities, by kind and key, and the journal position that they cover: at start the journal is replayed from there.
/// A checkpoint is written in chunks while the engine runs, each chunk one synced transaction. Calls may come from any thread.
/// </summary>
public sealed class StateStore : IDisposable
{
    /// <summary>The longest key in bytes.</summary>
    public const int MaxKeyBytes = 1024;

    private const ulong FormatVersion = 2;
    private const string CoveredKey = "covered";

    // A row is found by its key alone: an update costs one descent. Time-ordered keys (sessions) fill pages in order.
    private const string CreateTable = "CREATE TABLE entity(key BLOB PRIMARY KEY, value BLOB NOT NULL) WITHOUT ROWID";

    private readonly Lock _gate = new();
    private readonly string _path;
    private SqliteFile? _file;
    private MetaTable? _meta;
    private SqliteStatement? _upsert;
    private SqliteStatement? _delete;
    private byte[] _key = new byte[64];
    private byte[] _value = new byte[512];
    private bool _disposed;

    private StateStore(string path, SqliteFile file)
    {
        _path = path;
        Use(file);
        CoveredSequence = _meta!.GetNumber(CoveredKey);
    }

    /// <summary>Everything up to this journal sequence number is in the stored entities.</summary>
    public ulong CoveredSequence { get; private set; }

    /// <summary>
    /// Opens or creates the folder's state file. Throws <see cref="FabricStartException"/> when it is damaged, of another format, of another
    /// fabric, or cannot be written.
    /// </summary>
    public static StateStore Open(DataFolder folder, UInt128 fabricId)
    {
        var path = folder.StateFile;
        SqliteFile? file = null;
        try
        {
            file = OpenFile(path);
            StoreFile.Prepare(file, FormatVersion, fabricId, CreateTable);
            return new StateStore(path, file);
        }
        catch (StorageException e)
        {
            file?.Abandon();
            throw Failed(path, e);
        }
        catch (FabricStartException)
        {
            file?.Abandon();
            throw;
        }
    }

    /// <summary>
    /// Hands out every stored entity, ordered by kind and key. Throws <see cref="FabricStartException"/> on the first damaged one: a state
    /// with a hole is not used.
    /// </summary>
    public void Load(StateVisitor visitor)
    {
        lock (_gate)
        {
            try
            {
                using var rows = File.Prepare("SELECT key, value FROM entity");
                while (rows.Step())
                {
                    var key = rows.Blob(0);
                    if (key.IsEmpty || !Checksum.TryOpen(key, rows.Blob(1), out var value))
                    {
                        throw Damaged(_path, $"the checksum of entity `{Convert.ToHexStringLower(key)}` does not match");
                    }

                    visitor(key[0], key[1..], value);
                }
            }
            catch (StorageException e)
            {
                throw Failed(_path, e);
            }
        }
    }

    /// <summary>
    /// Stores a chunk in one transaction, synced on return. With <paramref name="coveredSequence"/> (the last chunk of a checkpoint) the
    /// covered position moves in the same transaction. What the rows hold must be committed in the journal already: otherwise a crash
    /// could keep what was never acknowledged. Throws <see cref="StorageException"/>; then nothing of the chunk is stored.
    /// </summary>
    public void Write(IEnumerable<StateRow> rows, ulong? coveredSequence = null)
    {
        lock (_gate)
        {
            try
            {
                var file = File;
                file.Run("BEGIN IMMEDIATE");
                foreach (var row in rows)
                {
                    Write(row);
                }

                if (coveredSequence is { } covered)
                {
                    _meta!.SetNumber(CoveredKey, covered);
                }

                file.Run("COMMIT");
                CoveredSequence = coveredSequence ?? CoveredSequence;
            }
            catch (Exception)
            {
                // The connection may be in the middle of a transaction; the next call starts with a new one.
                _file?.Abandon();
                _file = null;
                throw;
            }
        }
    }

    /// <summary>Closes the file.</summary>
    public void Dispose()
    {
        lock (_gate)
        {
            _disposed = true;
            _file?.Dispose();
            _file = null;
        }
    }

    private SqliteFile File
    {
        get
        {
            ObjectDisposedException.ThrowIf(_disposed, this);
            if (_file is null)
            {
                Use(OpenFile(_path));
            }

            return _file!;
        }
    }

    private void Use(SqliteFile file)
    {
        _file = file;
        _meta = new MetaTable(file);
        _upsert = file.Prepare("INSERT INTO entity(key, value) VALUES(?1, ?2) ON CONFLICT(key) DO UPDATE SET value = excluded.value");
        _delete = file.Prepare("DELETE FROM entity WHERE key = ?1");
    }

    private void Write(StateRow row)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(row.Key.Length, MaxKeyBytes, nameof(row));
        var key = Room(ref _key, row.Key.Length + 1);
        key[0] = row.Kind;
        row.Key.Span.CopyTo(key[1..]);
        if (row.Value is null)
        {
            _delete!.Bind(1, key);
            _delete.Execute();
            return;
        }

        var stored = Room(ref _value, row.Value.Length + Checksum.Size);
        Checksum.Seal(key, row.Value, stored);
        _upsert!.Bind(1, key);
        _upsert.Bind(2, stored);
        _upsert.Execute();
    }

    private static Span<byte> Room(ref byte[] buffer, int length)
    {
        if (buffer.Length < length)
        {
            buffer = new byte[Math.Max(length, buffer.Length * 2)];
        }

        return buffer.AsSpan(0, length);
    }

    private static SqliteFile OpenFile(string path)
    {
        var file = SqliteFile.Open(path);
        try
        {
            file.Run("PRAGMA page_size = 8192");
            file.Run("PRAGMA locking_mode = EXCLUSIVE");
            StoreFile.Configure(file, cacheKib: 32 << 10);
            return file;
        }
        catch (StorageException)
        {
            file.Abandon();
            throw;
        }
    }

    private static FabricStartException Failed(string path, StorageException e) => e.IsDamage || e.PrimaryCode == SQLitePCL.raw.SQLITE_ERROR
        ? Damaged(path, e.Message)
        : StoreFile.Unavailable(path, e);

    private static FabricStartException Damaged(string path, string reason) => new(StartCodes.StateDamaged,
        $"the state checkpoint `{path}` is damaged: {reason}. Restore the data folder from a backup");
}
