using Fabric.Embedded.Storage.Sqlite;

namespace Fabric.Embedded.Storage.Audit;

/// <summary>Deletes what is old, in transactions so small that commits between them do not notice.</summary>
internal sealed class AuditRetention
{
    private const int SliceRows = 512;
    private const long InventoryMs = 48L * 3_600_000;

    private readonly SqliteFile _file;
    private long _at;

    public AuditRetention(SqliteFile file) => _file = file;

    /// <summary>One slice of the request; false when nothing is left to do for it. Throws <see cref="StorageException"/>.</summary>
    public bool Slice(AuditTrim trim, long nowMs)
    {
        // The inventory answers for what is alive, whatever the retention of records: a credential lives for a day at most.
        var credentialsLeft = TrimCredentials(Math.Min(trim.OlderThanMs, nowMs - InventoryMs));
        var recordsLeft = trim.Budget > 0 && TrimRecords(trim);
        return credentialsLeft || recordsLeft;
    }

    private bool TrimRecords(AuditTrim trim)
    {
        var older = trim.OlderThanMs;
        var bound = _file.ReadLong($"SELECT max(last) FROM minute WHERE minute <= {AuditSchema.MinuteOf(older)}");
        var (rows, to) = Look(Math.Min(SliceRows, trim.Budget), bound, older, out var found);
        trim.Budget -= rows;
        trim.Deleted += found;
        if (rows == 0)
        {
            // At the end of what can be old: the next request starts at the first record again.
            _file.Run("DELETE FROM minute WHERE last < ifnull((SELECT min(id) FROM record), 0)");
            _at = 0;
            return false;
        }

        if (found > 0)
        {
            _file.Run("BEGIN IMMEDIATE");
            _file.Run($"DELETE FROM record WHERE id > {_at} AND id <= {to} AND time < {older}");
            _file.Run($"DELETE FROM id_list WHERE record > {_at} AND record <= {to} AND record NOT IN (SELECT id FROM record WHERE id > {_at} AND id <= {to})");
            _file.Run("COMMIT");
        }

        _at = to;
        return trim.Budget > 0;
    }

    private (int Rows, long To) Look(int most, long bound, long older, out int found)
    {
        using var rows = _file.Prepare("SELECT id, time FROM record WHERE id > ?1 AND id <= ?2 ORDER BY id LIMIT ?3");
        rows.Bind(1, _at);
        rows.Bind(2, bound);
        rows.Bind(3, most);
        var (count, to) = (0, _at);
        found = 0;
        while (rows.Step())
        {
            count++;
            to = rows.Long(0);
            found += rows.Long(1) < older ? 1 : 0;
        }

        return (count, to);
    }

    private bool TrimCredentials(long olderMs)
    {
        if (olderMs <= 0)
        {
            return false;
        }

        using var find = _file.Prepare("SELECT id FROM credential WHERE id < ?1 ORDER BY id LIMIT 1 OFFSET ?2");
        find.BindId(1, (UInt128)(ulong)olderMs << 80);
        find.Bind(2, 0);
        if (!find.Step())
        {
            return false;
        }

        find.Reset();
        find.Bind(2, SliceRows);
        var isMore = find.Step();
        var to = isMore ? AuditSchema.Read(find.Blob(0)) : (UInt128)(ulong)olderMs << 80;
        find.Reset();
        using var delete = _file.Prepare("DELETE FROM credential WHERE id < ?1");
        delete.BindId(1, to);
        delete.Execute();
        return isMore;
    }
}
