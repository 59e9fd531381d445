using Fabric.Core.Common;
using Fabric.Grains.Feed;
using Fabric.Grains.Sessions;
using Fabric.Grains.Storage;
using Microsoft.Extensions.Logging;

namespace Fabric.Grains;

/// <summary>
/// Does what nobody waits for: ends sessions whose time ran out or whose lineage died, drops index records and keys that can matter no more, trims the tables. Every
/// silo has one; what is of the whole cluster, the one does that holds an advisory lock.
/// </summary>
internal sealed class Sweeper(ClusterEngine engine) : IAsyncDisposable
{
    private const long AdvisoryLock = 0x4661627269630002;
    private const int SessionsAtOnce = 500;
    private const int SettlesAtOnce = 32;
    private const int IndexSlotsAtOnce = 20_000;
    private const int RowsAtOnce = 10_000;

    // Pieces of one table in one pass: more than a second's load brings, and not so many that other tables never come.
    private const int PiecesMax = 10;

    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(1);

    private readonly CancellationTokenSource _stop = new();
    private readonly ILogger _logger = engine.Logs.CreateLogger("Fabric.Grains.Sweeper");
    private Task _loop = Task.CompletedTask;
    private UInt128 _after;
    private Instant _quotaStates;

    private ClusterParts Parts => engine.Parts;

