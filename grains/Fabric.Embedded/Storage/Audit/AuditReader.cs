using Fabric.Embedded.Storage.Sqlite;

namespace Fabric.Embedded.Storage.Audit;

/// <summary>One reading connection, used by one thread at a time.</summary>
internal sealed class AuditReader : IDisposable
{
    private const int CachedMax = 16_384;
    private const long InventoryMs = 24L * 3_600_000;
    private const int BusyMs = 1_000;

    private readonly SqliteFile _file;
    private readonly SqliteStatement _name;
    private readonly SqliteStatement _find;
    private readonly Dictionary<long, string> _names = [];

    public AuditReader(string path)
    {
        _file = SqliteFile.Open(path, readOnly: true);
        try
        {
            _file.Run($"PRAGMA busy_timeout = {BusyMs}");
            _file.Run("PRAGMA cache_size = -8192");
            _name = _file.Prepare("SELECT text FROM name WHERE id = ?1");
            _find = _file.Prepare("SELECT session, expires FROM credential WHERE id = ?1");
        }
        catch (Exception)
        {
            _file.Dispose();
            throw;
        }
    }

    public IReadOnlyList<(long Id, AuditRecord Record)> Query(AuditFilter filter)
    {
        var found = new List<(long, AuditRecord)>();
        if (AuditQueryPlan.Make(_file, filter) is not { } plan)
        {
            return found;
        }

        using var rows = _file.Prepare(plan.Sql);
        plan.Bind(rows);
        while (rows.Step())
        {
            found.Add((rows.Long(0), RecordOf(rows)));
        }

        return found;
    }

    public (UInt128 Session, long ExpiresMs)? FindCredential(UInt128 id)
    {
        _find.BindId(1, id);
        (UInt128, long)? found = _find.Step() ? (AuditSchema.Read(_find.Blob(0)), _find.Long(1)) : null;
        _find.Reset();
        return found;
    }

    public long CountLiveCredentials(Func<UInt128, bool> inScope, long nowMs, Func<UInt128, UInt128, bool> isAlive)
    {
        using var rows = _file.Prepare("SELECT id, session FROM credential WHERE id >= ?1 AND expires > ?2");
        rows.BindId(1, UInt128.Max((UInt128)(ulong)Math.Max(0, nowMs - InventoryMs) << 80, 1));
        rows.Bind(2, nowMs);
        long count = 0;
        var (last, isIn) = (UInt128.Zero, false);
        var any = false;
        while (rows.Step())
        {
            var session = AuditSchema.Read(rows.Blob(1));
            if (!any || session != last)
            {
                (any, last, isIn) = (true, session, inScope(session));
            }

            if (isIn && isAlive(AuditSchema.Read(rows.Blob(0)), session))
            {
                count++;
            }
        }

        return count;
    }

    public void Dispose() => _file.Dispose();

    /// <summary>Columns as in <see cref="AuditSchema.Columns"/>.</summary>
    private AuditRecord RecordOf(SqliteStatement row) => new()
    {
        Sequence = row.Long(1),
        Part = (int)row.Long(2),
        TimeMs = row.Long(3),
        Kind = NameOf(row.Long(4))!,
        Tenant = NameOf(row.Long(6))!,
        User = NameOf(row.Long(7)),
        Agent = NameOf(row.Long(8)),
        SessionId = AuditSchema.Read(row.Blob(9)),
        Credential = AuditSchema.Read(row.Blob(10)),
        Tool = NameOf(row.Long(11)),
        Action = NameOf(row.Long(12)),
        Resource = row.Text(13),
        Purpose = row.Text(14),
        Reason = row.Text(15),
        By = NameOf(row.Long(16)),
        DelegatedFrom = AuditSchema.Read(row.Blob(17)),
        Revision = (ulong)row.Long(18),
        Count = row.Long(19),
        FirstMs = row.Long(20),
        LastMs = row.Long(21),
        Detail = row.Text(22),
        CredentialsExpireMs = row.Long(23),
        PreviousCredential = AuditSchema.Read(row.Blob(24)),
    };

    private string? NameOf(long id)
    {
        if (id == 0)
        {
            return null;
        }

        if (_names.TryGetValue(id, out var text))
        {
            return text;
        }

        if (_names.Count >= CachedMax)
        {
            _names.Clear();
        }

        _name.Bind(1, id);
        text = _name.Step() ? _name.Text(0)! : throw new StorageException(SQLitePCL.raw.SQLITE_CORRUPT, $"`audit.db`: name {id} is not there");
        _name.Reset();
        _names.Add(id, text);
        return text;
    }
}
