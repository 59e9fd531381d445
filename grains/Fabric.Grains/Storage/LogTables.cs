using Fabric.Core.Common;
using Fabric.Grains.Feed;
using Fabric.Grains.Wire;
using Npgsql;

namespace Fabric.Grains.Storage;

/// <summary>The order's tables. Writes of commands are in <see cref="LogCommit"/>.</summary>
internal sealed class LogTables(NpgsqlDataSource database) : IOrderStore
{
    /// <summary>The one partition. The tables and the grain's key know of more; positions on the wire do not.</summary>
    internal const int Partition = 0;

    private readonly LogCommit _commit = new(database);

    public Task<CommitOutcome> WriteAsync(long term, IReadOnlyList<ComposedEntry> entries) => _commit.WriteAsync(term, entries);

    public async Task<long> TakeOwnershipAsync(string owner, CancellationToken cancellation = default)
    {
        await using var command = database.CreateCommand("""
            INSERT INTO fabric_owner (partition, term, owner) VALUES ($1, 1, $2)
            ON CONFLICT (partition) DO UPDATE SET term = fabric_owner.term + 1, owner = excluded.owner RETURNING term
            """);
        Add(command.Parameters, Partition, owner);
        return (long)(await command.ExecuteScalarAsync(cancellation).ConfigureAwait(false))!;
    }

    public async Task<bool> OwnsAsync(long term, CancellationToken cancellation = default)
    {
        await using var command = database.CreateCommand("SELECT count(*) FROM fabric_owner WHERE partition = $1 AND term = $2");
        Add(command.Parameters, Partition, term);
        return (long)(await command.ExecuteScalarAsync(cancellation).ConfigureAwait(false))! == 1;
    }

    public async Task<Instant> NowAsync(CancellationToken cancellation = default)
    {
        await using var command = database.CreateCommand("SELECT (extract(epoch FROM now()) * 1000)::bigint");
        return new Instant((long)(await command.ExecuteScalarAsync(cancellation).ConfigureAwait(false))!);
    }

    public async Task<(long Sequence, ulong Revision)> HeadAsync(CancellationToken cancellation = default)
    {
        await using var command = database.CreateCommand(
            "SELECT sequence, revision FROM fabric_changes WHERE partition = $1 ORDER BY sequence DESC LIMIT 1");
        Add(command.Parameters, Partition);
        await using var reader = await command.ExecuteReaderAsync(cancellation).ConfigureAwait(false);
        return await reader.ReadAsync(cancellation).ConfigureAwait(false) ? (reader.GetInt64(0), (ulong)reader.GetInt64(1)) : (0, 0);
    }

    public async Task<Dictionary<UInt128, LogAnswer>> FindAsync(IEnumerable<UInt128> ids)
    {
        await using var command = database.CreateCommand("SELECT id, sequence, revision FROM fabric_changes WHERE id = ANY ($1)");
        Add(command.Parameters, ids.Select(Uuid.Of).ToArray());
        var found = new Dictionary<UInt128, LogAnswer>();
        await using var reader = await command.ExecuteReaderAsync().ConfigureAwait(false);
        while (await reader.ReadAsync().ConfigureAwait(false))
        {
            found[Uuid.Read(reader.GetGuid(0))] = new LogAnswer(reader.GetInt64(1), (ulong)reader.GetInt64(2));
        }

        return found;
    }

    public async Task<List<LogRow>> ReadAsync(long after, long upTo, CancellationToken cancellation = default)
    {
        await using var connection = await database.OpenConnectionAsync(cancellation).ConfigureAwait(false);
        var rows = new SortedDictionary<long, LogRow>();
        await using (var feed = new NpgsqlCommand(
            "SELECT sequence, first, last, ops FROM fabric_feed WHERE partition = $1 AND sequence > $2 AND sequence <= $3", connection))
        {
            Add(feed.Parameters, Partition, after, upTo);
            await using var reader = await feed.ExecuteReaderAsync(cancellation).ConfigureAwait(false);
            while (await reader.ReadAsync(cancellation).ConfigureAwait(false))
            {
                var sequence = reader.GetInt64(0);
                rows[sequence] = new LogRow(sequence, (ulong)reader.GetInt64(1), (ulong)reader.GetInt64(2), reader.GetFieldValue<byte[]>(3), []);
            }
        }

        await using var directory = new NpgsqlCommand(
            "SELECT sequence, owner, version, at_ms, by_name, event FROM fabric_directory WHERE sequence > $1 AND sequence <= $2 ORDER BY sequence, part", connection);
        Add(directory.Parameters, after, upTo);
        await using var events = await directory.ExecuteReaderAsync(cancellation).ConfigureAwait(false);
        var found = new List<(long Sequence, DirectoryRow Row)>();
        while (await events.ReadAsync(cancellation).ConfigureAwait(false))
        {
            found.Add((events.GetInt64(0), new DirectoryRow(
                events.IsDBNull(1) ? null : events.GetString(1), events.IsDBNull(2) ? 0 : events.GetInt64(2), events.GetInt64(3), events.GetString(4),
                events.GetFieldValue<byte[]>(5))));
        }

        foreach (var group in found.GroupBy(item => item.Sequence))
        {
            var some = group.Select(item => item.Row).ToArray();
            rows[group.Key] = rows.TryGetValue(group.Key, out var row) ? row with { Directory = some } : new LogRow(group.Key, 1, 0, [], some);
        }

        return [.. rows.Values];
    }

    public async Task ReadSharesAsync(LogShares shares, CancellationToken cancellation)
    {
        await using var command = database.CreateCommand("""
            SELECT tenant, max(drop_after), sum(last - first + 1)::integer, sum(unknown)::integer FROM fabric_feed
            WHERE partition = $1 AND tenant IS NOT NULL GROUP BY tenant, drop_after / 3600000
            """);

        // One answer after the whole table was read.
        command.CommandTimeout = 25;
        Add(command.Parameters, Partition);
        await using var reader = await command.ExecuteReaderAsync(cancellation).ConfigureAwait(false);
        while (await reader.ReadAsync(cancellation).ConfigureAwait(false))
        {
            shares.Add(reader.GetString(0), reader.GetInt32(2), reader.GetInt32(3), reader.GetInt64(1));
        }
    }

    public async Task<long> LatestExpiryAsync()
    {
        await using var command = database.CreateCommand("SELECT coalesce(max(expires_ms), 0) FROM fabric_credentials");
        return (long)(await command.ExecuteScalarAsync().ConfigureAwait(false))!;
    }

    internal static void Add(NpgsqlParameterCollection parameters, params object?[] values)
    {
        foreach (var value in values)
        {
            parameters.Add(new NpgsqlParameter { Value = value ?? DBNull.Value });
        }
    }
}
