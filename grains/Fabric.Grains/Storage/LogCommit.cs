using Fabric.Core.Agents;
using Fabric.Core.Index;
using Fabric.Core.Nodes;
using Fabric.Core.Sessions;
using Fabric.Core.Users;
using Fabric.Grains.Feed;
using Fabric.Grains.Sessions;
using Fabric.Grains.Wire;
using Npgsql;
using NpgsqlTypes;

namespace Fabric.Grains.Storage;

/// <summary>
/// Writes a batch of commands, all or nothing, in one round trip: order, feed, directory, sessions, inventory and audit, so that none of them can say what another
/// does not. Statements that must change a row divide by how many they changed: zero fails the batch.
/// </summary>
internal sealed class LogCommit(NpgsqlDataSource database)
{
    private const string Partition = "0";

    internal async Task<CommitOutcome> WriteAsync(long term, IReadOnlyList<ComposedEntry> entries)
    {
        await using var connection = await database.OpenConnectionAsync().ConfigureAwait(false);
        await using var batch = new NpgsqlBatch(connection);

        // INVARIANT R3: the row is locked until the commit, so that a new owner begins after it, and not one commit of an old term comes later.
        // That it is another's is told by an error that no other statement here has.
        Add(
            batch, $"""
            WITH mine AS (SELECT 1 FROM fabric_owner WHERE partition = {Partition} AND term = $1 FOR SHARE), n AS (SELECT count(*) AS n FROM mine)
            SELECT CASE WHEN n = 1 THEN 1 ELSE ('fenced' || n)::integer END FROM n
            """, term);
        Order(batch, entries);
        Feed(batch, entries);
        Directory(batch, entries);
        Sessions(batch, entries);

        Inventory(batch, entries);
        AuditCommands.Add(batch, [.. entries.SelectMany(composed => composed.Audit)]);
        try
        {
            await batch.ExecuteNonQueryAsync().ConfigureAwait(false);
            return CommitOutcome.Committed;
        }
        catch (PostgresException refused) when (refused.SqlState == PostgresErrorCodes.InvalidTextRepresentation)
        {
            return CommitOutcome.Fenced;
        }
        catch (PostgresException refused) when (refused.SqlState == PostgresErrorCodes.UniqueViolation && refused.ConstraintName == "fabric_changes_pkey")
        {
            return CommitOutcome.Fenced;
        }
        catch (PostgresException refused) when (refused.SqlState is PostgresErrorCodes.DivisionByZero or PostgresErrorCodes.UniqueViolation)
        {
            return CommitOutcome.Conflict;
        }
    }

    private static void Order(NpgsqlBatch batch, IReadOnlyList<ComposedEntry> entries) => Add(
        batch, $"""
        INSERT INTO fabric_changes (partition, sequence, id, at_ms, by_name, revision, events)
        SELECT {Partition}, * FROM unnest($1::bigint[], $2::uuid[], $3::bigint[], $4::text[], $5::bigint[], $6::bytea[])
        """,
        Column(entries, composed => composed.Row.Sequence), Column(entries, composed => Uuid.Of(composed.Entry.Id)), Column(entries, composed => composed.Entry.AtMs),
        Column(entries, composed => composed.Entry.By), Column(entries, composed => (long)composed.Revision), Column(entries, composed => composed.Entry.Events));

    private static void Feed(NpgsqlBatch batch, IReadOnlyList<ComposedEntry> entries)
    {
        var fed = entries.Where(composed => composed.Row.Ops.Length > 0).ToList();
        if (fed.Count > 0)
        {
            Add(
                batch, $"""
                INSERT INTO fabric_feed (partition, first, last, sequence, ops, drop_after, tenant, unknown)
                SELECT {Partition}, * FROM unnest($1::bigint[], $2::bigint[], $3::bigint[], $4::bytea[], $5::bigint[], $6::text[], $7::integer[])
                """,
                Column(fed, composed => (long)composed.Row.First), Column(fed, composed => (long)composed.Row.Last), Column(fed, composed => composed.Row.Sequence),
                Column(fed, composed => composed.Row.Ops), Column(fed, composed => composed.DropAfter), Column(fed, composed => composed.Tenant),
                Column(fed, composed => composed.Unknown));
        }
    }

    private static void Directory(NpgsqlBatch batch, IReadOnlyList<ComposedEntry> entries)
    {
        var rows = entries.SelectMany(composed => composed.Row.Directory.Select((row, part) => (composed.Row.Sequence, Part: part, Row: row))).ToList();
        if (rows.Count > 0)
        {
            Add(
                batch, """
                INSERT INTO fabric_directory (sequence, part, owner, version, at_ms, by_name, event, slot)
                SELECT * FROM unnest($1::bigint[], $2::integer[], $3::text[], $4::bigint[], $5::bigint[], $6::text[], $7::bytea[], $8::text[])
                """,
                Column(rows, item => item.Sequence), Column(rows, item => item.Part), Column(rows, item => item.Row.Owner), Column(rows, item => item.Row.Version),
                Column(rows, item => item.Row.AtMs), Column(rows, item => item.Row.By), Column(rows, item => item.Row.Event), Column(rows, item => SlotOf(item.Row)));
        }
    }

