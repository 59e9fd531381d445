namespace Fabric.Cluster.Tests.InMemory;

/// <summary>Tests of silos without a database, one after the other.</summary>
[CollectionDefinition(Name)]
public sealed class SharedMemory
{
    public const string Name = "memory";
}
