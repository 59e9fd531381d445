using System.Text.Json;
using Fabric.Silo.Api;
using Fabric.Silo.Signals;
using Npgsql;

namespace Fabric.Silo.Cluster;

/// <summary>Streams in a table of the cluster's database; a row is locked while it is changed, so that silos change it one after the other.</summary>
internal sealed class PostgresSignalStore(NpgsqlDataSource database) : ISignalStore
{
    private const string One = "SELECT stream FROM fabric_signal_streams WHERE tenant = $1 AND id = $2";

    public ValueTask<SignalStream?> FindAsync(string tenant, string id, CancellationToken cancellation) => AskAsync(async () =>
    {
        await using var command = database.CreateCommand(One);
        return await FindAsync(command, tenant, id, cancellation);
    });

    public ValueTask<IReadOnlyList<SignalStream>> ListAsync(string tenant, CancellationToken cancellation) => AskAsync<IReadOnlyList<SignalStream>>(async () =>
    {
        await using var command = database.CreateCommand("SELECT stream FROM fabric_signal_streams WHERE tenant = $1 ORDER BY id");
        command.Parameters.Add(new() { Value = tenant });
        await using var rows = await command.ExecuteReaderAsync(cancellation);
        var streams = new List<SignalStream>();
        while (await rows.ReadAsync(cancellation))
        {
            streams.Add(Parse(rows.GetString(0)));
        }
        return streams;
    });

    public async ValueTask AddAsync(SignalStream stream, CancellationToken cancellation) => await AskAsync(async () =>
    {
        await using var command = database.CreateCommand("INSERT INTO fabric_signal_streams (tenant, id, stream) VALUES ($1, $2, $3)");
        return await WriteAsync(command, stream, cancellation);
    });

    public ValueTask<SignalStream?> UpdateAsync(string tenant, string id, Func<SignalStream, SignalStream> change, CancellationToken cancellation) => AskAsync(async () =>
    {
        await using var connection = await database.OpenConnectionAsync(cancellation);
        await using var transaction = await connection.BeginTransactionAsync(cancellation);
        await using var find = new NpgsqlCommand(One + " FOR UPDATE", connection, transaction);
        if (await FindAsync(find, tenant, id, cancellation) is not { } stream)
        {
            return null;
        }
        var changed = change(stream);
        await using var write = new NpgsqlCommand("UPDATE fabric_signal_streams SET stream = $3 WHERE tenant = $1 AND id = $2", connection, transaction);
        await WriteAsync(write, changed, cancellation);
        await transaction.CommitAsync(cancellation);
        return changed;
    });

    public async ValueTask RemoveAsync(SignalStream stream, CancellationToken cancellation) => await AskAsync(async () =>
    {
        await using var command = database.CreateCommand("DELETE FROM fabric_signal_streams WHERE tenant = $1 AND id = $2");
        command.Parameters.AddRange(Texts(stream.Tenant, stream.Id));
        return await command.ExecuteNonQueryAsync(cancellation);
    });

    private static async ValueTask<T> AskAsync<T>(Func<Task<T>> ask)
    {
        try
        {
            return await ask();
        }
        catch (NpgsqlException fault)
        {
            throw new StoreAwayException("the cluster's database does not answer", fault);
        }
    }

    private static async Task<SignalStream?> FindAsync(NpgsqlCommand command, string tenant, string id, CancellationToken cancellation)
    {
        command.Parameters.AddRange(Texts(tenant, id));
        return await command.ExecuteScalarAsync(cancellation) is string text ? Parse(text) : null;
    }

    private static Task<int> WriteAsync(NpgsqlCommand command, SignalStream stream, CancellationToken cancellation)
    {
        command.Parameters.AddRange(Texts(stream.Tenant, stream.Id, JsonSerializer.Serialize(stream, FileSignalStore.Json)));
        return command.ExecuteNonQueryAsync(cancellation);
    }

    private static NpgsqlParameter[] Texts(params string[] values) => Array.ConvertAll(values, value => new NpgsqlParameter { Value = value });

    private static SignalStream Parse(string text) => JsonSerializer.Deserialize<SignalStream>(text, FileSignalStore.Json)!;
}
