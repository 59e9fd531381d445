using System.Text.Json;
using Fabric.Silo.Api;
using Fabric.Silo.Signals;
using Npgsql;

namespace Fabric.Silo.Cluster;

/// <summary>
/// Streams in a table of the cluster's database; a row is locked while it is changed, so that silos change it one after the other. Claims stand in the same row and end by the database's clock,
/// so that it does not matter what silos think the time is.
/// </summary>
internal sealed class PostgresSignalStore(NpgsqlDataSource database, ILogger log) : ISignalStore
{
    private const string One = "SELECT stream FROM fabric_signal_streams WHERE tenant = $1 AND id = $2";

    public ValueTask<SignalStream?> FindAsync(string tenant, string id, CancellationToken cancellation) => AskAsync(async () =>
    {
        await using var command = database.CreateCommand(One);
        return await FindAsync(command, tenant, id, cancellation);
    });

    public ValueTask<IReadOnlyList<SignalStream>> ListAsync(string tenant, CancellationToken cancellation) => AskAsync<IReadOnlyList<SignalStream>>(async () =>
    {
        await using var command = database.CreateCommand("SELECT tenant, id, stream FROM fabric_signal_streams WHERE tenant = $1 ORDER BY id");
        command.Parameters.Add(new() { Value = tenant });
        return await ReadAsync(command, cancellation);
    });

    public async ValueTask AddAsync(SignalStream stream, CancellationToken cancellation) => await AskAsync(async () =>
    {
        await using var command = database.CreateCommand("INSERT INTO fabric_signal_streams (tenant, id, stream, pushed) VALUES ($1, $2, $3, $4)");
        return await WriteAsync(command, stream, cancellation);
    });

    public ValueTask<SignalStream?> UpdateAsync(string tenant, string id, Func<SignalStream, SignalStream> change, CancellationToken cancellation) =>
        ChangeAsync(new NpgsqlCommand(One + " FOR UPDATE") { Parameters = { new() { Value = tenant }, new() { Value = id } } }, change, "push_changed = true", null, cancellation);

    public ValueTask<SignalStream?> UpdateClaimedAsync(SignalStream stream, string holder, TimeSpan lease, Func<SignalStream, SignalStream> change, CancellationToken cancellation) =>
        ChangeAsync(
            new NpgsqlCommand(One + " AND push_holder = $3 FOR UPDATE") { Parameters = { new() { Value = stream.Tenant }, new() { Value = stream.Id }, new() { Value = holder } } },
            change, "push_changed = false, push_until = clock_timestamp() + $5", lease, cancellation);

    public ValueTask<IReadOnlyList<SignalStream>> ClaimAsync(string holder, TimeSpan lease, int most, CancellationToken cancellation) => AskAsync<IReadOnlyList<SignalStream>>(async () =>
    {
        // What is claimed by another or being changed is passed over: the next look sees it.
        await using var command = database.CreateCommand("""
            UPDATE fabric_signal_streams AS claimed SET push_holder = $1, push_until = clock_timestamp() + $2, push_changed = false
            FROM (SELECT tenant, id FROM fabric_signal_streams WHERE (pushed AND push_until < clock_timestamp()) OR (push_holder = $1 AND push_changed)
                ORDER BY push_until LIMIT $3 FOR UPDATE SKIP LOCKED) AS due
            WHERE claimed.tenant = due.tenant AND claimed.id = due.id RETURNING claimed.tenant, claimed.id, claimed.stream
            """);
        command.Parameters.AddRange((NpgsqlParameter[])[new() { Value = holder }, new() { Value = lease }, new() { Value = most }]);
        return await ReadAsync(command, cancellation);
    });

    public async ValueTask ReleaseAsync(SignalStream stream, string holder, CancellationToken cancellation) => await AskAsync(async () =>
    {
        await using var command = database.CreateCommand(
            "UPDATE fabric_signal_streams SET push_holder = NULL, push_until = '-infinity', push_changed = false WHERE tenant = $1 AND id = $2 AND push_holder = $3");
        command.Parameters.AddRange(Texts(stream.Tenant, stream.Id, holder));
        return await command.ExecuteNonQueryAsync(cancellation);
    });

    public async ValueTask RemoveAsync(SignalStream stream, CancellationToken cancellation) => await AskAsync(async () =>
    {
        await using var command = database.CreateCommand("DELETE FROM fabric_signal_streams WHERE tenant = $1 AND id = $2");
        command.Parameters.AddRange(Texts(stream.Tenant, stream.Id));
        return await command.ExecuteNonQueryAsync(cancellation);
    });

    private ValueTask<SignalStream?> ChangeAsync(
        NpgsqlCommand find, Func<SignalStream, SignalStream> change, string also, TimeSpan? lease, CancellationToken cancellation) => AskAsync(async () =>
    {
        await using var connection = await database.OpenConnectionAsync(cancellation);
        await using var transaction = await connection.BeginTransactionAsync(cancellation);
        await using var _ = find;
        (find.Connection, find.Transaction) = (connection, transaction);
        if (await find.ExecuteScalarAsync(cancellation) is not string text)
        {
            return null;
        }
        var stream = Parse(text);
        var changed = change(stream);
#pragma warning disable CA2100 // the texts are this class's own
        await using var write = new NpgsqlCommand($"UPDATE fabric_signal_streams SET stream = $3, pushed = $4, {also} WHERE tenant = $1 AND id = $2", connection, transaction);
#pragma warning restore CA2100
        await WriteAsync(write, changed, cancellation, lease);
        await transaction.CommitAsync(cancellation);
        return changed;
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

    // One that cannot be read (a newer silo's, or damaged) is said and left out: it is claimed with the others, so that it comes again once a claim runs out, and holds up none of them.
    private async Task<List<SignalStream>> ReadAsync(NpgsqlCommand command, CancellationToken cancellation)
    {
        await using var rows = await command.ExecuteReaderAsync(cancellation);
        var streams = new List<SignalStream>();
        while (await rows.ReadAsync(cancellation))
        {
            try
            {
                streams.Add(Parse(rows.GetString(2)));
            }
            catch (JsonException fault)
            {
                log.StreamUnreadable(rows.GetString(1), rows.GetString(0), fault.Path);
            }
        }
        return streams;
    }

    private static Task<int> WriteAsync(NpgsqlCommand command, SignalStream stream, CancellationToken cancellation, TimeSpan? lease = null)
    {
        command.Parameters.AddRange(Texts(stream.Tenant, stream.Id, JsonSerializer.Serialize(stream, FileSignalStore.Json)));
        command.Parameters.Add(new() { Value = stream.IsPushed });
        if (lease is { } time)
        {
            command.Parameters.Add(new() { Value = time });
        }
        return command.ExecuteNonQueryAsync(cancellation);
    }

    private static NpgsqlParameter[] Texts(params string[] values) => Array.ConvertAll(values, value => new NpgsqlParameter { Value = value });

    private static SignalStream Parse(string text) => JsonSerializer.Deserialize<SignalStream>(text, FileSignalStore.Json) ?? throw new JsonException("no stream");
}
