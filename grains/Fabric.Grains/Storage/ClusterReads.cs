using System.Text;
using Fabric.Contracts.Audit;
using Fabric.Core.Common;
using Fabric.Core.Lineages;
using Fabric.Core.Sessions;
using Fabric.Engine;
using Fabric.Grains.Sessions;
using Fabric.Grains.Wire;
using Npgsql;

namespace Fabric.Grains.Storage;

/// <summary>What is asked of the tables beside the order: sessions, inventory, requests, audit, changes.</summary>
internal sealed class ClusterReads(NpgsqlDataSource database, NpgsqlDataSource commands) : IClusterReads
{
    public Task<List<SessionRow>> SessionsAsync(Handle ancestor, UInt128 after, int most, CancellationToken cancellation) => SessionRowsAsync(
        """
        SELECT body, (SELECT count(*) FROM fabric_credentials WHERE session = s.id) FROM fabric_sessions s
        WHERE ancestors @> ARRAY[$1]::uuid[] AND id > $2 ORDER BY id LIMIT $3
        """, cancellation, Uuid.Of(ancestor), Uuid.Of(after), most);

    public async Task<Dictionary<UInt128, SessionState>> SessionsAsync(IReadOnlyCollection<UInt128> ids, CancellationToken cancellation = default)
    {
        var rows = await SessionRowsAsync(
            "SELECT body, 0::bigint FROM fabric_sessions WHERE id = ANY ($1)", cancellation, ids.Select(Uuid.Of).ToArray()).ConfigureAwait(false);
        return rows.ToDictionary(row => row.State.Id, row => row.State);
    }

    public Task<List<SessionRow>> LiveSessionsAsync(UInt128 after, int most) => SessionRowsAsync(
        "SELECT body, 0::bigint FROM fabric_sessions WHERE status IN (1, 2) AND id > $1 ORDER BY id LIMIT $2", default, Uuid.Of(after), most);

    public Task<List<SessionRow>> ExpiredSessionsAsync(Instant now, int most) => SessionRowsAsync(
        "SELECT body, 0::bigint FROM fabric_sessions WHERE status IN (1, 2) AND expires_ms <= $1 LIMIT $2", default, now.UnixMs, most);

    public async Task<List<(UInt128 Id, UInt128 Session)>> LiveCredentialsAsync(IEnumerable<UInt128> sessions, Instant now, CancellationToken cancellation)
    {
        await using var command = database.CreateCommand("SELECT id, session FROM fabric_credentials WHERE session = ANY ($1) AND expires_ms > $2");
        LogTables.Add(command.Parameters, sessions.Select(Uuid.Of).ToArray(), now.UnixMs);
        return await CredentialsAsync(command, cancellation).ConfigureAwait(false);
    }

    public async Task<List<(UInt128 Id, UInt128 Session)>> KnownCredentialsAsync(IEnumerable<UInt128> ids, Instant now, CancellationToken cancellation)
    {
        await using var command = database.CreateCommand("SELECT id, session FROM fabric_credentials WHERE id = ANY ($1) AND expires_ms > $2");
        LogTables.Add(command.Parameters, ids.Select(Uuid.Of).ToArray(), now.UnixMs);
        return await CredentialsAsync(command, cancellation).ConfigureAwait(false);
    }

    public async Task<Rejection?> UseOnceAsync(SingleUse use, CancellationToken cancellation)
    {
        try
        {
            // Not among what users look up: a flood of those keeps no client from proving itself.
            await using var command = commands.CreateCommand("INSERT INTO fabric_once (name, until_ms) VALUES ($1, $2) ON CONFLICT (name) DO NOTHING");
            LogTables.Add(command.Parameters, Uuid.Of(use.Name), use.Until.UnixMs);
            return await command.ExecuteNonQueryAsync(cancellation).ConfigureAwait(false) == 1 ? null : new Rejection(Codes.Replayed, use.Owner, "it was used before");
        }
        catch (NpgsqlException)
        {
            return new Rejection(Codes.StorageUnavailable, "database", "the database does not answer: whether it was used before cannot be known");
        }
    }

    public async Task<Outcome<ulong?>> RequestAsync(UInt128 name, CancellationToken cancellation)
    {
        try
        {
            return name == UInt128.Zero ? Outcome<ulong?>.Of(null) : await FindRequestAsync(name, cancellation).ConfigureAwait(false);
        }
        catch (NpgsqlException)
        {
            return new Rejection(Codes.StorageUnavailable, "database", "the database does not answer: nothing was done, send it again");
        }
    }

    private async Task<Outcome<ulong?>> FindRequestAsync(UInt128 name, CancellationToken cancellation)
    {
        await using var command = commands.CreateCommand("SELECT content, revision FROM fabric_requests WHERE key = $1");
        LogTables.Add(command.Parameters, (long)(ulong)(name >> 64));
        await using var reader = await command.ExecuteReaderAsync(cancellation).ConfigureAwait(false);
        if (!await reader.ReadAsync(cancellation).ConfigureAwait(false))
        {
            return Outcome<ulong?>.Of(null);
        }

        return reader.GetInt64(0) == (long)(ulong)name
            ? Outcome<ulong?>.Of((ulong)reader.GetInt64(1))
            : new Rejection(Codes.IdempotencyConflict, "idempotencyKey", "the idempotency key was used for another request");
    }

