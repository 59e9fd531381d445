using System.Buffers.Binary;

namespace Fabric.Embedded.Storage.Sqlite;

/// <summary>The table `meta` that every file has: text key to bytes. Numbers are eight bytes, little-endian.</summary>
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

    public byte[]? Get(string key)
    {
        _get.Bind(1, key);
        var value = _get.Step() ? _get.Blob(0).ToArray() : null;
        _get.Reset();
        return value;
    }

    public void Set(string key, ReadOnlySpan<byte> value)
    {
        _set.Bind(1, key);
        _set.Bind(2, value);
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
            other.Set(all.Text(0)!, all.Blob(1));
        }
    }

    /// <summary>Refuses a file that a newer version wrote: its rows could mean something else.</summary>
    public void RequireFormat(ulong newest, string path)
    {
        var format = GetNumber(FormatKey);
        if (format > newest)
        {
            throw new FabricStartException(StartCodes.FormatNewer,
                $"`{path}` has format {format}, this version reads up to {newest}; start it with the version that wrote it, or a newer one");
        }
    }
}
