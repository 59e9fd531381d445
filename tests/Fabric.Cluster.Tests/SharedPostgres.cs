namespace Fabric.Cluster.Tests;

/// <summary>The tests that share the one server.</summary>
[CollectionDefinition(Name)]
public sealed class SharedPostgres : ICollectionFixture<PostgresFixture>
{
    public const string Name = "postgres";
}
