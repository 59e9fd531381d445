using System.Buffers.Binary;

namespace Fabric.Core.Lineages;

/// <summary>
/// Every node an authority comes from, root first. Immutable. A credential carries it whole, so that a check is a lookup a node and
/// revoking a node is one record however many descend from it.
/// </summary>
public sealed class Lineage : IEquatable<Lineage>
{
    /// <summary>The most nodes a lineage has (B1): enough for eight delegations over as many tenants.</summary>
    public const int NodesMax = 64;

    private readonly LineageNode[] _nodes;

    /// <summary>A lineage of 1 to <see cref="NodesMax"/> nodes.</summary>
    public Lineage(ReadOnlySpan<LineageNode> nodes)
    {
        if (nodes.Length is 0 or > NodesMax)
        {
            throw new ArgumentOutOfRangeException(nameof(nodes), $"a lineage has 1 to {NodesMax} nodes");
        }

        _nodes = nodes.ToArray();
    }

    /// <summary>The nodes, root first.</summary>
    public ReadOnlySpan<LineageNode> Nodes => _nodes;

    /// <summary>This lineage with more nodes at its end.</summary>
    public Lineage With(params ReadOnlySpan<LineageNode> more)
    {
        var all = new LineageNode[_nodes.Length + more.Length];
        _nodes.CopyTo(all, 0);
        more.CopyTo(all.AsSpan(_nodes.Length));
        return new Lineage(all);
    }

    /// <summary>Whether a node of this kind and handle is in the lineage.</summary>
    public bool Contains(NodeKind kind, Handle handle)
    {
        foreach (var node in _nodes)
        {
            if (node.Kind == kind && node.Handle == handle)
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>Writes <see cref="LineageNode.Size"/> bytes a node; the span holds at least that many.</summary>
    public void Write(Span<byte> destination)
    {
        foreach (var node in _nodes)
        {
            destination[0] = (byte)node.Kind;
            node.Handle.Write(destination[1..]);
            BinaryPrimitives.WriteUInt32BigEndian(destination[(1 + Handle.Size)..], node.Generation);
            destination = destination[LineageNode.Size..];
        }
    }

    /// <summary>Reads what <see cref="Write"/> wrote; null when the bytes are not a lineage of 1 to <see cref="NodesMax"/> known nodes.</summary>
    public static Lineage? TryRead(ReadOnlySpan<byte> source)
    {
        var count = source.Length / LineageNode.Size;
        if (count is 0 or > NodesMax || source.Length % LineageNode.Size != 0)
        {
            return null;
        }

        Span<LineageNode> nodes = stackalloc LineageNode[count];
        for (var i = 0; i < count; i++)
        {
            var at = source.Slice(i * LineageNode.Size, LineageNode.Size);
            if (at[0] is 0 or > (byte)NodeKind.Trust)
            {
                return null;
            }

            nodes[i] = new LineageNode((NodeKind)at[0], Handle.Read(at[1..]), BinaryPrimitives.ReadUInt32BigEndian(at[(1 + Handle.Size)..]));
        }

        return new Lineage(nodes);
    }

    /// <inheritdoc/>
    public bool Equals(Lineage? other) => other is not null && Nodes.SequenceEqual(other.Nodes);

    /// <inheritdoc/>
    public override bool Equals(object? obj) => Equals(obj as Lineage);

    /// <inheritdoc/>
    public override int GetHashCode()
    {
        var hash = new HashCode();
        foreach (var node in _nodes)
        {
            hash.Add(node);
        }

        return hash.ToHashCode();
    }
}
