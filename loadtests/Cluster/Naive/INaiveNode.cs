namespace Fabric.LoadTests.Cluster.Naive;

/// <summary>A node of a tree that is revoked by walking it: what one builds first on Orleans, and what the fabric is compared with.</summary>
[Alias("naive.node")]
public interface INaiveNode : IGrainWithStringKey
{
    /// <summary>Names the node's children.</summary>
    [Alias("set")]
    Task SetAsync(string[] children);

    /// <summary>Revokes the node and everything under it; answers how many nodes that are.</summary>
    [Alias("revoke")]
    Task<int> RevokeAsync();
}
