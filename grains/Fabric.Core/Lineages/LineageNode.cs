using System.Runtime.InteropServices;

namespace Fabric.Core.Lineages;

/// <summary>One ancestor that a credential's authority comes from, and the generation it was issued under.</summary>
// Laid out by the runtime: 24 bytes instead of 32, four times in each of a million sessions.
[StructLayout(LayoutKind.Auto)]
public readonly record struct LineageNode(NodeKind Kind, Handle Handle, uint Generation)
{
    /// <summary>Bytes of a node on the wire: kind, handle, generation (big-endian).</summary>
    public const int Size = 1 + Handle.Size + 4;
}
