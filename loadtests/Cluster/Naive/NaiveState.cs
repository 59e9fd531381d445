namespace Fabric.LoadTests.Cluster.Naive;

/// <summary>What a node keeps.</summary>
[GenerateSerializer, Alias("naive.state")]
public sealed class NaiveState
{
    /// <summary>The nodes right under it.</summary>
    [Id(0)]
    public string[] Children { get; set; } = [];

    /// <summary>Whether it is revoked.</summary>
    [Id(1)]
    public bool IsRevoked { get; set; }

    /// <summary>The node right above it; null: it is a root.</summary>
    [Id(2)]
    public string? Parent { get; set; }
}