    internal void Start() => _loop = Task.Run(RunAsync);

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync().ConfigureAwait(false);
        await _loop.ConfigureAwait(false);
        _stop.Dispose();
    }

    private async Task RunAsync()
    {
        while (true)
        {
            try
            {
                await Task.Delay(Interval, Parts.Time, _stop.Token).ConfigureAwait(false);
                SweepSilo();
                await engine.TakeOwnUsageAsync().ConfigureAwait(false);
                await engine.Checker.ReturnIdleAsync(all: false).ConfigureAwait(false);
                if (Parts.Relay.HoldsLease)
                {
                    await SweepClusterAsync().ConfigureAwait(false);
                }
                else
                {
                    Parts.Meter?.LeaseMissed();
                }
            }
            catch (OperationCanceledException) when (_stop.IsCancellationRequested)
            {
                return;
            }
#pragma warning disable CA1031 // everything that it does can be done late
            catch (Exception error)
#pragma warning restore CA1031
            {
                FeedLogLog.SweepFailed(_logger, error);
            }
        }
    }

    private void SweepSilo()
    {
        var now = Parts.SweepMoment;
        Parts.Relay.Sweep(now, IndexSlotsAtOnce);
        lock (Parts.Directory.Gate)
        {
            foreach (var tenant in Parts.Directory.Tenants.Values)
            {
                tenant.Keys.RemoveAll(key => key.DropAfter < now && Parts.Relay.Keys.Remove(key.Key.Kid));
            }

            foreach (var handle in Parts.Directory.Locks.Values.Where(item => item.Until + Limits.ClockSkew < now).Select(item => item.Handle).ToList())
            {
                Parts.Directory.Locks.Remove(handle);
            }
        }
    }

    // The lock is the connection's: a silo that dies lets it go.
    private async Task SweepClusterAsync()
    {
        await using var connection = await Parts.Queries.OpenConnectionAsync(_stop.Token).ConfigureAwait(false);
        await using var take = connection.CreateCommand();
        take.CommandText = $"SELECT pg_try_advisory_lock({AdvisoryLock})";
        if (!(bool)(await take.ExecuteScalarAsync(_stop.Token).ConfigureAwait(false))!)
        {
            return;
        }

        try
        {
            // INVARIANT R4: what is dropped here is gone for all silos, so no silo's clock alone decides.
            take.CommandText = "SELECT (extract(epoch FROM now()) * 1000)::bigint";
            var now = Instant.Min(Parts.SweepMoment, new Instant((long)(await take.ExecuteScalarAsync(_stop.Token).ConfigureAwait(false))!));
            await Task.WhenAll(EndSessionsAsync(now), TrimAsync(now)).ConfigureAwait(false);
        }
        finally
        {
            take.CommandText = $"SELECT pg_advisory_unlock({AdvisoryLock})";
            await take.ExecuteScalarAsync(CancellationToken.None).ConfigureAwait(false);
        }
    }

    private async Task EndSessionsAsync(Instant now)
    {
        var due = await engine.Reads.ExpiredSessionsAsync(now, SessionsAtOnce).ConfigureAwait(false);
        var looked = await engine.Reads.LiveSessionsAsync(_after, SessionsAtOnce).ConfigureAwait(false);
        _after = looked.Count < SessionsAtOnce ? UInt128.Zero : looked[^1].State.Id;
        due.AddRange(looked.Where(row => row.State.CheckLineage(Parts.Relay.Index, now) is { Dead: true, Locked: false }));

        // Some at a time: what they append shares commits.
        await Parallel.ForEachAsync(
            due.Select(row => row.State.Id).Distinct(), new ParallelOptions { MaxDegreeOfParallelism = SettlesAtOnce, CancellationToken = _stop.Token },
            async (id, _) => await engine.Grains.GetGrain<ISessionGrain>(Names.FormatId(id)).SettleAsync().ConfigureAwait(false)).ConfigureAwait(false);
    }

    private async Task TrimAsync(Instant now)
    {
        var options = Parts.Options;
        await DeleteAsync(
            "fabric_sessions", "id", "status NOT IN (1, 2) AND expires_ms < $1", now - options.EndedSessionRetention).ConfigureAwait(false);
        await DeleteAsync("fabric_credentials", "id", "expires_ms < $1", now - TimeSpan.FromDays(1)).ConfigureAwait(false);
        await DeleteAsync("fabric_quotas", "handle", "drop_after < $1", now).ConfigureAwait(false);
        await TrimQuotaStatesAsync(now).ConfigureAwait(false);
        await DeleteAsync("fabric_requests", "key", "at_ms < $1", now - TimeSpan.FromHours(24)).ConfigureAwait(false);
        await DeleteAsync("fabric_usage_reports", "name", "at_ms < $1", now - TimeSpan.FromHours(24)).ConfigureAwait(false);
        await DeleteAsync("fabric_once", "name", "until_ms < $1", now - Limits.ClockSkew - Limits.ClockSkew).ConfigureAwait(false);
        await DeleteAsync("fabric_notes", "name", "until_ms < $1", now - Limits.ClockSkew - Limits.ClockSkew).ConfigureAwait(false);
        await DeleteAsync("fabric_audit", "id", "at_ms < $1", now - options.AuditRetention).ConfigureAwait(false);

        // INVARIANT R4: only what can matter no more, also on a clock that is late. A silo that has not read it for an hour has no lease, and meets the hole.
        await DeleteAsync("fabric_feed", "first", $"partition = {LogTables.Partition} AND drop_after < $1", now - TimeSpan.FromHours(1)).ConfigureAwait(false);
        await TrimDirectoryAsync(now - TimeSpan.FromHours(1)).ConfigureAwait(false);
        await TrimChangesAsync(now - options.ChangeRetention).ConfigureAwait(false);
    }

    // INVARIANT R3: from the beginning on, whatever clocks said when they were logged: what is left has no hole that a subscriber would not see. The newest stays: it holds the head.
    private async Task TrimChangesAsync(Instant before)
    {
        await using var command = Parts.Queries.CreateCommand($"""
            WITH oldest AS (SELECT sequence, at_ms FROM fabric_changes WHERE partition = $1 ORDER BY sequence LIMIT {RowsAtOnce}),
                 kept AS (SELECT min(sequence) AS first FROM oldest WHERE at_ms >= $2)
            DELETE FROM fabric_changes WHERE partition = $1 AND sequence IN (SELECT sequence FROM oldest, kept WHERE kept.first IS NULL OR sequence < kept.first)
                AND sequence < (SELECT max(sequence) FROM fabric_changes WHERE partition = $1)
            """);
        LogTables.Add(command.Parameters, LogTables.Partition, before.UnixMs);
        await command.ExecuteNonQueryAsync(_stop.Token).ConfigureAwait(false);
    }

    // What an entity's later event has replaced (its secret, its review, its lock). The newest of each stays, and so does who made a secret. A silo that has not read it for an hour has no
    // lease, and reads anew from the whole. Revocations stay for as long as their names are known by.
    private Task TrimDirectoryAsync(Instant before) => ExecuteAsync(
        $"""
        DELETE FROM fabric_directory WHERE (sequence, part) IN (
            SELECT old.sequence, old.part FROM fabric_directory old
            WHERE old.slot IS NOT NULL AND old.at_ms < $1 AND (old.slot NOT LIKE 'generation %' OR old.at_ms < $1 - 86400000) AND EXISTS (
                SELECT 1 FROM fabric_directory newer WHERE newer.owner = old.owner AND newer.slot = old.slot AND newer.version > old.version)
            LIMIT {RowsAtOnce})
        """, before);

    // How much was drawn of a quota that is gone. Looked for once an hour: it reads the whole table.
    private async Task TrimQuotaStatesAsync(Instant now)
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
            """, now - TimeSpan.FromHours(1)).ConfigureAwait(false);
    }

    private Task DeleteAsync(string table, string key, string where, Instant before) =>
        ExecuteAsync($"DELETE FROM {table} WHERE {key} IN (SELECT {key} FROM {table} WHERE {where} LIMIT {RowsAtOnce})", before);

    // In pieces, each a statement of its own: none holds up others for long, and all together keep up with a load.
    private async Task ExecuteAsync(string sql, Instant before)
    {
        for (var pieces = 0; pieces < PiecesMax; pieces++)
        {
#pragma warning disable CA2100 // the texts are this class's own
            await using var command = Parts.Queries.CreateCommand(sql);
#pragma warning restore CA2100
            LogTables.Add(command.Parameters, before.UnixMs);
            if (await command.ExecuteNonQueryAsync(_stop.Token).ConfigureAwait(false) < RowsAtOnce)
            {
                return;
            }
        }
    }
}
