using System.Buffers.Binary;
using Fabric.Embedded.Storage.Sqlite;

namespace Fabric.Embedded.Storage.Audit;

/// <summary>Writes records as rows, inside the transaction of its caller.</summary>
internal sealed class AuditRows
{
    private const long Everywhere = 0; // the scope of texts that belong to no tenant
    private const long EarlyMsMax = 7L * 24 * 3_600_000;
    private const long LateMsMax = 300_000;

    private readonly AuditNames _names;
    private readonly SqliteStatement _insert;
    private readonly SqliteStatement _find;
    private readonly SqliteStatement _credential;
    private readonly SqliteStatement _idList;
    private readonly SqliteStatement _minute;
    private readonly Dictionary<long, (long First, long Last)> _minutes = [];
    private long _highestSequence;

    public AuditRows(SqliteFile file, long lastId)
    {
        _names = new AuditNames(file);
        _insert = file.Prepare($"INSERT INTO record({AuditSchema.Columns}) VALUES({string.Join(", ", Enumerable.Range(1, 25).Select(i => $"?{i}"))})");
        _find = file.Prepare("SELECT id FROM record WHERE seq = ?1 AND part = ?2");
        _credential = file.Prepare("INSERT INTO credential(id, record, session, expires) VALUES(?1, ?2, ?3, ?4) ON CONFLICT DO NOTHING");
        _idList = file.Prepare("INSERT INTO id_list(record, low, high, ids) VALUES(?1, ?2, ?3, ?4)");
        _minute = file.Prepare("INSERT INTO minute(minute, first, last) VALUES(?1, ?2, ?3) "
            + "ON CONFLICT DO UPDATE SET first = min(first, excluded.first), last = max(last, excluded.last)");
        LastId = Math.Max(lastId, file.ReadLong("SELECT max(id) FROM record"));
        _highestSequence = file.ReadLong("SELECT max(seq) FROM record WHERE seq IS NOT NULL");
    }

    /// <summary>The highest id that was ever given: one is never given twice, also when its record was trimmed.</summary>
    public long LastId { get; private set; }

    public void Insert(AuditRecord record, long nowMs)
    {
        if (record.Sequence > 0 && IsKnown(record))
        {
            return;
        }

        var id = ++LastId;
        var isIssuance = record.Kind == AuditRecord.IssuedKind;
        var time = TimeOf(record, nowMs);
        InsertRow(id, record, time, isIssuance);
        Note(AuditSchema.MinuteOf(time), id);
        if (isIssuance)
        {
            InsertCredentials(id, record);
        }
        else if (record.CredentialIds is { Count: > 1 } ids)
        {
            InsertIdList(id, ids);
        }
    }

    /// <summary>Writes what is kept once a batch.</summary>
    public void FinishBatch()
    {
        foreach (var (minute, (first, last)) in _minutes)
        {
            _minute.Bind(1, minute);
            _minute.Bind(2, first);
            _minute.Bind(3, last);
            _minute.Execute();
        }

        _minutes.Clear();
    }

    // Sequences ascend, so the question is asked of the file only for the parts of one transaction and for what is fed again.
    private bool IsKnown(AuditRecord record)
    {
        if (record.Sequence > _highestSequence)
        {
            _highestSequence = record.Sequence;
            return false;
        }

        _find.Bind(1, record.Sequence);
        _find.Bind(2, record.Part);
        var known = _find.Step();
        _find.Reset();
        return known;
    }

    // What an enforcement point reports has its clock's time. A wrong clock may not put a record where retention never or at once finds it;
    // the first and last time of the calls stay as they were reported.
    private static long TimeOf(AuditRecord record, long nowMs) =>
        record.Sequence > 0 ? record.TimeMs : Math.Clamp(record.TimeMs, nowMs - EarlyMsMax, nowMs + LateMsMax);

    private void InsertRow(long id, AuditRecord record, long time, bool isIssuance)
    {
        var tenant = _names.Of(Everywhere, record.Tenant);
        var kind = _names.Of(Everywhere, record.Kind);
        _insert.Bind(1, id);
        _insert.BindSome(2, record.Sequence);
        _insert.Bind(3, record.Part);
        _insert.Bind(4, time);
        _insert.Bind(5, kind);
        _insert.BindSome(6, isIssuance || record.Kind == AuditRecord.UsageKind ? 0 : kind);
        _insert.Bind(7, tenant);
        _insert.BindSome(8, _names.Of(tenant, record.User));
        _insert.BindSome(9, _names.Of(tenant, record.Agent));
        _insert.BindId(10, record.SessionId);
        _insert.BindId(11, record.Credential == UInt128.Zero && record.CredentialIds is { Count: 1 } one ? one[0] : record.Credential);
        _insert.BindSome(12, _names.Of(tenant, record.Tool));
        _insert.BindSome(13, _names.Of(tenant, record.Action));
        _insert.Bind(14, record.Resource);
        _insert.Bind(15, record.Purpose);
        _insert.Bind(16, record.Reason);
        _insert.BindSome(17, _names.Of(tenant, record.By));
        _insert.BindId(18, record.DelegatedFrom);
        _insert.BindSome(19, (long)record.Revision);
        _insert.BindSome(20, record.Count);
        _insert.BindSome(21, record.FirstMs);
        _insert.BindSome(22, record.LastMs);
        _insert.Bind(23, record.Detail);
        _insert.BindSome(24, isIssuance ? record.CredentialsExpireMs : 0);
        _insert.BindId(25, record.PreviousCredential);
        _insert.Execute();
    }

    private void InsertCredentials(long id, AuditRecord record)
    {
        var ids = record.CredentialIds ?? (record.Credential == UInt128.Zero ? [] : [record.Credential]);
        Span<byte> session = stackalloc byte[16];
        BinaryPrimitives.WriteUInt128BigEndian(session, record.SessionId);
        _credential.Bind(2, id);
        _credential.Bind(3, session);
        _credential.Bind(4, record.CredentialsExpireMs);
        for (var i = 0; i < ids.Count; i++)
        {
            _credential.BindId(1, ids[i]);
            _credential.Execute();
        }
    }

    private void InsertIdList(long id, IReadOnlyList<UInt128> ids)
    {
        UInt128[] sorted = [.. ids];
        Array.Sort(sorted);
        var bytes = new byte[16 * sorted.Length];
        for (var i = 0; i < sorted.Length; i++)
        {
            BinaryPrimitives.WriteUInt128BigEndian(bytes.AsSpan(16 * i), sorted[i]);
        }

        _idList.Bind(1, id);
        _idList.Bind(2, bytes.AsSpan(0, 16));
        _idList.Bind(3, bytes.AsSpan(bytes.Length - 16));
        _idList.Bind(4, bytes);
        _idList.Execute();
    }

    private void Note(long minute, long id) =>
        _minutes[minute] = _minutes.TryGetValue(minute, out var range) ? (Math.Min(range.First, id), Math.Max(range.Last, id)) : (id, id);
}
