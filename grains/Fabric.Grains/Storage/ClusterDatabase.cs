using Npgsql;

namespace Fabric.Grains.Storage;

/// <summary>The connections of one silo to the shared database.</summary>
internal static class ClusterDatabase
{
    // Some silos share one server's connections: a small pool, and statements that are prepared once.
    private const int PoolMax = 24;
    private const int PreparedMax = 64;

    internal static NpgsqlDataSource Open(string connectionString)
    {
        var settings = new NpgsqlConnectionStringBuilder(connectionString);
        if (!settings.ContainsKey("Maximum Pool Size"))
        {
            settings.MaxPoolSize = PoolMax;
        }

        settings.MaxAutoPrepare = PreparedMax;

        // A server that does not answer is one that is away: no lease is renewed on hope.
        settings.Timeout = 3;
        settings.CommandTimeout = 10;
        return NpgsqlDataSource.Create(settings);
    }
}
