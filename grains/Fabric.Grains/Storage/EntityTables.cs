using Fabric.Core.Common;
using Fabric.Core.Lineages;
using Fabric.Core.Quotas;
using Fabric.Grains.Sessions;
using Fabric.Grains.Wire;
using Npgsql;

namespace Fabric.Grains.Storage;

/// <summary>What grains read when they start, over connections that nothing else has which users look up.</summary>
internal sealed class EntityTables(NpgsqlDataSource database) : IEntityStore
{
    public async Task<List<EntityEvent>> EventsAsync(string owner, CancellationToken cancellation)
    {
        await using var command = database.CreateCommand("SELECT version, at_ms, event FROM fabric_directory WHERE owner = $1 ORDER BY version, part");
        LogTables.Add(command.Parameters, owner);
        var events = new List<EntityEvent>();
        await using var reader = await command.ExecuteReaderAsync(cancellation).ConfigureAwait(false);
        while (await reader.ReadAsync(cancellation).ConfigureAwait(false))
        {
            events.Add(new EntityEvent(reader.GetInt64(0), new Instant(reader.GetInt64(1)), EventList.ReadOne(reader.GetFieldValue<byte[]>(2))));
        }

        return events;
    }

    public async Task<StoredSession?> SessionAsync(UInt128 id, CancellationToken cancellation)
    {
        await using var command = database.CreateCommand("""
            SELECT version, body, (SELECT count(*) FROM fabric_credentials WHERE session = $1), (SELECT id FROM fabric_credentials WHERE session = $1 ORDER BY id DESC LIMIT 1)
            FROM fabric_sessions WHERE id = $1
            """);
        LogTables.Add(command.Parameters, Uuid.Of(id));
        await using var reader = await command.ExecuteReaderAsync(cancellation).ConfigureAwait(false);
        return await reader.ReadAsync(cancellation).ConfigureAwait(false)
            ? new StoredSession(
                reader.GetInt32(0),
                SessionRow.Read(reader.GetFieldValue<byte[]>(1), (uint)reader.GetInt64(2), reader.IsDBNull(3) ? UInt128.Zero : Uuid.Read(reader.GetGuid(3))))
            : null;
    }

    public async Task<int> LiveSessionsAsync(string tenant, CancellationToken cancellation)
    {
        await using var command = database.CreateCommand("SELECT count(*) FROM fabric_sessions WHERE tenant = $1 AND status IN (1, 2)");
        LogTables.Add(command.Parameters, tenant);
        return (int)(long)(await command.ExecuteScalarAsync(cancellation).ConfigureAwait(false))!;
    }

    public async Task<StoredQuota?> QuotaAsync(UInt128 id, CancellationToken cancellation)
    {
        await using var command = database.CreateCommand("SELECT units, period_ms, drop_after FROM fabric_quotas WHERE handle = $1");
        LogTables.Add(command.Parameters, Uuid.Of(id));
        await using var reader = await command.ExecuteReaderAsync(cancellation).ConfigureAwait(false);
        return await reader.ReadAsync(cancellation).ConfigureAwait(false)
            ? new StoredQuota(new QuotaRef(new Handle((ulong)(id >> 64), (ulong)id), reader.GetInt64(0), reader.GetInt64(1)), new Instant(reader.GetInt64(2)))
            : null;
    }
}
