using Npgsql;

namespace Fabric.Grains.Storage;

/// <summary>The connections of one silo to the shared database.</summary>
internal static class ClusterDatabase
{
    // Some silos share one server's connections: a small pool, and statements that are prepared once.
    private const int PoolMax = 16;
    private const int PreparedMax = 64;

    // INVARIANT B1: what the order lives by does not wait behind what users ask: it has connections of its own.
    private const int OrderPoolMax = 8;

    /// <summary>For whatever callers ask.</summary>
    internal static NpgsqlDataSource Open(string connectionString) => Open(connectionString, PoolMax);

    /// <summary>For the order and the grains that append to it.</summary>
    internal static NpgsqlDataSource OpenOrder(string connectionString) => Open(connectionString, OrderPoolMax);

    private static NpgsqlDataSource Open(string connectionString, int poolMax)
    {
        var settings = new NpgsqlConnectionStringBuilder(connectionString);
        if (!settings.ContainsKey("Maximum Pool Size") || settings.MaxPoolSize > poolMax)
        {
            settings.MaxPoolSize = poolMax;
        }

        settings.MaxAutoPrepare = PreparedMax;

        // A server that does not answer is one that is away: no lease is renewed on hope.
        settings.Timeout = 3;
        settings.CommandTimeout = 10;
        return NpgsqlDataSource.Create(settings);
    }
}