    // What the next event of the same slot and entity makes superfluous, whatever came between. Who made a secret is asked for later, so makers stay apart.
    internal static string? SlotOf(DirectoryRow row) => row.Owner is null ? null : EventList.ReadOne(row.Event) switch
    {
        AgentSecretRotated => $"secret {row.By}",
        UserSignInSet => $"sign-in {row.By}",
        AgentRedirectsSet => "redirects",
        AgentReviewed => "review",
        AgentTransferred => "owner",
        NodeLocked or NodeUnlocked => "lock",
        NodeRevoked { MinGeneration: not IndexRecord.Terminal } raised => $"generation {raised.Handle}",
        _ => null,
    };

    private static void Sessions(NpgsqlBatch batch, IReadOnlyList<ComposedEntry> entries)
    {
        var opened = entries.Where(composed => composed.Entry is { Session: not null, SessionVersion: 0 })
            .Select(composed => (SessionRow.Read(composed.Entry.Session).State, Body: composed.Entry.Session!)).ToList();
        if (opened.Count > 0)
        {
            // A list of lists has one length for all in PostgreSQL: the ancestors come as texts.
            Add(
                batch, """
                INSERT INTO fabric_sessions (id, tenant, status, expires_ms, version, ancestors, body)
                SELECT id, tenant, status, expires_ms, 1, ancestors::uuid[], body
                FROM unnest($1::uuid[], $2::text[], $3::smallint[], $4::bigint[], $5::text[], $6::bytea[]) AS opened (id, tenant, status, expires_ms, ancestors, body)
                """,
                Column(opened, item => Uuid.Of(item.State.Id)), Column(opened, item => item.State.Tenant), Column(opened, item => (short)item.State.Status),
                Column(opened, item => item.State.ExpiresAt.UnixMs), Column(opened, item => $"{{{string.Join(',', Ancestors(item.State))}}}"), Column(opened, item => item.Body));
        }

        // INVARIANT S1: a session goes on from the version that was decided on, or not at all.
        foreach (var entry in entries.Select(composed => composed.Entry).Where(entry => entry is { Session: not null, SessionVersion: > 0 }))
        {
            var state = SessionRow.Read(entry.Session).State;
            Add(
                batch, """
                WITH changed AS (UPDATE fabric_sessions SET status = $2, expires_ms = $3, version = version + 1, body = $4 WHERE id = $1 AND version = $5 RETURNING 1)
                SELECT 1 / (SELECT count(*) FROM changed)::integer
                """,
                Uuid.Of(state.Id), (short)state.Status, state.ExpiresAt.UnixMs, entry.Session!, entry.SessionVersion);
        }
    }

    private static void Inventory(NpgsqlBatch batch, IReadOnlyList<ComposedEntry> entries)
    {
        var credentials = entries.SelectMany(composed => composed.Credentials.Select(item => (item.Id, item.Session, composed.Row.Sequence, item.ExpiresMs))).ToList();
        if (credentials.Count > 0)
        {
            Add(
                batch, "INSERT INTO fabric_credentials (id, session, sequence, expires_ms) SELECT * FROM unnest($1::uuid[], $2::uuid[], $3::bigint[], $4::bigint[])",
                Column(credentials, item => Uuid.Of(item.Id)), Column(credentials, item => Uuid.Of(item.Session)), Column(credentials, item => item.Sequence),
                Column(credentials, item => item.ExpiresMs));
        }

        var quotas = entries.SelectMany(composed => composed.Quotas).ToList();
        if (quotas.Count > 0)
        {
            Add(
                batch, """
                INSERT INTO fabric_quotas (handle, units, period_ms, drop_after)
                SELECT * FROM unnest($1::uuid[], $2::bigint[], $3::bigint[], $4::bigint[]) ON CONFLICT DO NOTHING
                """,
                Column(quotas, item => Uuid.Of(item.Quota.Id)), Column(quotas, item => item.Quota.Limit), Column(quotas, item => item.Quota.PeriodMs),
                Column(quotas, item => item.DropAfterMs));
        }

        foreach (var composed in entries.Where(composed => composed.Request != UInt128.Zero))
        {
            // INVARIANT R5: a name stands once. Of two that come at one time with one name, the second is refused as a conflict, and finds the first when it looks again.
            Add(
                batch, "INSERT INTO fabric_requests (key, content, revision, at_ms) VALUES ($1, $2, $3, $4)",
                (long)(ulong)(composed.Request >> 64), (long)(ulong)composed.Request, (long)composed.Revision, composed.Entry.AtMs);
        }
    }

    private static Guid[] Ancestors(SessionState state)
    {
        var nodes = state.LineageWith().Nodes;
        var ancestors = new Guid[nodes.Length];
        for (var i = 0; i < ancestors.Length; i++)
        {
            ancestors[i] = Uuid.Of(nodes[i].Handle);
        }

        return ancestors;
    }

    private static TColumn[] Column<T, TColumn>(IReadOnlyList<T> rows, Func<T, TColumn> select)
    {
        var column = new TColumn[rows.Count];
        for (var i = 0; i < column.Length; i++)
        {
            column[i] = select(rows[i]);
        }

        return column;
    }

    private static void Add(NpgsqlBatch batch, string sql, params object?[] values)
    {
        var command = new NpgsqlBatchCommand(sql);
        foreach (var value in values)
        {
            // An array of texts with nulls in it says its type itself.
            command.Parameters.Add(value switch
            {
                string?[] texts => new NpgsqlParameter { Value = texts, NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Text },
                _ => new NpgsqlParameter { Value = value ?? DBNull.Value },
            });
        }

        batch.BatchCommands.Add(command);
    }
}
