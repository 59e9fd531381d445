using System.Globalization;
using System.Text;
using Fabric.Embedded.Storage.Sqlite;

namespace Fabric.Embedded.Storage.Audit;

/// <summary>
/// The SQL for a filter: the narrowest index is named, so that no guess of the planner can make a question a scan, and all other
/// conditions filter what it finds.
/// </summary>
internal sealed class AuditQueryPlan
{
    private const int ScopesMax = 1_000;

    private readonly StringBuilder _where = new();
    private readonly SqliteFile _file;
    private readonly AuditFilter _filter;
    private string? _index;

    private AuditQueryPlan(SqliteFile file, AuditFilter filter)
    {
        _file = file;
        _filter = filter;
    }

    /// <summary>The statement; <see cref="Bind"/> gives it its values.</summary>
    public string Sql => $"SELECT {AuditSchema.Columns} FROM record{(string.IsNullOrEmpty(_index) ? "" : $" INDEXED BY {_index}")}{_where} "
        + $"ORDER BY id {(_filter.OldestFirst ? "ASC" : "DESC")} LIMIT {_filter.Limit.ToString(CultureInfo.InvariantCulture)}";

    /// <summary>The plan, or null when nothing can match: a name that was never recorded, or a time without records.</summary>
    public static AuditQueryPlan? Make(SqliteFile file, AuditFilter filter)
    {
        var plan = new AuditQueryPlan(file, filter);
        return plan.AddIds() && plan.AddNames() && plan.AddTimes() ? plan : null;
    }

    public void Bind(SqliteStatement statement)
    {
        if (_filter.Session is { } session)
        {
            statement.BindId(1, session);
        }

        if (_filter.Credential is { } credential)
        {
            statement.BindId(2, credential);
        }
    }

    private bool AddIds()
    {
        if (_filter.Credential is { } credential)
        {
            if (credential == UInt128.Zero)
            {
                return false;
            }

            var lists = string.Concat(ListsWith(credential).Select(id => $" UNION ALL VALUES({id})"));
            And("id IN (SELECT id FROM record INDEXED BY by_credential WHERE credential = ?2 AND expires IS NULL "
                + $"UNION ALL SELECT record FROM credential WHERE id = ?2{lists})", "");
        }

        if (_filter.Session is { } session)
        {
            if (session == UInt128.Zero)
            {
                return false;
            }

            And("session = ?1", "by_session");
        }

        return true;
    }

    private bool AddNames()
    {
        var tenant = _filter.Tenant is null ? 0 : Everywhere(_filter.Tenant);
        if (_filter.Tenant is not null && tenant == 0)
        {
            return false;
        }

        if (!AddName("user", _filter.User, tenant) || !AddName("agent", _filter.Agent, tenant) || !AddName("tool", _filter.Tool, tenant))
        {
            return false;
        }

        if (_filter.Kind is { } kind)
        {
            var id = Everywhere(kind);
            if (id == 0)
            {
                return false;
            }

            var isRare = kind is not (AuditRecord.UsageKind or AuditRecord.IssuedKind);
            And($"{(isRare ? "rare" : "kind")} = {id}", isRare ? "by_kind" : null);
        }

        if (tenant != 0)
        {
            And($"tenant = {tenant}", "by_tenant");
        }

        return true;
    }

    private bool AddName(string column, string? text, long tenant)
    {
        if (text is null)
        {
            return true;
        }

        var ids = Names(text, tenant);
        if (ids.Count == 0)
        {
            return false;
        }

        And(ids is [var only] ? $"{column} = {only}" : $"{column} IN ({string.Join(", ", ids)})", "by_" + column);
        return true;
    }

    private bool AddTimes()
    {
        if (_filter.AfterId is { } after)
        {
            And($"id {(_filter.OldestFirst ? ">" : "<")} {after}", null);
        }

        if (_filter.FromMs is null && _filter.ToMs is null)
        {
            return true;
        }

        var (from, to) = (_filter.FromMs ?? long.MinValue, _filter.ToMs ?? long.MaxValue);
        using var range = _file.Prepare("SELECT min(first), max(last) FROM minute WHERE minute BETWEEN ?1 AND ?2");
        range.Bind(1, AuditSchema.MinuteOf(from));
        range.Bind(2, AuditSchema.MinuteOf(to));
        if (!range.Step() || range.IsNull(0))
        {
            return false;
        }

        And($"id BETWEEN {range.Long(0)} AND {range.Long(1)}", null);
        And($"time >= {from.ToString(CultureInfo.InvariantCulture)} AND time < {to.ToString(CultureInfo.InvariantCulture)}", null);
        return true;
    }

    /// <summary>The bulk revocations that name the credential. There are few lists, and only those are read that can hold it.</summary>
    private List<long> ListsWith(UInt128 credential)
    {
        var ids = new List<long>();
        using var lists = _file.Prepare("SELECT record, ids FROM id_list WHERE low <= ?1 AND high >= ?1");
        lists.BindId(1, credential);
        while (lists.Step())
        {
            if (Holds(lists.Blob(1), credential))
            {
                ids.Add(lists.Long(0));
            }
        }

        return ids;
    }

    private static bool Holds(ReadOnlySpan<byte> sorted, UInt128 id)
    {
        var (low, high) = (0, (sorted.Length / 16) - 1);
        while (low <= high)
        {
            var middle = (low + high) / 2;
            var there = AuditSchema.Read(sorted.Slice(16 * middle, 16));
            if (there == id)
            {
                return true;
            }

            (low, high) = there < id ? (middle + 1, high) : (low, middle - 1);
        }

        return false;
    }

    private long Everywhere(string text) => Names(text, 0, onlyScope: true) is [var id, ..] ? id : 0;

    /// <summary>The numbers of a text in a tenant, or without one in all tenants: at most so many, the oldest.</summary>
    private List<long> Names(string text, long scope, bool onlyScope = false)
    {
        var isAny = scope == 0 && !onlyScope;
        using var find = _file.Prepare($"SELECT id FROM name WHERE text = ?1 AND {(isAny ? "scope > 0" : "scope = ?2")} LIMIT {ScopesMax}");
        find.Bind(1, text);
        if (!isAny)
        {
            find.Bind(2, scope);
        }

        var ids = new List<long>();
        while (find.Step())
        {
            ids.Add(find.Long(0));
        }

        return ids;
    }

    // The first condition that has an index of its own chooses it: conditions are added narrowest first. An empty name is the table itself.
    private void And(string condition, string? index)
    {
        _where.Append(_where.Length == 0 ? " WHERE " : " AND ").Append(condition);
        _index ??= index;
    }
}
