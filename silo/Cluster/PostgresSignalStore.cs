using System.Text.Json;
using Fabric.Silo.Signals;
using Npgsql;
using NpgsqlTypes;

namespace Fabric.Silo.Cluster;

/// <summary>Streams in a table of the cluster's database, made at first use; a row is locked while it is changed, so that silos change it one after the other.</summary>
internal sealed class PostgresSignalStore(NpgsqlDataSource database) : ISignalStore, IAsyncDisposable
{
    private const string Table = """
        CREATE TABLE IF NOT EXISTS fabric_signal_streams (tenant text NOT NULL, id text NOT NULL, stream jsonb NOT NULL, PRIMARY KEY (tenant, id))
        """;

    private readonly SemaphoreSlim _gate = new(1);
    private bool _isMade;

    public async ValueTask<SignalStream?> FindAsync(string tenant, string id, CancellationToken cancellation)
    {
        await using var connection = await OpenAsync(cancellation);
        return await FindAsync(connection, null, "SELECT stream::text FROM fabric_signal_streams WHERE tenant = $1 AND id = $2", tenant, id, cancellation);
    }

    public async ValueTask<IReadOnlyList<SignalStream>> ListAsync(string tenant, CancellationToken cancellation)
    {
        await using var connection = await OpenAsync(cancellation);
        await using var command = new NpgsqlCommand("SELECT stream::text FROM fabric_signal_streams WHERE tenant = $1 ORDER BY id", connection) { Parameters = { new() { Value = tenant } } };
        await using var rows = await command.ExecuteReaderAsync(cancellation);
        var streams = new List<SignalStream>();
        while (await rows.ReadAsync(cancellation))
        {
            streams.Add(Parse(rows.GetString(0)));
        }
        return streams;
    }

    public async ValueTask AddAsync(SignalStream stream, CancellationToken cancellation)
    {
        await using var connection = await OpenAsync(cancellation);
        await WriteAsync(connection, null, "INSERT INTO fabric_signal_streams (tenant, id, stream) VALUES ($1, $2, $3)", stream, cancellation);
    }

    public async ValueTask<SignalStream?> UpdateAsync(string tenant, string id, Func<SignalStream, SignalStream> change, CancellationToken cancellation)
    {
        await using var connection = await OpenAsync(cancellation);
        await using var transaction = await connection.BeginTransactionAsync(cancellation);
        if (await FindAsync(connection, transaction, "SELECT stream::text FROM fabric_signal_streams WHERE tenant = $1 AND id = $2 FOR UPDATE", tenant, id, cancellation) is not { } stream)
        {
            return null;
        }
        var changed = change(stream);
        await WriteAsync(connection, transaction, "UPDATE fabric_signal_streams SET stream = $3 WHERE tenant = $1 AND id = $2", changed, cancellation);
        await transaction.CommitAsync(cancellation);
        return changed;
    }

    public async ValueTask RemoveAsync(SignalStream stream, CancellationToken cancellation)
    {
        await using var connection = await OpenAsync(cancellation);
        await using var command = new NpgsqlCommand("DELETE FROM fabric_signal_streams WHERE tenant = $1 AND id = $2", connection)
        {
            Parameters = { new() { Value = stream.Tenant }, new() { Value = stream.Id } },
        };
        await command.ExecuteNonQueryAsync(cancellation);
    }

    public ValueTask DisposeAsync()
    {
        _gate.Dispose();
        return database.DisposeAsync();
    }

    private static async ValueTask<SignalStream?> FindAsync(
        NpgsqlConnection connection, NpgsqlTransaction? transaction, string query, string tenant, string id, CancellationToken cancellation)
    {
        await using var command = new NpgsqlCommand(query, connection, transaction) { Parameters = { new() { Value = tenant }, new() { Value = id } } };
        return await command.ExecuteScalarAsync(cancellation) is string text ? Parse(text) : null;
    }

    private static async ValueTask WriteAsync(NpgsqlConnection connection, NpgsqlTransaction? transaction, string statement, SignalStream stream, CancellationToken cancellation)
    {
        await using var command = new NpgsqlCommand(statement, connection, transaction)
        {
            Parameters =
            {
                new() { Value = stream.Tenant }, new() { Value = stream.Id }, new() { Value = JsonSerializer.Serialize(stream, FileSignalStore.Json), NpgsqlDbType = NpgsqlDbType.Jsonb },
            },
        };
        await command.ExecuteNonQueryAsync(cancellation);
    }

    private static SignalStream Parse(string text) => JsonSerializer.Deserialize<SignalStream>(text, FileSignalStore.Json)!;

    private async ValueTask<NpgsqlConnection> OpenAsync(CancellationToken cancellation)
    {
        var connection = await database.OpenConnectionAsync(cancellation);
        if (!_isMade)
        {
            await _gate.WaitAsync(cancellation);
            try
            {
                await using var command = new NpgsqlCommand(Table, connection);
                await command.ExecuteNonQueryAsync(cancellation);
                _isMade = true;
            }
            finally
            {
                _gate.Release();
            }
        }
        return connection;
    }
}
