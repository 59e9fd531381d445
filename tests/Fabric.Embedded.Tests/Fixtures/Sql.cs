using Fabric.Embedded.Storage.Sqlite;

namespace Fabric.Embedded.Tests.Fixtures;

/// <summary>Reaches into a closed database file, to see or to spoil what is in it.</summary>
internal static class Sql
{
    public static void Run(string path, string sql)
    {
        using var file = SqliteFile.Open(path);
        file.Run(sql);
    }

    public static void Meta(string path, Action<MetaTable> change)
    {
        using var file = SqliteFile.Open(path);
        change(new MetaTable(file));
    }

    public static long Number(string path, string sql)
    {
        using var file = SqliteFile.Open(path);
        return file.ReadLong(sql);
    }
}
