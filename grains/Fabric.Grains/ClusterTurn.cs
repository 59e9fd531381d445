using Npgsql;

namespace Fabric.Grains;

/// <summary>A lock that one silo of the cluster holds at a time, held until disposed; it also goes with the connection.</summary>
internal sealed class ClusterTurn : IAsyncDisposable
{
    private const long Lock = 0x4661627269630003;

    private readonly NpgsqlConnection _connection;

    private ClusterTurn(NpgsqlConnection connection) => _connection = connection;

    /// <summary>Waits for the lock, and until this silo knows all that was done under it before.</summary>
    internal static async Task<ClusterTurn> TakeAsync(ClusterParts parts, CancellationToken cancellation)
    {
        var connection = await parts.Commands.OpenConnectionAsync(cancellation).ConfigureAwait(false);
        try
        {
            await using var take = connection.CreateCommand();
            take.CommandText = $"SELECT pg_advisory_lock({Lock})";
            await take.ExecuteNonQueryAsync(cancellation).ConfigureAwait(false);
            var (sequence, _) = await parts.Log.HeadAsync(cancellation).ConfigureAwait(false);
            await parts.Relay.WaitAsync(sequence, cancellation).ConfigureAwait(false);
            return new ClusterTurn(connection);
        }
        catch
        {
            await connection.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await using (var give = _connection.CreateCommand())
        {
            give.CommandText = $"SELECT pg_advisory_unlock({Lock})";
            await give.ExecuteNonQueryAsync().ConfigureAwait(false);
        }

        await _connection.DisposeAsync().ConfigureAwait(false);
    }
}
