using Fabric.Grains.Storage;
using Npgsql;

namespace Fabric.Cluster.Tests.Storage;

[Collection(SharedPostgres.Name)]
public sealed class SchemaTests(PostgresFixture postgres)
{
    [Fact]
    public async Task A_second_migration_changes_nothing()
    {
        await using var database = NpgsqlDataSource.Create(await postgres.MakeEmptyAsync());
        Assert.Equal(0, await Schema.MigrateAsync(database));
        await Schema.CheckAsync(database);
        Assert.Equal(Schema.Newest, await Schema.MigrateAsync(database));
    }

    [Fact]
    public async Task Silos_that_migrate_at_once_wait_for_each_other()
    {
        await using var database = NpgsqlDataSource.Create(await postgres.MakeEmptyAsync());
        var before = await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => Schema.MigrateAsync(database)));
        Assert.Equal([0, Schema.Newest, Schema.Newest, Schema.Newest], before.Order());
    }

    [Fact]
    public async Task A_newer_schema_is_refused_and_an_older_one_named()
    {
        await using var database = NpgsqlDataSource.Create(await postgres.MakeEmptyAsync());
        Assert.Contains("run `migrate`", (await Assert.ThrowsAsync<SchemaException>(() => Schema.CheckAsync(database))).Message, StringComparison.Ordinal);
        await Schema.MigrateAsync(database);
        await using var newer = database.CreateCommand($"INSERT INTO fabric_schema (version) VALUES ({Schema.Newest + 1})");
        await newer.ExecuteNonQueryAsync();

        Assert.Contains("newer", (await Assert.ThrowsAsync<SchemaException>(() => Schema.CheckAsync(database))).Message, StringComparison.Ordinal);
        await Assert.ThrowsAsync<SchemaException>(() => Schema.MigrateAsync(database));
    }

    [Fact]
    public async Task Queries_that_an_operator_brought_stay_as_they_are()
    {
        await using var database = NpgsqlDataSource.Create(await postgres.MakeEmptyAsync());
        await using var theirs = database.CreateCommand("""
            CREATE TABLE OrleansQuery (QueryKey varchar(64) NOT NULL, QueryText varchar(8000) NOT NULL, CONSTRAINT OrleansQuery_Key PRIMARY KEY (QueryKey));
            INSERT INTO OrleansQuery VALUES ('GatewaysQueryKey', 'theirs')
            """);
        await theirs.ExecuteNonQueryAsync();
        await Schema.MigrateAsync(database);

        await using var query = database.CreateCommand("SELECT QueryText FROM OrleansQuery WHERE QueryKey = 'GatewaysQueryKey'");
        Assert.Equal("theirs", await query.ExecuteScalarAsync());
    }
}
