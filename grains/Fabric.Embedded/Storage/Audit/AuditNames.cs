using Fabric.Embedded.Storage.Sqlite;

namespace Fabric.Embedded.Storage.Audit;

/// <summary>The numbers of the texts in table `name`, for the writer. Belongs to one connection, and ends with it after an error.</summary>
internal sealed class AuditNames
{
    private const int CachedMax = 65_536;

    private readonly Dictionary<(long Scope, string Text), long> _cache = [];
    private readonly SqliteStatement _find;
    private readonly SqliteStatement _insert;
    private long _next;

    public AuditNames(SqliteFile file)
    {
        _find = file.Prepare("SELECT id FROM name WHERE text = ?1 AND scope = ?2");
        _insert = file.Prepare("INSERT INTO name(id, scope, text) VALUES(?1, ?2, ?3)");
        _next = file.ReadLong("SELECT max(id) FROM name") + 1;
    }

    /// <summary>The number of a text; 0 for null.</summary>
    public long Of(long scope, string? text)
    {
        if (text is null)
        {
            return 0;
        }

        if (_cache.TryGetValue((scope, text), out var id))
        {
            return id;
        }

        if (_cache.Count >= CachedMax)
        {
            _cache.Clear();
        }

        id = Find(scope, text);
        _cache.Add((scope, text), id);
        return id;
    }

    private long Find(long scope, string text)
    {
        _find.Bind(1, text);
        _find.Bind(2, scope);
        var id = _find.Step() ? _find.Long(0) : 0;
        _find.Reset();
        if (id == 0)
        {
            id = _next++;
            _insert.Bind(1, id);
            _insert.Bind(2, scope);
            _insert.Bind(3, text);
            _insert.Execute();
        }

        return id;
    }
}
