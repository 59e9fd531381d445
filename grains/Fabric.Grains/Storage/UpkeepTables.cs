using Fabric.Core.Common;
using Npgsql;

namespace Fabric.Grains.Storage;

/// <summary>Trims the tables, each in pieces.</summary>
internal sealed class UpkeepTables(NpgsqlDataSource database) : IUpkeepStore
{
    private const long TurnLock = 0x4661627269630002;
    private const int RowsAtOnce = 10_000;

    // Pieces of one table in one pass: more than a second's load brings, and not so many that other tables never come.
    private const int PiecesMax = 10;

    private Instant _quotaStates;

    public async Task<UpkeepTurn?> TryTurnAsync(CancellationToken cancellation)
    {
        if (await AdvisoryLock.TryTakeAsync(database, TurnLock, cancellation).ConfigureAwait(false) is not { } held)
        {
            return null;
        }

        try
        {
            var now = (long)(await held.AskAsync("SELECT (extract(epoch FROM now()) * 1000)::bigint", cancellation).ConfigureAwait(false))!;
            return new UpkeepTurn(new Instant(now), held);
        }
        catch
        {
            await held.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    public async Task TrimAsync(Instant now, ClusterOptions options, CancellationToken cancellation)
    {
        await DeleteAsync("fabric_sessions", "id", "status NOT IN (1, 2) AND expires_ms < $1", now - options.EndedSessionRetention).ConfigureAwait(false);
        await DeleteAsync("fabric_credentials", "id", "expires_ms < $1", now - TimeSpan.FromDays(1)).ConfigureAwait(false);
        await DeleteAsync("fabric_quotas", "handle", "drop_after < $1", now).ConfigureAwait(false);
        await TrimQuotaStatesAsync().ConfigureAwait(false);
        await DeleteAsync("fabric_requests", "key", "at_ms < $1", now - TimeSpan.FromHours(24)).ConfigureAwait(false);
        await DeleteAsync("fabric_usage_reports", "name", "at_ms < $1", now - TimeSpan.FromHours(24)).ConfigureAwait(false);
        await DeleteAsync("fabric_once", "name", "until_ms < $1", now - Limits.ClockSkew - Limits.ClockSkew).ConfigureAwait(false);
        await DeleteAsync("fabric_notes", "name", "until_ms < $1", now - Limits.ClockSkew - Limits.ClockSkew).ConfigureAwait(false);
        await DeleteAsync("fabric_audit", "id", "at_ms < $1", now - options.AuditRetention).ConfigureAwait(false);

        // INVARIANT R4: only what can matter no more, also on a clock that is late. A silo that has not read it for an hour has no lease, and meets the hole.
        await DeleteAsync("fabric_feed", "first", $"partition = {LogTables.Partition} AND drop_after < $1", now - TimeSpan.FromHours(1)).ConfigureAwait(false);
        await TrimDirectoryAsync(now - TimeSpan.FromHours(1)).ConfigureAwait(false);
        await TrimChangesAsync(now - options.ChangeRetention, cancellation).ConfigureAwait(false);

        Task DeleteAsync(string table, string key, string where, Instant before) =>
            ExecuteAsync($"DELETE FROM {table} WHERE {key} IN (SELECT {key} FROM {table} WHERE {where} LIMIT {RowsAtOnce})", before, cancellation);

        // What an entity's later event has replaced (its secret, its review, its lock). The newest of each stays, and so does who made a secret. A silo that has not read it for an hour has no
        // lease, and reads anew from the whole. Revocations stay for as long as their names are known by.
        Task TrimDirectoryAsync(Instant before) => ExecuteAsync(
            $"""
            DELETE FROM fabric_directory WHERE (sequence, part) IN (
                SELECT old.sequence, old.part FROM fabric_directory old
                WHERE old.slot IS NOT NULL AND old.at_ms < $1 AND (old.slot NOT LIKE 'generation %' OR old.at_ms < $1 - 86400000) AND EXISTS (
                    SELECT 1 FROM fabric_directory newer WHERE newer.owner = old.owner AND newer.slot = old.slot AND newer.version > old.version)
                LIMIT {RowsAtOnce})
            """, before, cancellation);

        // How much was drawn of a quota that is gone. Looked for once an hour: it reads the whole table.
        async Task TrimQuotaStatesAsync()
        {
            if (now - _quotaStates < TimeSpan.FromHours(1))
            {
                return;
            }

            _quotaStates = now;
            await ExecuteAsync(
                $"""
                DELETE FROM fabric_grain_state WHERE ctid IN (
                    SELECT ctid FROM fabric_grain_state WHERE type_name = 'quota' AND modified < to_timestamp($1::double precision / 1000)
                        AND NOT EXISTS (SELECT 1 FROM fabric_quotas WHERE handle = CASE WHEN type_name = 'quota' THEN key_text::uuid END)
                    LIMIT {RowsAtOnce})
                """, now - TimeSpan.FromHours(1), cancellation).ConfigureAwait(false);
        }
    }

    // INVARIANT R3: from the beginning on, whatever clocks said when they were logged: what is left has no hole that a subscriber would not see. The newest stays: it holds the head.
    private async Task TrimChangesAsync(Instant before, CancellationToken cancellation)
    {
        await using var command = database.CreateCommand($"""
            WITH oldest AS (SELECT sequence, at_ms FROM fabric_changes WHERE partition = $1 ORDER BY sequence LIMIT {RowsAtOnce}),
                 kept AS (SELECT min(sequence) AS first FROM oldest WHERE at_ms >= $2)
            DELETE FROM fabric_changes WHERE partition = $1 AND sequence IN (SELECT sequence FROM oldest, kept WHERE kept.first IS NULL OR sequence < kept.first)
                AND sequence < (SELECT max(sequence) FROM fabric_changes WHERE partition = $1)
            """);
        LogTables.Add(command.Parameters, LogTables.Partition, before.UnixMs);
        await command.ExecuteNonQueryAsync(cancellation).ConfigureAwait(false);
    }

    // In pieces, each a statement of its own: none holds up others for long, and all together keep up with a load.
    private async Task ExecuteAsync(string sql, Instant before, CancellationToken cancellation)
    {
        for (var pieces = 0; pieces < PiecesMax; pieces++)
        {
#pragma warning disable CA2100 // the texts are this class's own
            await using var command = database.CreateCommand(sql);
#pragma warning restore CA2100
            LogTables.Add(command.Parameters, before.UnixMs);
            if (await command.ExecuteNonQueryAsync(cancellation).ConfigureAwait(false) < RowsAtOnce)
            {
                return;
            }
        }
    }
}
