using System.Buffers.Binary;
using System.Text;

namespace Fabric.Embedded.Storage.Sqlite;

/// <summary>The table `meta` that every file has: text key to bytes behind their checksum. Numbers are eight bytes, little-endian.</summary>
internal sealed class MetaTable
{
    public const string Create = "CREATE TABLE meta(key TEXT PRIMARY KEY, value BLOB NOT NULL) WITHOUT ROWID";
    public const string FormatKey = "format";
    public const string FabricKey = "fabric";

    private readonly SqliteFile _file;
    private readonly SqliteStatement _get;
    private readonly SqliteStatement _set;

    public MetaTable(SqliteFile file)
    {
        _file = file;
        _get = file.Prepare("SELECT value FROM meta WHERE key = ?1");
        _set = file.Prepare("INSERT INTO meta(key, value) VALUES(?1, ?2) ON CONFLICT(key) DO UPDATE SET value = excluded.value");
    }

    /// <summary>The value of a key, or null. Throws <see cref="StorageException"/> when its checksum does not match.</summary>
    public byte[]? Get(string key)
    {
        _get.Bind(1, key);
        try
        {
            return _get.Step() ? Open(key, _get.Blob(0)).ToArray() : null;
        }
        finally
        {
            _get.Reset();
        }
    }

    public void Set(string key, ReadOnlySpan<byte> value)
    {
        var stored = new byte[Checksum.Size + value.Length];
        Checksum.Seal(Encoding.UTF8.GetBytes(key), value, stored);
        _set.Bind(1, key);
        _set.Bind(2, stored);
        _set.Execute();
    }

    public ulong GetNumber(string key) =>
        Get(key) is { Length: sizeof(ulong) } bytes ? BinaryPrimitives.ReadUInt64LittleEndian(bytes) : 0;

    public void SetNumber(string key, ulong value)
    {
        Span<byte> bytes = stackalloc byte[sizeof(ulong)];
        BinaryPrimitives.WriteUInt64LittleEndian(bytes, value);
        Set(key, bytes);
    }

    public void CopyTo(MetaTable other)
    {
        using var all = _file.Prepare("SELECT key, value FROM meta");
        while (all.Step())
        {
            var key = all.Text(0)!;
            other.Set(key, Open(key, all.Blob(1)));
        }
    }

    /// <summary>Refuses a file of another format, newer or older: its rows could mean something else.</summary>
    public void RequireFormat(ulong expected, string path)
    {
        var format = GetNumber(FormatKey);
        if (format > expected)
        {
            throw new FabricStartException(StartCodes.FormatNewer,
                $"`{path}` has format {format}, this version reads {expected}; start it with the version that wrote it, or a newer one");
        }

        if (format > 0 && format < expected)
        {
            throw new FabricStartException(StartCodes.FormatOlder,
                $"`{path}` has format {format}, this version reads {expected} alone; start it with the version that wrote it");
        }
    }

    private ReadOnlySpan<byte> Open(string key, ReadOnlySpan<byte> stored) =>
        Checksum.TryOpen(Encoding.UTF8.GetBytes(key), stored, out var value)
            ? value
            : throw new StorageException(SQLitePCL.raw.SQLITE_CORRUPT, $"`{System.IO.Path.GetFileName(_file.Path)}`: the value of `{key}` in table meta is damaged");
}
