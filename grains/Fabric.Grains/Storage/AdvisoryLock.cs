using Npgsql;

namespace Fabric.Grains.Storage;

/// <summary>A lock of the database that one connection holds at a time, until disposed: a silo that dies lets it go.</summary>
internal sealed class AdvisoryLock : IAsyncDisposable
{
    private readonly NpgsqlConnection _connection;
    private readonly long _number;

    private AdvisoryLock(NpgsqlConnection connection, long number) => (_connection, _number) = (connection, number);

    /// <summary>Waits for the lock.</summary>
    internal static async Task<AdvisoryLock> TakeAsync(NpgsqlDataSource database, long number, CancellationToken cancellation)
    {
        var connection = await database.OpenConnectionAsync(cancellation).ConfigureAwait(false);
        try
        {
            await AskAsync(connection, $"SELECT pg_advisory_lock({number})", cancellation).ConfigureAwait(false);
            return new AdvisoryLock(connection, number);
        }
        catch
        {
            await connection.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    /// <summary>The lock; null: another one has it.</summary>
    internal static async Task<AdvisoryLock?> TryTakeAsync(NpgsqlDataSource database, long number, CancellationToken cancellation)
    {
        var connection = await database.OpenConnectionAsync(cancellation).ConfigureAwait(false);
        try
        {
            if (await AskAsync(connection, $"SELECT pg_try_advisory_lock({number})", cancellation).ConfigureAwait(false) is true)
            {
                return new AdvisoryLock(connection, number);
            }
        }
        catch
        {
            await connection.DisposeAsync().ConfigureAwait(false);
            throw;
        }

        await connection.DisposeAsync().ConfigureAwait(false);
        return null;
    }

    /// <summary>Asks on the connection that holds the lock.</summary>
    internal Task<object?> AskAsync(string sql, CancellationToken cancellation) => AskAsync(_connection, sql, cancellation);

    public async ValueTask DisposeAsync()
    {
        try
        {
            await AskAsync($"SELECT pg_advisory_unlock({_number})", CancellationToken.None).ConfigureAwait(false);
        }
        finally
        {
            await _connection.DisposeAsync().ConfigureAwait(false);
        }
    }

    private static async Task<object?> AskAsync(NpgsqlConnection connection, string sql, CancellationToken cancellation)
    {
        await using var command = connection.CreateCommand();
#pragma warning disable CA2100 // the texts are this assembly's own
        command.CommandText = sql;
#pragma warning restore CA2100
        return await command.ExecuteScalarAsync(cancellation).ConfigureAwait(false);
    }
}
