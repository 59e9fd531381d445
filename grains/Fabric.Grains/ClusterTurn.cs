using Npgsql;

namespace Fabric.Grains;

/// <summary>A lock that one silo of the cluster holds at a time, held until disposed; it also goes with the connection.</summary>
internal sealed class ClusterTurn(NpgsqlConnection connection, long key) : IAsyncDisposable
{
    public async ValueTask DisposeAsync()
    {
        await using (var give = connection.CreateCommand())
        {
            give.CommandText = "SELECT pg_advisory_unlock($1)";
            give.Parameters.Add(new NpgsqlParameter { Value = key });
            await give.ExecuteNonQueryAsync().ConfigureAwait(false);
        }

        await connection.DisposeAsync().ConfigureAwait(false);
    }
}
