using Fabric.Grains.Storage;
using Fabric.Silo.Cluster;
using Npgsql;

namespace Fabric.Cluster.Tests;

/// <summary>One real PostgreSQL server for the tests of this project, with a database of its own for whoever asks.</summary>
public sealed class PostgresFixture : IAsyncLifetime
{
    private int _databases;

    public LocalPostgres Server { get; private set; } = null!;

    public async Task InitializeAsync() => Server = await LocalPostgres.StartAsync();

    public async Task DisposeAsync() => await Server.DisposeAsync();

    /// <summary>A new, empty database.</summary>
    public async Task<string> MakeEmptyAsync()
    {
        var name = $"fabric{Interlocked.Increment(ref _databases)}";
        await using var database = NpgsqlDataSource.Create(Server.ConnectionString);
        await using var command = database.CreateCommand($"CREATE DATABASE {name}");
        await command.ExecuteNonQueryAsync();
        return new NpgsqlConnectionStringBuilder(Server.ConnectionString) { Database = name }.ConnectionString;
    }

    /// <summary>A new database with the schema.</summary>
    public async Task<string> MakeAsync()
    {
        var connection = await MakeEmptyAsync();
        await using var database = NpgsqlDataSource.Create(connection);
        await Schema.MigrateAsync(database);
        return connection;
    }
}
