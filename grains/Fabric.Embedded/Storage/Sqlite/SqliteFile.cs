using SQLitePCL;

namespace Fabric.Embedded.Storage.Sqlite;

/// <summary>
/// One connection to one SQLite file, used by one thread at a time. Statements belong to their connection and end with it.
/// The raw interface, because a commit here is one statement and a load is a million rows: an ADO.NET reader costs more than SQLite does.
/// </summary>
internal sealed class SqliteFile : IDisposable
{
    private const int NoCheckpointOnClose = 1006; // SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE

    private readonly sqlite3 _db;
    private readonly List<SqliteStatement> _statements = [];

    static SqliteFile() => Batteries_V2.Init();

    private SqliteFile(sqlite3 db, string path)
    {
        _db = db;
        Path = path;
    }

    public string Path { get; }

    /// <summary>Opens or creates the file, mode 0600. Throws <see cref="StorageException"/>.</summary>
    public static SqliteFile Open(string path, bool readOnly = false)
    {
        if (!readOnly)
        {
            CreatePrivate(path);
        }

        var flags = raw.SQLITE_OPEN_NOMUTEX | (readOnly ? raw.SQLITE_OPEN_READONLY : raw.SQLITE_OPEN_READWRITE);
        var result = raw.sqlite3_open_v2(path, out var db, flags, null);
        var file = new SqliteFile(db, path);
        if (result != raw.SQLITE_OK)
        {
            var error = file.Error("open", result);
            file.Dispose();
            throw error;
        }

        raw.sqlite3_extended_result_codes(db, 1);
        if (!readOnly && raw.sqlite3_db_readonly(db, "main") == 1)
        {
            // SQLite opens for reading what it may not write, and says so only at the first write, as an I/O error of a lock.
            file.Abandon();
            throw new StorageException(raw.SQLITE_READONLY, $"`{System.IO.Path.GetFileName(path)}`: the file or its file system is read-only");
        }

        return file;
    }

    /// <summary>Runs statements that return nothing of interest.</summary>
    public void Run(string sql)
    {
        var result = raw.sqlite3_exec(_db, sql);
        if (result != raw.SQLITE_OK)
        {
            throw Error(sql, result);
        }
    }

    public SqliteStatement Prepare(string sql)
    {
        var result = raw.sqlite3_prepare_v3(_db, sql, raw.SQLITE_PREPARE_PERSISTENT, out var handle);
        if (result != raw.SQLITE_OK)
        {
            throw Error(sql, result);
        }

        var statement = new SqliteStatement(this, handle, sql);
        _statements.Add(statement);
        return statement;
    }

    /// <summary>The first column of the first row as a number; 0 without a row.</summary>
    public long ReadLong(string sql)
    {
        using var statement = Prepare(sql);
        return statement.Step() ? statement.Long(0) : 0;
    }

    /// <summary>Closes without moving the WAL into the file: after an error the file must not be touched again on the way out.</summary>
    public void Abandon()
    {
        raw.sqlite3_db_config(_db, NoCheckpointOnClose, 1, out _);
        Dispose();
    }

    public void Dispose()
    {
        for (var i = _statements.Count - 1; i >= 0; i--)
        {
            _statements[i].Dispose();
        }

        _db.Dispose();
    }

    internal void Forget(SqliteStatement statement) => _statements.Remove(statement);

    internal StorageException Error(string doing, int result)
    {
        var extended = raw.sqlite3_extended_errcode(_db);
        var code = (extended & 0xff) == (result & 0xff) ? extended : result;
        var verb = doing.AsSpan().Trim();
        var end = verb.IndexOfAny(' ', '(');
        var text = raw.sqlite3_errstr(code).utf8_to_string();
        var file = System.IO.Path.GetFileName(Path);
        return new StorageException(code, $"`{file}`: {text} (sqlite {code}, {(end < 0 ? verb : verb[..end]).ToString().ToLowerInvariant()})");
    }

    private static void CreatePrivate(string path)
    {
        if (File.Exists(path))
        {
            return;
        }

        try
        {
            // Created before SQLite sees it, so that the file and the WAL, which takes over its mode, are never readable by others.
            var options = new FileStreamOptions { Mode = FileMode.OpenOrCreate, Access = FileAccess.ReadWrite, Share = FileShare.ReadWrite };
            if (!OperatingSystem.IsWindows())
            {
                options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
            }

            new FileStream(path, options).Dispose();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new StorageException(raw.SQLITE_CANTOPEN, $"`{System.IO.Path.GetFileName(path)}`: cannot be created: {e.Message}");
        }
    }
}
