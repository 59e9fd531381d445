using Npgsql;

namespace Fabric.Grains.Storage;

/// <summary>The connections of one silo to the shared database.</summary>
internal static class ClusterDatabase
{
    // Some silos share one server's connections: small pools, and statements that are prepared once.
    private const int PreparedMax = 64;

    // INVARIANT B1, R5: what the order lives by waits behind nothing else, and what a revocation needs not behind what users look up. Each has connections of its own.
    private const int OrderPoolMax = 6;
    private const int CommandPoolMax = 10;
    private const int QueryPoolMax = 8;

    // Orleans' membership, reminders and grain state: they open connections by their text, from the process's pool of that text.
    private const int ProviderPoolMax = 16;

    /// <summary>For the order alone: commits, ownership, what silos read when they are behind.</summary>
    internal static NpgsqlDataSource OpenOrder(string connectionString) => Open(connectionString, OrderPoolMax);

    /// <summary>For commands: what grains read when they start, requests that were made before, audit records that belong to no command.</summary>
    internal static NpgsqlDataSource OpenCommands(string connectionString) => Open(connectionString, CommandPoolMax);

    /// <summary>For whatever callers look up, and for the sweeper.</summary>
    internal static NpgsqlDataSource OpenQueries(string connectionString) => Open(connectionString, QueryPoolMax);

    /// <summary>The connection string for Orleans' own providers.</summary>
    internal static string ForProviders(string connectionString) => Bounded(connectionString, ProviderPoolMax).ConnectionString;

    /// <summary>Closes the connections that Orleans' providers have left open in this process.</summary>
    internal static void CloseProviders(string forProviders)
    {
        using var any = new NpgsqlConnection(forProviders);
        NpgsqlConnection.ClearPool(any);
    }

    private static NpgsqlConnectionStringBuilder Bounded(string connectionString, int poolMax)
    {
        var settings = new NpgsqlConnectionStringBuilder(connectionString);
        if (!settings.ContainsKey("Maximum Pool Size") || settings.MaxPoolSize > poolMax)
        {
            settings.MaxPoolSize = poolMax;
        }

        return settings;
    }

    private static NpgsqlDataSource Open(string connectionString, int poolMax)
    {
        var settings = Bounded(connectionString, poolMax);
        settings.MaxAutoPrepare = PreparedMax;

        // A server that does not answer is one that is away: no lease is renewed on hope.
        settings.Timeout = 3;
        settings.CommandTimeout = 10;
        return NpgsqlDataSource.Create(settings);
    }
}
