namespace Fabric.Embedded.Storage;

/// <summary>SQLite refused an operation. Infrastructure, never a bad command; what was asked for is not stored.</summary>
public sealed class StorageException : Exception
{
    /// <summary>An error with SQLite's extended result code.</summary>
    public StorageException(int resultCode, string message)
        : base(message) => ResultCode = resultCode;

    /// <summary>SQLite's extended result code (https://sqlite.org/rescode.html).</summary>
    public int ResultCode { get; }

    /// <summary>SQLite's primary result code: the low byte.</summary>
    public int PrimaryCode => ResultCode & 0xff;

    /// <summary>Whether the file itself is at fault (SQLITE_CORRUPT, SQLITE_NOTADB, or a failed read), not the room or the rights.</summary>
    public bool IsDamage => PrimaryCode is SQLitePCL.raw.SQLITE_CORRUPT or SQLitePCL.raw.SQLITE_NOTADB or SQLitePCL.raw.SQLITE_FORMAT
        || ResultCode is SQLitePCL.raw.SQLITE_IOERR_READ or SQLitePCL.raw.SQLITE_IOERR_SHORT_READ;
}
