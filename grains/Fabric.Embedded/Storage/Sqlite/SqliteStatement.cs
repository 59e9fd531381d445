using System.Text;
using SQLitePCL;

namespace Fabric.Embedded.Storage.Sqlite;

/// <summary>A prepared statement: bind (parameters count from 1), step, read (columns count from 0), reset. No allocation between them.</summary>
internal sealed class SqliteStatement : IDisposable
{
    private const int ShortText = 128;

    private readonly SqliteFile _file;
    private readonly sqlite3_stmt _handle;
    private readonly string _sql;
    private bool _disposed;

    internal SqliteStatement(SqliteFile file, sqlite3_stmt handle, string sql)
    {
        _file = file;
        _handle = handle;
        _sql = sql;
    }

    public void Bind(int index, long value) => Check(raw.sqlite3_bind_int64(_handle, index, value));

    public void Bind(int index, ReadOnlySpan<byte> value) =>
        Check(value.IsEmpty ? raw.sqlite3_bind_zeroblob(_handle, index, 0) : raw.sqlite3_bind_blob(_handle, index, value));

    /// <summary>Binds text, or NULL. Short text is encoded on the stack.</summary>
    public void Bind(int index, string? value)
    {
        if (value is null)
        {
            BindNull(index);
        }
        else if (value.Length is 0 or > ShortText)
        {
            Check(raw.sqlite3_bind_text(_handle, index, value));
        }
        else
        {
            Span<byte> bytes = stackalloc byte[ShortText * 3];
            Check(raw.sqlite3_bind_text(_handle, index, bytes[..Encoding.UTF8.GetBytes(value, bytes)]));
        }
    }

    public void BindNull(int index) => Check(raw.sqlite3_bind_null(_handle, index));

    /// <summary>True when a row is there, false at the end. An error resets the statement and throws <see cref="StorageException"/>.</summary>
    public bool Step()
    {
        var result = raw.sqlite3_step(_handle);
        if (result == raw.SQLITE_ROW)
        {
            return true;
        }

        if (result == raw.SQLITE_DONE)
        {
            return false;
        }

        var error = _file.Error(_sql, result);
        raw.sqlite3_reset(_handle);
        throw error;
    }

    /// <summary>Steps once and makes the statement ready for the next use.</summary>
    public void Execute()
    {
        Step();
        Reset();
    }

    public long Long(int column) => raw.sqlite3_column_int64(_handle, column);

    /// <summary>The bytes of a column, valid until the next step or reset.</summary>
    public ReadOnlySpan<byte> Blob(int column) => raw.sqlite3_column_blob(_handle, column);

    public string? Text(int column) =>
        raw.sqlite3_column_type(_handle, column) == raw.SQLITE_NULL ? null : raw.sqlite3_column_text(_handle, column).utf8_to_string();

    public bool IsNull(int column) => raw.sqlite3_column_type(_handle, column) == raw.SQLITE_NULL;

    public void Reset() => raw.sqlite3_reset(_handle);

    public void Dispose()
    {
        if (!_disposed)
        {
            _disposed = true;
            _file.Forget(this);
            _handle.Dispose();
        }
    }

    private void Check(int result)
    {
        if (result != raw.SQLITE_OK)
        {
            throw _file.Error(_sql, result);
        }
    }
}
