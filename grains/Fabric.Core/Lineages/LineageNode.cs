namespace Fabric.Core.Lineages;

/// <summary>One ancestor that a credential's authority comes from, and the generation it was issued under.</summary>
public readonly record struct LineageNode(NodeKind Kind, Handle Handle, uint Generation)
{
    /// <summary>Bytes of a node on the wire: kind, handle, generation (big-endian).</summary>
    public const int Size = 1 + Handle.Size + 4;
}