    public async Task<List<AuditEntry>> AuditAsync(AuditQuery query, string? tenant, CancellationToken cancellation)
    {
        var (sql, values) = (new StringBuilder("""
            SELECT id, at_ms, kind, tenant, user_name, agent, session, credential, tool, action, resource, purpose, reason, by_name, delegated_from, revision,
                   count, first_ms, last_ms, detail FROM fabric_audit WHERE true
            """), new List<object?>());
        Where("tenant = {0}", tenant);
        Where("user_name = {0}", query.User);
        Where("agent = {0}", query.Agent);
        Where("session = {0}", Names.ParseId(query.Session) is { } session ? Uuid.Of(session) : null);

        // Known by its record, by a list that it stands in, or by the inventory: an issuance of many names none.
        Where("(credential = {0} OR credentials @> ARRAY[{0}]::uuid[])", Names.ParseId(query.Credential) is { } credential ? Uuid.Of(credential) : null);
        Where("tool = {0}", query.Tool);
        Where("kind = {0}", query.Kind);
        Where("at_ms >= {0}", query.From?.ToUnixTimeMilliseconds());
        Where("at_ms <= {0}", query.To?.ToUnixTimeMilliseconds());
        Where(query.OldestFirst ? "id > {0}" : "id < {0}", query.Cursor is { } cursor ? long.Parse(cursor) : null);
        sql.Append(query.OldestFirst ? " ORDER BY id LIMIT " : " ORDER BY id DESC LIMIT ").Append(query.Limit);
#pragma warning disable CA2100 // the text is this method's own; what callers say are parameters
        await using var command = database.CreateCommand(sql.ToString());
#pragma warning restore CA2100
        LogTables.Add(command.Parameters, [.. values]);
        await using var reader = await command.ExecuteReaderAsync(cancellation).ConfigureAwait(false);
        var entries = new List<AuditEntry>();
        while (await reader.ReadAsync(cancellation).ConfigureAwait(false))
        {
            entries.Add(EntryOf(reader));
        }

        return entries;

        void Where(string condition, object? value)
        {
            if (value is not null)
            {
                values.Add(value);
                sql.Append(" AND ").Append(string.Format(condition, $"${values.Count}"));
            }
        }
    }

    public async Task<List<LoggedCommand>> ChangesAsync(long after, long upTo, int most, CancellationToken cancellation)
    {
        await using var command = database.CreateCommand("""
            SELECT sequence, at_ms, by_name, revision, events FROM fabric_changes
            WHERE partition = $1 AND sequence > $2 AND sequence <= $3 ORDER BY sequence LIMIT $4
            """);
        LogTables.Add(command.Parameters, LogTables.Partition, after, upTo, most);
        var found = new List<LoggedCommand>();
        await using var reader = await command.ExecuteReaderAsync(cancellation).ConfigureAwait(false);
        while (await reader.ReadAsync(cancellation).ConfigureAwait(false))
        {
            found.Add(new LoggedCommand(
                reader.GetInt64(0), new Instant(reader.GetInt64(1)), reader.GetString(2), (ulong)reader.GetInt64(3), EventList.Read(reader.GetFieldValue<byte[]>(4))));
        }

        return found;
    }

    public async Task<long> HeadAsync(CancellationToken cancellation)
    {
        await using var command = commands.CreateCommand("SELECT coalesce(max(sequence), 0) FROM fabric_changes WHERE partition = $1");
        LogTables.Add(command.Parameters, LogTables.Partition);
        return (long)(await command.ExecuteScalarAsync(cancellation).ConfigureAwait(false))!;
    }

    public async Task<long> OldestAsync(CancellationToken cancellation)
    {
        await using var command = database.CreateCommand("SELECT coalesce(min(sequence), 1) - 1 FROM fabric_changes WHERE partition = $1");
        LogTables.Add(command.Parameters, LogTables.Partition);
        return (long)(await command.ExecuteScalarAsync(cancellation).ConfigureAwait(false))!;
    }

    private static AuditEntry EntryOf(NpgsqlDataReader reader)
    {
        return new AuditEntry(
            reader.GetInt64(0).ToString(), new Instant(reader.GetInt64(1)).ToDateTimeOffset(), reader.GetString(2), reader.GetString(3), Text(4), Text(5), Id(6), Id(7),
            Text(8), Text(9), Text(10), Text(11), Text(12), Text(13), Id(14), (ulong)reader.GetInt64(15), reader.GetInt64(16), Moment(17), Moment(18), Text(19));

        string? Text(int column) => reader.IsDBNull(column) ? null : reader.GetString(column);

        string? Id(int column) => reader.IsDBNull(column) ? null : Names.FormatId(Uuid.Read(reader.GetGuid(column)));

        DateTimeOffset? Moment(int column) => reader.GetInt64(column) == 0 ? null : new Instant(reader.GetInt64(column)).ToDateTimeOffset();
    }

    private async Task<List<SessionRow>> SessionRowsAsync(string sql, CancellationToken cancellation, params object?[] values)
    {
#pragma warning disable CA2100 // the texts are this class's own
        await using var command = database.CreateCommand(sql);
#pragma warning restore CA2100
        LogTables.Add(command.Parameters, values);
        var rows = new List<SessionRow>();
        await using var reader = await command.ExecuteReaderAsync(cancellation).ConfigureAwait(false);
        while (await reader.ReadAsync(cancellation).ConfigureAwait(false))
        {
            rows.Add(SessionRow.Read(reader.GetFieldValue<byte[]>(0), (uint)reader.GetInt64(1)));
        }

        return rows;
    }

    private static async Task<List<(UInt128 Id, UInt128 Session)>> CredentialsAsync(NpgsqlCommand command, CancellationToken cancellation)
    {
        var found = new List<(UInt128, UInt128)>();
        await using var reader = await command.ExecuteReaderAsync(cancellation).ConfigureAwait(false);
        while (await reader.ReadAsync(cancellation).ConfigureAwait(false))
        {
            found.Add((Uuid.Read(reader.GetGuid(0)), Uuid.Read(reader.GetGuid(1))));
        }

        return found;
    }
}
