namespace Fabric.LoadTests.Cluster.Naive;

/// <summary>A node of a tree that is revoked by walking it: what one builds first on Orleans, and what the fabric is compared with.</summary>
[Alias("naive.node")]
public interface INaiveNode : IGrainWithStringKey
{
    /// <summary>Names the node's children, and the node that it is under.</summary>
    [Alias("set")]
    Task SetAsync(string? parent, string[] children);

    /// <summary>Whether neither the node nor one above it is revoked: asked from node to node, up to the root.</summary>
    [Alias("check")]
    Task<bool> CheckAsync();

    /// <summary>Revokes the node and everything under it; answers how many nodes that are.</summary>
    [Alias("revoke")]
    Task<int> RevokeAsync();
}
